//! A JSON Schema as the rows of a table: one for each member, those of members below them.
//!
//! Bounded in rows, depth and work, whatever the schema refers to; what is left out is said.

use serde::Serialize;
use serde_json::Value;

/// The most rows of a table.
const MOST_ROWS: usize = 400;
/// The greatest depth of a member.
const GREATEST_DEPTH: usize = 5;
/// How often references are followed to come to one schema.
const MOST_REFERENCES: usize = 8;
/// How many schemas are looked at for one table.
const MOST_LOOKS: usize = 5_000;
/// The most values that are shown of an enumeration.
const MOST_VALUES: usize = 40;

/// What a schema says of some data.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Table {
    /// What the data is as a whole, such as `list of object`.
    kind: String,
    /// Its members.
    rows: Vec<Row>,
    /// Whether there are more than are shown.
    more: bool,
}

/// One member.
#[derive(Debug, Serialize)]
struct Row {
    /// Where it stands: `properties.email`, `items[].id`.
    path: String,
    depth: usize,
    kind: String,
    required: bool,
    label: Option<String>,
    description: Option<String>,
    notes: Vec<Note>,
}

/// A further thing that is known of a member.
#[derive(Debug, Serialize)]
struct Note {
    term: &'static str,
    values: Vec<String>,
    more: usize,
}

impl Table {
    /// Reads a schema.
    pub(crate) fn of(schema: &Value) -> Self {
        let mut walk = Walk {
            root: schema,
            looks: 0,
            table: Self::default(),
        };
        walk.table.kind = walk.kind(schema, 0);
        walk.members(schema, Place::default());
        walk.table
    }
}

struct Walk<'a> {
    root: &'a Value,
    looks: usize,
    table: Table,
}

/// Where members stand: in the data, and in the schema, where alternatives and items lie deeper too.
#[derive(Debug, Clone, Default)]
struct Place {
    path: String,
    depth: usize,
    level: usize,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Self {
            path,
            depth: self.depth + 1,
            level: self.level + 1,
        }
    }

    /// The same place of the data, with something after its path.
    fn inside(&self, end: &str) -> Self {
        Self {
            path: format!("{}{end}", self.path),
            depth: self.depth,
            level: self.level + 1,
        }
    }
}

impl<'a> Walk<'a> {
    /// The schema that is meant.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..MOST_REFERENCES {
            let target = schema["$ref"].as_str().and_then(|at| at.strip_prefix('#'));
            match target.and_then(|at| self.root.pointer(at)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// Writes the rows of an object's members, of those of a list's items, and of all alternatives.
    fn members(&mut self, schema: &'a Value, at: Place) {
        let schema = self.resolve(schema);
        self.looks += 1;
        if at.depth >= GREATEST_DEPTH || at.level > 2 * GREATEST_DEPTH || self.looks > MOST_LOOKS {
            self.table.more |= is_deep(schema);
            return;
        }
        let required = |name: &str| {
            let names = schema["required"].as_array();
            names.is_some_and(|names| names.iter().any(|one| one == name))
        };
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            self.member(at.member(name), member, required(name));
        }
        for part in parts(schema) {
            self.members(part, at.inside(""));
        }
        if schema["items"].is_object() {
            self.members(&schema["items"], at.inside("[]"));
        }
    }

    fn member(&mut self, at: Place, member: &'a Value, required: bool) {
        if self.table.rows.len() >= MOST_ROWS {
            self.table.more = true;
            return;
        }
        let member = self.resolve(member);
        let text = |keyword: &str| member[keyword].as_str().map(str::to_owned);
        let kind = self.kind(member, 0);
        self.table.rows.push(Row {
            path: at.path.clone(),
            depth: at.depth,
            kind,
            required,
            label: text("title"),
            description: text("description"),
            notes: notes(member),
        });
        self.members(member, at);
    }

    /// The type in words.
    fn kind(&mut self, schema: &'a Value, depth: usize) -> String {
        let schema = self.resolve(schema);
        self.looks += 1;
        if depth > GREATEST_DEPTH || self.looks > MOST_LOOKS {
            return "any JSON".to_owned();
        }
        let mut word = |kind: &str| match kind {
            "array" if schema["items"].is_object() => {
                format!("list of {}", self.kind(&schema["items"], depth + 1))
            }
            "array" => "list".to_owned(),
            "object" if schema["additionalProperties"].is_object() => {
                let inner = self.kind(&schema["additionalProperties"], depth + 1);
                format!("object of {inner}")
            }
            other => other.to_owned(),
        };
        let mut words: Vec<String> = match &schema["type"] {
            Value::String(kind) => vec![word(kind)],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).map(word).collect(),
            _ => parts(schema)
                .map(|part| self.kind(part, depth + 1))
                .collect(),
        };
        words.dedup();
        match words.is_empty() {
            true => "any JSON".to_owned(),
            false => words.join(" or "),
        }
    }
}

/// The schemas that a schema is put together from.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let keywords = ["allOf", "anyOf", "oneOf"].into_iter();
    keywords
        .filter_map(|keyword| schema[keyword].as_array())
        .flatten()
}

fn is_deep(schema: &Value) -> bool {
    schema["properties"].is_object()
        || schema["items"].is_object()
        || parts(schema).next().is_some()
}

fn notes(schema: &Value) -> Vec<Note> {
    let one = |term, keyword: &str| (term, schema.get(keyword).into_iter().collect::<Vec<_>>());
    let many = |term, keyword: &str| {
        (
            term,
            schema[keyword].as_array().into_iter().flatten().collect(),
        )
    };
    let all = [
        many("One of", "enum"),
        one("Always", "const"),
        one("Default", "default"),
        one("Format", "format"),
        one("Pattern", "pattern"),
        one("At least", "minimum"),
        one("At most", "maximum"),
        one("At least so many characters", "minLength"),
        one("At most so many characters", "maxLength"),
        one("At most so many items", "maxItems"),
        many("For example", "examples"),
    ];
    let said = all.into_iter().filter(|(_, values)| !values.is_empty());
    said.map(|(term, values)| Note {
        term,
        more: values.len().saturating_sub(MOST_VALUES),
        values: values.into_iter().take(MOST_VALUES).map(written).collect(),
    })
    .collect()
}

/// A value as a caller writes it; a text without its quotes, where it is one that can be seen.
fn written(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.trim().is_empty() => text.to_owned(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(schema: &Value) -> Vec<String> {
        let table = Table::of(schema);
        let line = |row: &Row| {
            let mark = if row.required { "!" } else { "" };
            format!("{}{mark}: {}", row.path, row.kind)
        };
        table.rows.iter().map(line).collect()
    }

    #[test]
    fn members_of_members_and_of_items_have_rows_of_their_own() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "object", "properties": {"b": {"type": ["string", "null"]}}},
            "c": {"type": "array", "items": {"type": "object", "properties": {"d": {}}}},
            "e": {"type": "object", "additionalProperties": {"type": "number"}},
            "f": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"g": {"type": "boolean"}}}]},
        }});
        let wanted = [
            "a!: object",
            "a.b: string or null",
            "c: list of object",
            "c[].d: any JSON",
            "e: object of number",
            "f: string or object",
            "f.g: boolean",
        ];
        assert_eq!(lines(&schema), wanted);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$ref": "#/$defs/node", "$defs": {
            "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}},
            "loop": {"$ref": "#/$defs/loop"},
        }});
        let table = Table::of(&schema);
        assert_eq!(table.rows.len(), GREATEST_DEPTH);
        assert!(table.more);
        let circle = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert!(lines(&circle).is_empty());
        let list = json!({"type": "array", "items": {"$ref": "#"}});
        assert!(lines(&list).is_empty());
    }

    #[test]
    fn what_is_known_of_a_value_stands_with_it() {
        let schema =
            json!({"properties": {"a": {"type": "string", "enum": ["x", ""], "default": "x"}}});
        let table = Table::of(&schema);
        let notes: Vec<_> = table.rows[0]
            .notes
            .iter()
            .map(|note| (note.term, note.values.clone()))
            .collect();
        assert_eq!(
            notes,
            [
                ("One of", vec!["x".to_owned(), "\"\"".to_owned()]),
                ("Default", vec!["x".to_owned()])
            ]
        );
    }
}
