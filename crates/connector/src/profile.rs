//! Schemas as model providers take them: the same parameters, in the part of JSON Schema that a provider's tools accept.
//!
//! Whatever a provider cannot express becomes a text that holds JSON, optional values may be `null` where everything has to be
//! there, and what is lost of a schema is said in the description. [`Profile::arguments`] and [`crate::Action::admit`] read all of
//! that back. Sources, read in November 2026:
//! - OpenAI: platform.openai.com/docs/guides/structured-outputs, "Supported schemas" and "function calling", strict mode;
//! - Anthropic: docs.claude.com, "Tool use": JSON Schema 2020-12, an object at the root, keys of `[a-zA-Z0-9_.-]{1,64}`;
//! - Gemini: ai.google.dev/api/caching#Schema and #FunctionDeclaration: a subset of OpenAPI 3.0's schema object.

mod object;
mod text;

use serde_json::{Map, Value, json};

use self::object::Members;
pub(crate) use self::object::is_name;

/// A provider whose tools take schemas of a certain form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// OpenAI's function calling with `strict: true`.
    OpenAi,
    /// Anthropic's tool use.
    Anthropic,
    /// Gemini's function calling.
    Gemini,
}

/// How deep objects may stand in each other. OpenAI's limit is ten; models lose their way before.
const DEEPEST: usize = 8;
/// How many values one enumeration may have; longer ones are only described.
const MOST_VALUES: usize = 250;

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenAi, Self::Anthropic, Self::Gemini];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == word)
    }

    /// The parameters' schema in the provider's form.
    pub fn schema(self, input: &Value) -> Value {
        match self {
            // It takes the whole of the language, and says nothing of a dialect's name.
            Self::Anthropic => without(input, "$schema"),
            Self::OpenAi | Self::Gemini => self.object(&Members::of(input).unwrap_or_default(), 0),
        }
    }

    /// A model's arguments as the parameters that it meant: where a schema demands every member, `null` says that one is absent,
    /// and a text that stands for any value is read as JSON. What else differs is read by [`crate::Action::admit`].
    pub fn arguments(self, input: &Value, mut given: Value) -> Value {
        if self != Self::Anthropic {
            self.undo(input, &mut given);
        }
        given
    }

    fn undo(self, schema: &Value, value: &mut Value) {
        match value {
            Value::Object(map) => {
                let Some(members) = Members::of(schema) else {
                    return;
                };
                let strict = self == Self::OpenAi;
                map.retain(|name, value| !(strict && value.is_null()) || members.requires(name));
                for (name, schema) in members.each() {
                    if let Some(value) = map.get_mut(name) {
                        self.undo(schema, value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = schema.get("items") {
                    items.iter_mut().for_each(|item| self.undo(schema, item));
                }
            }
            Value::String(text) if kind_of(schema).0.is_none() => {
                if let Ok(meant) = serde_json::from_str(text) {
                    *value = meant;
                }
            }
            _ => {}
        }
    }

    /// A tool as the provider's API takes it.
    pub fn tool(self, name: &str, description: &str, input: &Value) -> Value {
        let schema = self.schema(input);
        match self {
            Self::OpenAi => json!({
                "type": "function", "name": name, "description": description, "strict": true, "parameters": schema,
            }),
            Self::Anthropic => {
                json!({"name": name, "description": description, "input_schema": schema})
            }
            // A function without parameters has no schema: an object without members is refused.
            Self::Gemini if schema.get("properties").is_none() => {
                json!({"name": name, "description": description})
            }
            Self::Gemini => json!({"name": name, "description": description, "parameters": schema}),
        }
    }

    fn object(self, members: &Members<'_>, depth: usize) -> Value {
        let properties: Map<_, _> = members
            .each()
            .map(|(name, schema)| {
                let optional = self == Self::OpenAi && !members.requires(name);
                (name.clone(), self.value(schema, optional, depth + 1))
            })
            .collect();
        let mut object = Map::new();
        object.insert("type".into(), json!("object"));
        match self {
            Self::Gemini => {
                if !properties.is_empty() {
                    object.insert("properties".into(), Value::Object(properties));
                }
                let required = members.required();
                if !required.is_empty() {
                    object.insert("required".into(), json!(required));
                }
            }
            Self::OpenAi | Self::Anthropic => {
                let all: Vec<_> = properties.keys().cloned().collect();
                object.insert("required".into(), json!(all));
                object.insert("properties".into(), Value::Object(properties));
                object.insert("additionalProperties".into(), json!(false));
            }
        }
        Value::Object(object)
    }

    /// One value; `optional` where it may be `null` instead of being absent.
    fn value(self, schema: &Value, optional: bool, depth: usize) -> Value {
        let (kind, nullable) = kind_of(schema);
        let nullable = nullable || optional;
        let mut shaped = match kind {
            Some("object") => match Members::of(schema).filter(|_| depth < DEEPEST) {
                Some(members) if members.can_be_named() => self.object(&members, depth),
                _ => return self.json_text(schema, "an object", nullable),
            },
            Some("array") => match schema.get("items").filter(|_| depth < DEEPEST) {
                Some(item) => json!({"type": "array", "items": self.value(item, false, depth + 1)}),
                None => return self.json_text(schema, "a list", nullable),
            },
            Some(word) => json!({"type": word}),
            None => return self.json_text(schema, "any value", nullable),
        };
        if let Value::Object(map) = &mut shaped {
            self.keep(schema, map);
            self.choices(schema, nullable, map);
            self.make_nullable(nullable, map);
            text::describe(schema, map, self);
        }
        shaped
    }

    /// The bounds that the provider knows.
    fn keep(self, schema: &Value, map: &mut Map<String, Value>) {
        let known: &[&str] = match self {
            Self::OpenAi => &["pattern", "minimum", "maximum", "maxItems"],
            Self::Anthropic => &[],
            Self::Gemini => &["pattern", "minimum", "maximum", "maxLength", "maxItems"],
        };
        for word in known {
            if let Some(value) = schema.get(*word) {
                map.insert((*word).to_owned(), value.clone());
            }
        }
        let formats: &[&str] = match self {
            Self::OpenAi => &[
                "date-time",
                "time",
                "date",
                "duration",
                "email",
                "hostname",
                "ipv4",
                "ipv6",
                "uuid",
            ],
            Self::Anthropic => &[],
            Self::Gemini => &["date-time"],
        };
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && formats.contains(&format)
        {
            map.insert("format".to_owned(), json!(format));
        }
    }

    fn choices(self, schema: &Value, nullable: bool, map: &mut Map<String, Value>) {
        let Some(values) = schema.get("enum").and_then(Value::as_array) else {
            return;
        };
        if values.len() > MOST_VALUES {
            return;
        }
        let mut values: Vec<Value> = values
            .iter()
            .filter(|value| !value.is_null())
            .cloned()
            .collect();
        match self {
            // Texts only: what else there is comes back by its spelling.
            Self::Gemini => {
                values = values
                    .iter()
                    .map(|value| json!(crate::expr::text_of(value)))
                    .collect();
                values.retain(|value| value.as_str() != Some(""));
                map.insert("type".to_owned(), json!("string"));
                map.retain(|word, _| !matches!(word.as_str(), "minimum" | "maximum"));
            }
            Self::OpenAi | Self::Anthropic if nullable => values.push(Value::Null),
            Self::OpenAi | Self::Anthropic => {}
        }
        map.insert("enum".to_owned(), Value::Array(values));
    }

    fn make_nullable(self, nullable: bool, map: &mut Map<String, Value>) {
        if !nullable {
            return;
        }
        match self {
            Self::Gemini => {
                map.insert("nullable".to_owned(), json!(true));
            }
            Self::OpenAi | Self::Anthropic => {
                if let Some(Value::String(word)) = map.get("type").cloned() {
                    map.insert("type".to_owned(), json!([word, "null"]));
                }
            }
        }
    }

    /// A text that holds JSON, for what the provider cannot express.
    fn json_text(self, schema: &Value, what: &str, nullable: bool) -> Value {
        let mut map = Map::new();
        map.insert("type".to_owned(), json!("string"));
        self.make_nullable(nullable, &mut map);
        text::describe(schema, &mut map, self);
        text::add(&mut map, &format!("JSON text of {what}."));
        Value::Object(map)
    }
}

/// The one type of a value, and whether it may be `null`. `None`: any.
fn kind_of(schema: &Value) -> (Option<&str>, bool) {
    match schema.get("type") {
        Some(Value::String(word)) => (Some(word), false),
        Some(Value::Array(words)) => {
            let mut others = words
                .iter()
                .filter_map(Value::as_str)
                .filter(|word| *word != "null");
            let nullable = words.iter().any(|word| word == "null");
            match (others.next(), others.next()) {
                (Some(one), None) => (Some(one), nullable),
                _ => (None, nullable),
            }
        }
        _ => (None, false),
    }
}

fn without(schema: &Value, keyword: &str) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(map) = &mut schema {
        map.shift_remove(keyword);
    }
    schema
}
