//! The members of an object's schema.

use serde_json::Value;

/// The members that a schema names.
#[derive(Default)]
pub(super) struct Members<'a> {
    properties: Vec<(&'a String, &'a Value)>,
    required: Vec<&'a str>,
}

impl<'a> Members<'a> {
    /// `None` for an object that names no member: it takes any.
    pub(super) fn of(schema: &'a Value) -> Option<Self> {
        let properties = schema.get("properties")?.as_object()?;
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        (!properties.is_empty()).then(|| Self {
            properties: properties.iter().collect(),
            required: required.collect(),
        })
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.properties.iter().copied()
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.contains(&name)
    }

    /// In the order of the members, which models keep.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let names = self.each().map(|(name, _)| name.as_str());
        names.filter(|name| self.requires(name)).collect()
    }

    /// Whether every provider takes the names of the members, at every depth.
    pub(super) fn can_be_named(&self) -> bool {
        self.each().all(|(name, _)| is_name(name))
    }
}

/// What Gemini takes for a name, which the others take too.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= 64
}
