//! Parameters as JSON Schema 2020-12, compiled once, and safe to compile: nothing is fetched, patterns are linear.

mod cost;

use std::collections::HashSet;
use std::sync::LazyLock;

use indexmap::IndexMap;
use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::{Map, Value, json};

use crate::document::{ParamDoc, ParamType};
use crate::file;

/// The greatest size of a compiled pattern.
const PATTERN_LIMIT_BYTES: usize = 256 * 1024;

/// The schema of all parameters: an object with exactly these members. Those in `segments` fill a segment of the path.
pub(crate) fn of_params(params: &IndexMap<String, ParamDoc>, segments: &HashSet<&str>) -> Value {
    let mut schema = of_members(params);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let texts = properties
            .iter_mut()
            .filter(|(name, _)| segments.contains(name.as_str()));
        texts
            .filter_map(|(_, schema)| schema.as_object_mut())
            .for_each(fit_segment);
    }
    schema.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("additionalProperties".into(), json!(false));
    Value::Object(schema)
}

/// The schemas of some members, by name.
pub(crate) fn of_fields(fields: &IndexMap<String, ParamDoc>) -> Map<String, Value> {
    let schema = |(name, param): (&String, &ParamDoc)| (name.clone(), of_param(param));
    fields.iter().map(schema).collect()
}

fn of_members(params: &IndexMap<String, ParamDoc>) -> Map<String, Value> {
    let properties = of_fields(params);
    let required: Vec<_> = params
        .iter()
        .filter(|(_, param)| param.required)
        .map(|(name, _)| name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema
}

/// The schema of one value.
pub fn of_value(param: &ParamDoc) -> Value {
    of_param(param)
}

fn of_param(param: &ParamDoc) -> Value {
    let mut schema = match param.kind {
        Some(ParamType::File) => file::schema(),
        Some(ParamType::Object) if !param.properties.is_empty() => of_members(&param.properties),
        _ => Map::new(),
    };
    put(
        &mut schema,
        "type",
        param.kind.map(|kind| type_words(kind, param.nullable)),
    );
    put(
        &mut schema,
        "title",
        param.label.as_ref().map(|label| json!(label)),
    );
    put(
        &mut schema,
        "description",
        param.description.as_ref().map(|text| json!(text)),
    );
    put(
        &mut schema,
        "enum",
        (!param.choices.is_empty()).then(|| json!(param.choices)),
    );
    put(&mut schema, "default", param.default.clone());
    put(
        &mut schema,
        "format",
        param.format.as_ref().map(|format| json!(format)),
    );
    put(
        &mut schema,
        "pattern",
        param.pattern.as_ref().map(|pattern| json!(pattern)),
    );
    put(
        &mut schema,
        "minimum",
        param.minimum.map(|bound| json!(bound)),
    );
    put(
        &mut schema,
        "maximum",
        param.maximum.map(|bound| json!(bound)),
    );
    let length = if param.kind == Some(ParamType::Array) {
        "maxItems"
    } else {
        "maxLength"
    };
    put(
        &mut schema,
        length,
        param.max_length.map(|bound| json!(bound)),
    );
    let shortest = if param.kind == Some(ParamType::Array) {
        "minItems"
    } else {
        "minLength"
    };
    put(
        &mut schema,
        shortest,
        param.min_length.map(|bound| json!(bound)),
    );
    put(&mut schema, "items", param.items.as_deref().map(of_param));
    put_alternatives(&mut schema, param);
    put(
        &mut schema,
        "examples",
        (!param.examples.is_empty()).then(|| json!(param.examples)),
    );
    Value::Object(schema)
}

fn put_alternatives(schema: &mut Map<String, Value>, param: &ParamDoc) {
    let additional = param.additional.as_deref().map(of_param);
    put(schema, "additionalProperties", additional);
    let named = param.discriminator.as_ref();
    let discriminator = named.map(|name| json!({ "propertyName": name }));
    put(schema, "discriminator", discriminator);
    if param.any_of.is_empty() {
        return;
    }
    let mut alternatives: Vec<_> = param.any_of.iter().map(of_param).collect();
    if param.nullable {
        alternatives.push(json!({ "type": "null" }));
    }
    put(schema, "anyOf", Some(Value::Array(alternatives)));
}

/// Says of a text what a segment of a path demands: it is there, holds no control character and leads nowhere else.
fn fit_segment(schema: &mut Map<String, Value>) {
    if schema.get("type") != Some(&json!("string")) {
        return;
    }
    schema.insert("minLength".to_owned(), json!(1));
    schema.insert("not".to_owned(), json!({ "pattern": NO_SEGMENT }));
}

fn put(schema: &mut Map<String, Value>, keyword: &str, value: Option<Value>) {
    if let Some(value) = value {
        schema.insert(keyword.to_owned(), value);
    }
}

fn type_words(kind: ParamType, nullable: bool) -> Value {
    if nullable {
        json!([kind.as_str(), "null"])
    } else {
        json!(kind.as_str())
    }
}

/// What a segment of a path must not be: one with a control character in it, `.` or `..`, also when encoded.
const NO_SEGMENT: &str = r"[\x00-\x1f\x7f-\x9f]|%[01][0-9A-Fa-f]|%7[Ff]|^(?:\.|%2[Ee]){1,2}$";

/// Compiles a schema.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn validator(schema: &Value) -> Result<Validator, String> {
    cost::check(schema)?;
    compile(schema)
}

/// The same for schemas of whatever size, which authors' tools read and servers never do.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn unbounded_validator(schema: &Value) -> Result<Validator, String> {
    compile(schema)
}

fn compile(schema: &Value) -> Result<Validator, String> {
    // The retriever is belt and braces: the crate is built without its own ways to fetch.
    static OPTIONS: LazyLock<jsonschema::ValidationOptions<'static>> = LazyLock::new(|| {
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_LIMIT_BYTES))
            .with_retriever(Nowhere)
    });
    OPTIONS
        .build(schema)
        .map_err(|error| format!("not a JSON Schema: {error}"))
}

/// Fetches nothing.
struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("`{uri}` is outside the document").into())
    }
}
