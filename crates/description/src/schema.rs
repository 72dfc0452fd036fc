//! Schemas of every dialect become JSON Schema 2020-12.

use serde_json::{Map, Value, json};

use crate::at::At;
use crate::keywords::{self, Kind};
use crate::reader::{Dialect, Reader};

const TYPES: [&str; 7] = [
    "string", "integer", "number", "boolean", "object", "array", "null",
];

/// A text, where the value is one.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// A scalar as text: `3.1` is a number in YAML.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// Whether a reference says nothing else than where it leads.
pub(crate) fn is_bare_reference(value: &Value, dialect: Dialect) -> bool {
    let counts = |key: &String| match dialect {
        Dialect::OpenApi31 => keywords::kind(key).is_some(),
        _ => key == "nullable",
    };
    value.as_object().is_some_and(|map| !map.keys().any(counts))
}

impl<'a> Reader<'a> {
    /// The schema of a parameter, body or answer. One that a reference led to is named, so that it is translated once.
    pub(crate) fn schema(&mut self, value: Option<&'a Value>, at: &At<'_>, led: bool) -> Value {
        let Some(value) = value else {
            return Value::Bool(true);
        };
        let large = value.is_object() && value.get("$ref").is_none();
        if led && large {
            let name = self.intern(at.to_string());
            return reference_to(&name);
        }
        self.translate(value, at)
    }

    /// Translates one schema. What is wrong in it is told, and constrains nothing.
    pub(crate) fn translate(&mut self, value: &'a Value, at: &At<'_>) -> Value {
        let map = match value {
            Value::Object(map) => map,
            Value::Bool(flag) => return Value::Bool(*flag),
            other => {
                let kind = kind_of(other);
                self.note(
                    at,
                    format!("a schema must be an object, not {kind}; taken as any value"),
                );
                return Value::Bool(true);
            }
        };
        match map.get("$ref") {
            Some(Value::String(target)) => self.reference(target, map, at),
            Some(_) if self.dialect != Dialect::Discovery => {
                self.note(at, "`$ref` must be a text; taken as any value");
                Value::Bool(true)
            }
            _ => self.keywords(map, at),
        }
    }

    fn reference(&mut self, target: &str, map: &'a Map<String, Value>, at: &At<'_>) -> Value {
        let name = match self.name_of(target) {
            Ok(name) => name,
            Err(message) => {
                self.note(at, format!("{message}; taken as any value"));
                return Value::Bool(true);
            }
        };
        let mut schema = Map::new();
        let counts = |key: &str| match self.dialect {
            Dialect::OpenApi31 => true,
            _ => keywords::is_annotation(key),
        };
        let beside: Map<String, Value> = map
            .iter()
            .filter(|(key, _)| *key != "$ref" && counts(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let nullable = beside.get("nullable") == Some(&Value::Bool(true));
        schema.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
        if nullable {
            schema = or_null(schema);
        }
        for (key, value) in map {
            if beside.contains_key(key) && key != "nullable" {
                self.keyword(key, value, at, &mut schema);
            }
        }
        Value::Object(schema)
    }

    fn keywords(&mut self, map: &'a Map<String, Value>, at: &At<'_>) -> Value {
        let mut schema = Map::new();
        if let Some(words) = map.get("type") {
            self.types(words, at, &mut schema);
        }
        for (key, value) in map {
            self.keyword(key, value, at, &mut schema);
        }
        self.older(map, &mut schema);
        Value::Object(schema)
    }

    fn types(&mut self, words: &Value, at: &At<'_>, schema: &mut Map<String, Value>) {
        let known = |word: &Value| word.as_str().is_some_and(|word| TYPES.contains(&word));
        match words {
            word if known(word) => {
                schema.insert("type".to_owned(), word.clone());
            }
            Value::String(word) if word == "file" => {
                schema.insert("type".to_owned(), json!("string"));
                schema.insert("format".to_owned(), json!("binary"));
            }
            Value::String(word) if word == "any" => {}
            Value::Array(list) if !list.is_empty() && list.iter().all(known) => {
                let mut list = list.clone();
                list.sort_by_key(plain);
                list.dedup();
                schema.insert("type".to_owned(), Value::Array(list));
            }
            _ => self.note(at, "`type` is not one of JSON's types; taken as any"),
        }
    }

    /// One keyword of a schema.
    fn keyword(
        &mut self,
        key: &str,
        value: &'a Value,
        at: &At<'_>,
        schema: &mut Map<String, Value>,
    ) {
        let at = at.under(key);
        let translated = match keywords::kind(key) {
            None => None,
            Some(Kind::Schema) if key == "items" && value.is_array() => {
                let list = self.list(value, &at);
                if let Some(list) = list {
                    schema.insert("prefixItems".to_owned(), list);
                }
                None
            }
            Some(Kind::Schema) => Some(self.translate(value, &at)),
            Some(Kind::List) => self.list(value, &at),
            Some(Kind::Named) => self.named(value, &at),
            Some(kind) => self.plain_keyword(kind, key, value),
        };
        if let Some(translated) = translated {
            schema.insert(key.to_owned(), translated);
        }
    }

    fn list(&mut self, value: &'a Value, at: &At<'_>) -> Option<Value> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            self.note(at, "must be a list of schemas; left out");
            return None;
        };
        let translated = items.iter().enumerate().map(|(index, item)| {
            let index = index.to_string();
            self.translate(item, &at.under(&index))
        });
        Some(Value::Array(translated.collect()))
    }

    fn named(&mut self, value: &'a Value, at: &At<'_>) -> Option<Value> {
        let Some(members) = value.as_object() else {
            self.note(at, "must be schemas by name; left out");
            return None;
        };
        let translated = members
            .iter()
            .map(|(name, member)| (name.clone(), self.translate(member, &at.under(name))));
        Some(Value::Object(translated.collect()))
    }

    fn plain_keyword(&mut self, kind: Kind, key: &str, value: &Value) -> Option<Value> {
        let texts = |value: &Value| {
            value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_string))
        };
        match kind {
            Kind::Text if key == "pattern" => {
                let pattern = value.as_str()?;
                self.runs(pattern).then(|| value.clone())
            }
            Kind::Text => value.is_string().then(|| value.clone()),
            Kind::Number => number(value).filter(|number| {
                key != "multipleOf" || number.as_f64().is_some_and(|number| number > 0.0)
            }),
            Kind::Count => count(value),
            Kind::Flag => (value == &Value::Bool(true)).then_some(Value::Bool(true)),
            Kind::Data => Some(value.clone()),
            Kind::Values => value
                .as_array()
                .filter(|list| !list.is_empty())
                .map(|_| value.clone()),
            Kind::Names => texts(value).then(|| distinct(value)),
            Kind::NamesByName => value
                .as_object()
                .is_some_and(|map| map.values().all(texts))
                .then(|| value.clone()),
            Kind::Schema | Kind::List | Kind::Named => None,
        }
    }

    /// What older dialects say in other words.
    fn older(&mut self, map: &Map<String, Value>, schema: &mut Map<String, Value>) {
        for (flag, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if map.get(flag) == Some(&Value::Bool(true))
                && let Some(bound) = schema.remove(bound)
            {
                schema.insert(flag.to_owned(), bound);
            }
        }
        if let Some(example) = map.get("example")
            && !schema.contains_key("examples")
        {
            schema.insert("examples".to_owned(), json!([example]));
        }
        if self.dialect == Dialect::Discovery {
            discovery_words(map, schema);
        }
        if map.get("nullable") == Some(&Value::Bool(true)) {
            admit_null(schema);
        }
    }
}

/// Discovery writes `repeated` beside the type of an item, defaults as text, and open objects without a type.
fn discovery_words(map: &Map<String, Value>, schema: &mut Map<String, Value>) {
    if let Some(Value::String(default)) = schema.get("default") {
        let typed = match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => default.parse().ok().map(Value::Bool),
            Some("integer") => default.parse::<i64>().ok().map(Value::from),
            Some("number") => default.parse::<f64>().ok().map(Value::from),
            _ => None,
        };
        if let Some(typed) = typed {
            schema.insert("default".to_owned(), typed);
        }
    }
    if map.get("repeated") == Some(&Value::Bool(true)) {
        let description = schema.remove("description");
        let item = std::mem::take(schema);
        schema.insert("type".to_owned(), json!("array"));
        if let Some(description) = description {
            schema.insert("description".to_owned(), description);
        }
        schema.insert("items".to_owned(), Value::Object(item));
    }
}

/// A reference to a named schema.
pub(crate) fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn admit_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = schema.get_mut("enum")
        && !choices.contains(&Value::Null)
    {
        choices.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(Value::Array(words)) => {
            if !words.contains(&json!("null")) {
                words.push(json!("null"));
            }
        }
        Some(word) => *word = json!([word.clone(), "null"]),
        None => {
            let combined = ["allOf", "anyOf", "oneOf"];
            if combined.iter().any(|key| schema.contains_key(*key)) {
                *schema = or_null(std::mem::take(schema));
            }
        }
    }
}

/// The same, or null; what is said about it stays outside.
fn or_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    let mut outside = Map::new();
    for key in ["title", "description", "default", "examples", "deprecated"] {
        if let Some(value) = schema.remove(key) {
            outside.insert(key.to_owned(), value);
        }
    }
    let either = json!([schema, { "type": "null" }]);
    outside.insert("anyOf".to_owned(), either);
    outside
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => text
            .parse::<i64>()
            .map(Value::from)
            .ok()
            .or_else(|| text.parse::<f64>().ok().map(Value::from))
            .filter(Value::is_number),
        _ => None,
    }
}

fn count(value: &Value) -> Option<Value> {
    let number = number(value)?;
    let whole = number.as_u64().or_else(|| {
        number
            .as_f64()
            .filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n < 1e15)
            .map(|n| n as u64)
    });
    whole.map(Value::from)
}

fn distinct(value: &Value) -> Value {
    let mut seen = std::collections::HashSet::new();
    let names = value.as_array().into_iter().flatten();
    let names = names.filter(|name| seen.insert(name.as_str()));
    Value::Array(names.cloned().collect())
}

/// What a value is, for people.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
