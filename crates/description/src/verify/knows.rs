//! What a schema knows of a value's members, through references, alternatives and `allOf`.

use serde_json::{Map, Value};

/// How deep alternatives and references are followed.
const DEEPEST: usize = 12;

/// What may be said of a value in one place: the schemas that may hold there, all references followed.
pub(super) struct Shape<'a> {
    defs: &'a Map<String, Value>,
    schemas: Vec<&'a Value>,
}

/// What a schema says of a member.
pub(super) enum Member<'a> {
    /// It may be there, and this is its shape.
    Known(Shape<'a>),
    /// The object takes members that are not named.
    Open,
    /// It is not known.
    Unknown,
}

impl<'a> Shape<'a> {
    pub(super) fn new(defs: &'a Map<String, Value>, schema: &'a Value) -> Self {
        let mut shape = Self {
            defs,
            schemas: Vec::new(),
        };
        shape.add(schema, 0);
        shape
    }

    fn add(&mut self, schema: &'a Value, depth: usize) {
        if depth > DEEPEST
            || self
                .schemas
                .iter()
                .any(|known| std::ptr::eq(*known, schema))
        {
            return;
        }
        self.schemas.push(schema);
        if let Some(found) = reference(self.defs, schema) {
            self.add(found, depth + 1);
        }
        let branches = ["allOf", "anyOf", "oneOf"]
            .into_iter()
            .filter_map(|word| schema.get(word)?.as_array())
            .flatten();
        branches.for_each(|branch| self.add(branch, depth + 1));
        for word in ["then", "else"] {
            if let Some(branch) = schema.get(word) {
                self.add(branch, depth + 1);
            }
        }
    }

    fn of(&self, schemas: impl Iterator<Item = &'a Value>) -> Self {
        let mut shape = Self {
            defs: self.defs,
            schemas: Vec::new(),
        };
        schemas.for_each(|schema| shape.add(schema, 0));
        shape
    }

    /// What is said of a member. An object that names none takes any.
    pub(super) fn member(&self, name: &str) -> Member<'a> {
        let named = self
            .schemas
            .iter()
            .filter_map(|schema| schema.get("properties")?.get(name));
        let found = self.of(named);
        if !found.schemas.is_empty() {
            return Member::Known(found);
        }
        let others = self.schemas.iter().filter_map(|schema| {
            let others = schema.get("additionalProperties")?;
            others.is_object().then_some(others)
        });
        let others = self.of(others);
        match () {
            () if !others.schemas.is_empty() => Member::Known(others),
            () if self.is_open() => Member::Open,
            () => Member::Unknown,
        }
    }

    /// What is said of an item of a list.
    pub(super) fn items(&self) -> Self {
        self.of(self.schemas.iter().filter_map(|schema| schema.get("items")))
    }

    /// The members that every value has to have.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        if let Some(first) = self.schemas.first() {
            self.require(first, &mut names, 0);
        }
        names
    }

    fn require(&self, schema: &'a Value, names: &mut Vec<&'a str>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let own = schema.get("required").and_then(Value::as_array);
        let texts = own.into_iter().flatten().filter_map(Value::as_str);
        // What only answers have is nobody's to send.
        names.extend(texts.filter(|name| !self.is_read_only(name)));
        if let Some(found) = reference(self.defs, schema) {
            self.require(found, names, depth + 1);
        }
        let all = schema.get("allOf").and_then(Value::as_array);
        for branch in all.into_iter().flatten() {
            self.require(branch, names, depth + 1);
        }
    }

    fn is_read_only(&self, name: &str) -> bool {
        let marked = |schema: &&Value| {
            let property = schema.get("properties").and_then(|all| all.get(name));
            property.and_then(|property| property.get("readOnly")) == Some(&Value::Bool(true))
        };
        self.schemas.iter().any(marked)
    }

    /// The first answer over the schemas that may hold.
    pub(super) fn find<T>(&self, ask: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        self.schemas.iter().find_map(|schema| ask(schema))
    }

    /// The first reading of a text that is not a text, over the schemas that may hold.
    pub(super) fn typed(&self, read: impl Fn(&Value) -> Value) -> Value {
        let mut readings = self.schemas.iter().map(|schema| read(schema)).peekable();
        let first = readings.peek().cloned();
        let other = readings.find(|value| !value.is_string());
        other.or(first).unwrap_or(Value::Null)
    }

    /// Whether members may be there that nobody names.
    fn is_open(&self) -> bool {
        let says = |schema: &&&Value| {
            let others = schema.get("additionalProperties");
            others == Some(&Value::Bool(true)) || schema.get("patternProperties").is_some()
        };
        let names = |schema: &&&Value| schema.get("properties").is_some();
        let closed =
            |schema: &&&Value| schema.get("additionalProperties") == Some(&Value::Bool(false));
        self.schemas.iter().any(|schema| says(&schema))
            || !(self.schemas.iter().any(|schema| names(&schema))
                || self.schemas.iter().any(|schema| closed(&schema)))
    }
}

fn reference<'a>(defs: &'a Map<String, Value>, schema: &Value) -> Option<&'a Value> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let plain = percent_encoding::percent_decode_str(&name).decode_utf8_lossy();
    defs.get(&name).or_else(|| defs.get(plain.as_ref()))
}

/// Every member of a value that its shape does not know, and every object's place with the members that it lacks.
pub(super) fn walk(
    shape: &Shape<'_>,
    value: &Value,
    at: &str,
    tell: &mut dyn FnMut(&str, Told<'_>),
) {
    match value {
        Value::Object(map) => {
            for name in shape.required() {
                if !map.contains_key(name) {
                    tell(&format!("{at}/{name}"), Told::Missing(map));
                }
            }
            for (name, value) in map {
                let at = format!("{at}/{name}");
                match shape.member(name) {
                    Member::Known(shape) => walk(&shape, value, &at, tell),
                    Member::Open => {}
                    Member::Unknown if is_annotation(name) => {}
                    Member::Unknown => tell(&at, Told::Unknown),
                }
            }
        }
        Value::Array(items) => {
            let shape = shape.items();
            for item in items {
                walk(&shape, item, at, tell);
            }
        }
        _ => {}
    }
}

/// Notes of OData stand beside what they are about, and no model names them (OData JSON Format 4.01, 4.6).
pub(super) fn is_annotation(name: &str) -> bool {
    name.starts_with('@') || name.contains("@odata.")
}

/// What is wrong with a place.
pub(super) enum Told<'a> {
    /// The vendor does not know it.
    Unknown,
    /// The vendor wants it in this object.
    Missing(&'a Map<String, Value>),
}
