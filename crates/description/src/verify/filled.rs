//! The input in which every parameter has a value, to see every name that an action can send.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tenon_connector::document::{ExampleDoc, ParamDoc, ParamType};
use tenon_connector::{Action, Connector, FETCH_ALL};

/// The key that stands for whatever a caller adds to an open object.
pub(super) const ANY: &str = "any-member";

/// How deep values are made up.
const DEEPEST: usize = 6;

/// An example with the first example's answers and every parameter filled in: by a value of the examples, or made up. A
/// parameter that takes no made-up value is left out.
pub(super) fn example(connector: &Connector, action: &Action) -> Option<ExampleDoc> {
    let good = |example: &&ExampleDoc| example.fails.is_none();
    let base = action.examples.iter().find(good)?;
    let mut input: IndexMap<String, Value> = IndexMap::new();
    for (name, param) in action.params.iter().filter(|(name, _)| *name != FETCH_ALL) {
        let shown = action
            .examples
            .iter()
            .filter(good)
            .find_map(|example| example.input.get(name));
        let is_open = param.kind == Some(ParamType::Object) && param.properties.is_empty();
        let value = match shown {
            Some(shown) if !is_open => shown.clone(),
            _ => made_up(param, 0),
        };
        input.insert(name.clone(), value);
    }
    let mut full = ExampleDoc {
        input,
        ..base.clone()
    };
    drop_refused(action, base, &mut full);
    full.connection.extend(base.facts(connector).connection);
    Some(full)
}

fn drop_refused(action: &Action, base: &ExampleDoc, full: &mut ExampleDoc) {
    let Err(errors) = action.admit(full.body()) else {
        return;
    };
    for error in errors {
        let name = error.param.split('/').next().unwrap_or_default().to_owned();
        match base.input.get(&name) {
            Some(value) => full.input.insert(name, value.clone()),
            None => full.input.shift_remove(&name),
        };
    }
}

fn made_up(param: &ParamDoc, depth: usize) -> Value {
    let told = param.choices.first().or(param.examples.first());
    if let Some(told) = told.or(param.default.as_ref())
        && param.kind != Some(ParamType::Object)
    {
        return told.clone();
    }
    match param.kind {
        Some(ParamType::Integer) => json!(param.minimum.map_or(1, |least| {
            #[expect(clippy::cast_possible_truncation, reason = "a bound of a whole number")]
            let least = least.ceil() as i64;
            least
        })),
        Some(ParamType::Number) => json!(param.minimum.unwrap_or(1.0)),
        Some(ParamType::Boolean) => json!(true),
        Some(ParamType::Array) => match &param.items {
            Some(item) if depth < DEEPEST => json!([made_up(item, depth + 1)]),
            _ => json!([]),
        },
        Some(ParamType::Object) if param.properties.is_empty() => json!({ ANY: ANY }),
        Some(ParamType::Object) if depth < DEEPEST => {
            let member =
                |(name, param): (&String, &ParamDoc)| (name.clone(), made_up(param, depth + 1));
            Value::Object(param.properties.iter().map(member).collect::<Map<_, _>>())
        }
        Some(ParamType::Object) => json!({}),
        Some(ParamType::String) => json!(text_of(param.format.as_deref())),
        None => json!({ ANY: ANY }),
        Some(ParamType::File) => {
            json!({"filename": "a.txt", "content_type": "text/plain", "base64": "aGVsbG8="})
        }
    }
}

fn text_of(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2026-03-02T09:30:00Z",
        Some("date") => "2026-03-02",
        Some("time") => "09:30:00Z",
        Some("email") => "ada@example.com",
        Some("uri" | "url") => "https://example.com/",
        Some("uuid") => "3b241101-e2bb-4255-8caf-4136c566a962",
        Some("ipv4") => "192.0.2.1",
        _ => "1",
    }
}
