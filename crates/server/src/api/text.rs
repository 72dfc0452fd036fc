//! How the OpenAPI document describes texts that are not free, so that clients know what is refused before they send it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// The tenant's own id of an account; describes what `AccountId` takes.
pub(super) struct AccountIdText;

impl JsonSchema for AccountIdText {
    fn schema_name() -> Cow<'static, str> {
        "AccountId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        // Space around it is trimmed; no control character may stand inside.
        let inside = r"[^\u0000-\u001f\u007f-\u009f]";
        let end = r"[^\s\u0000-\u001f\u007f-\u009f]";
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": format!(r"^\s*{end}({inside}*{end})?\s*$"),
            "not": {"enum": [".", ".."]},
        })
    }
}

/// One of the words, or an empty text: forms send the filters that say nothing.
pub(super) fn one_of(known: &'static str) -> Vec<&'static str> {
    known.split(", ").chain([""]).collect()
}

/// Any of the words, with commas between them.
pub(super) fn several_of(known: &str) -> String {
    let word = known.replace(", ", "|");
    format!("^(({word})(,({word}))*)?$")
}

/// A day, a moment, or an empty text.
pub(super) fn day_or_moment() -> Value {
    json!([{"format": "date"}, {"format": "date-time"}, {"maxLength": 0}])
}

/// An object that has at least one of the members, as a text.
pub(super) fn names_any(members: &[&str]) -> Value {
    let named = |member: &&str| {
        let properties =
            serde_json::Map::from_iter([((*member).to_owned(), json!({"type": "string"}))]);
        json!({"required": [member], "properties": properties})
    };
    members.iter().map(named).collect()
}
