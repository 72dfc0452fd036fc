//! Every action's schema in the form of each model provider: what the provider refuses is not there, descriptions are kept, and
//! a model's arguments come back as the parameters that were meant.
//!
//! The rules are written down here a second time, from the providers' pages, and not taken from the code that makes the schemas.

use serde_json::{Map, Value, json};
use tenon_connector::Action;
use tenon_connector::document::ExampleDoc;
use tenon_connector::profile::Profile;
use tenon_connector::schema::validator;

use crate::catalogue::everything;

/// Every object and value of a schema, with its depth.
fn each<'a>(schema: &'a Value, depth: usize, tell: &mut dyn FnMut(&'a Map<String, Value>, usize)) {
    let map = schema.as_object().unwrap();
    tell(map, depth);
    if let Some(properties) = map.get("properties") {
        let members = properties.as_object().unwrap().values();
        members.for_each(|member| each(member, depth + 1, tell));
    }
    if let Some(items) = map.get("items") {
        each(items, depth + 1, tell);
    }
}

fn words(map: &Map<String, Value>) -> Vec<&str> {
    match &map["type"] {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap()).collect(),
        other => panic!("{other}"),
    }
}

fn is_name(name: &str, more: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

fn only(map: &Map<String, Value>, known: &[&str]) {
    for word in map.keys() {
        assert!(known.contains(&word.as_str()), "`{word}` in {map:?}");
    }
}

/// platform.openai.com/docs/guides/structured-outputs
fn fits_openai(schema: &Value) {
    let (mut properties, mut values, mut letters) = (0, 0, 0);
    each(schema, 1, &mut |map, depth| {
        only(
            map,
            &[
                "type",
                "description",
                "enum",
                "properties",
                "required",
                "additionalProperties",
                "items",
                "pattern",
                "format",
                "minimum",
                "maximum",
                "maxItems",
            ],
        );
        assert!(depth <= 10, "{depth} levels");
        if words(map).contains(&"object") {
            let members = map["properties"].as_object().unwrap();
            assert_eq!(map["additionalProperties"], json!(false));
            assert_eq!(json!(members.keys().collect::<Vec<_>>()), map["required"]);
            properties += members.len();
            letters += members.keys().map(String::len).sum::<usize>();
        }
        if words(map).contains(&"array") {
            assert!(map.contains_key("items"));
        }
        let choices = map.get("enum").and_then(Value::as_array);
        values += choices.map_or(0, Vec::len);
        letters += choices.map_or(0, |all| all.iter().map(|one| one.to_string().len()).sum());
    });
    assert!(properties <= 5_000 && values <= 1_000 && letters <= 120_000);
    assert_eq!(schema["type"], "object");
}

/// docs.claude.com, tool use: JSON Schema 2020-12 with an object at the root
fn fits_anthropic(schema: &Value) {
    assert!(jsonschema::draft202012::meta::is_valid(schema));
    let root = schema.as_object().unwrap();
    assert_eq!(root["type"], "object");
    for word in ["anyOf", "oneOf", "allOf"] {
        assert!(!root.contains_key(word));
    }
    for name in root["properties"].as_object().unwrap().keys() {
        assert!(is_name(name, ".-"), "{name}");
    }
}

/// ai.google.dev/api/caching#Schema
fn fits_gemini(schema: &Value) {
    each(schema, 1, &mut |map, _| {
        only(
            map,
            &[
                "type",
                "format",
                "title",
                "description",
                "nullable",
                "enum",
                "maxItems",
                "minItems",
                "properties",
                "required",
                "minLength",
                "maxLength",
                "pattern",
                "items",
                "minimum",
                "maximum",
            ],
        );
        let word = map["type"].as_str().unwrap();
        match word {
            "object" => {
                // The root of a function without parameters is left out as a whole.
                let members = map.get("properties").map(|all| all.as_object().unwrap());
                for name in members.into_iter().flatten().map(|(name, _)| name) {
                    assert!(
                        is_name(name, "") && !name.starts_with(|c: char| c.is_ascii_digit()),
                        "{name}"
                    );
                }
            }
            "array" => assert!(map.contains_key("items")),
            "string" => assert!(matches!(
                map.get("format").and_then(Value::as_str),
                None | Some("date-time")
            )),
            _ => assert!(!map.contains_key("format")),
        }
        for value in map
            .get("enum")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            assert_eq!((word, value.is_string()), ("string", true), "{map:?}");
        }
    });
}

#[test]
fn every_actions_schema_fits_every_provider() {
    let mut seen = 0;
    for connector in everything() {
        for action in connector.actions.values() {
            let name = format!("{}_{}", connector.slug, action.id);
            assert!(is_name(&name, "-"), "{name}");
            for profile in Profile::ALL {
                let schema = profile.schema(&action.input_schema);
                match profile {
                    Profile::OpenAi => fits_openai(&schema),
                    Profile::Anthropic => fits_anthropic(&schema),
                    Profile::Gemini => fits_gemini(&schema),
                }
                validator(&schema).unwrap();
                keeps_descriptions(action, &schema);
            }
            seen += 1;
        }
    }
    println!("{seen} actions fit 3 providers");
}

fn keeps_descriptions(action: &Action, schema: &Value) {
    for (name, param) in &action.params {
        let said = schema["properties"][name]["description"].as_str();
        if let Some(description) = &param.description {
            assert!(
                said.unwrap().contains(description.as_str()),
                "{}.{name}",
                action.id
            );
        }
    }
}

#[test]
fn a_models_arguments_come_back_as_what_was_meant() {
    for connector in everything() {
        for action in connector.actions.values() {
            for example in action
                .examples
                .iter()
                .filter(|example| example.fails.is_none())
            {
                for profile in Profile::ALL {
                    comes_back(action, example, profile);
                }
            }
        }
    }
}

fn comes_back(action: &Action, example: &ExampleDoc, profile: Profile) {
    let schema = profile.schema(&action.input_schema);
    let said = said_by_a_model(&schema, Some(&example.body()), profile).unwrap();
    if profile != Profile::Gemini {
        let errors: Vec<_> = validator(&schema)
            .unwrap()
            .iter_errors(&said)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(
            errors,
            Vec::<String>::new(),
            "{} {profile:?}: {said}",
            action.id
        );
    }
    let mut meant = action.admit(example.body()).unwrap();
    if profile == Profile::OpenAi {
        // `null` says there that a member is absent, so that a field cannot be cleared by it.
        meant.retain(|name, value| !value.is_null() || action.params[name].required);
    }
    assert_eq!(
        action
            .admit(profile.arguments(&action.input_schema, said))
            .unwrap(),
        meant,
        "{} {profile:?}",
        action.id
    );
}

/// What a model that obeys the schema says for these parameters.
fn said_by_a_model(schema: &Value, value: Option<&Value>, profile: Profile) -> Option<Value> {
    let strict = profile == Profile::OpenAi;
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return strict.then_some(Value::Null).or(value.cloned());
    };
    if profile == Profile::Anthropic {
        return Some(value.clone());
    }
    let word = match &schema["type"] {
        Value::Array(words) => words[0].as_str(),
        word => word.as_str(),
    };
    Some(match (word.unwrap(), value) {
        ("object", Value::Object(map)) => {
            let members = schema.get("properties").and_then(Value::as_object);
            let said = members.into_iter().flatten().filter_map(|(name, schema)| {
                let said = said_by_a_model(schema, map.get(name), profile)?;
                Some((name.clone(), said))
            });
            Value::Object(said.collect())
        }
        ("array", Value::Array(items)) => {
            let said = items
                .iter()
                .filter_map(|item| said_by_a_model(&schema["items"], Some(item), profile));
            Value::Array(said.collect())
        }
        ("string", Value::String(text)) if !is_json_text(schema) => json!(text),
        ("string", other) => json!(other.to_string()),
        ("integer" | "number", Value::String(text)) => serde_json::from_str(text).unwrap(),
        ("boolean", Value::String(text)) => json!(text == "true"),
        (_, other) => other.clone(),
    })
}

fn is_json_text(schema: &Value) -> bool {
    let description = schema["description"].as_str();
    description.is_some_and(|text| text.contains("JSON text of"))
}
