//! A caller's parameters: coerced where the schema says so, checked, and every error said at once.

use indexmap::IndexMap;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::document::{ParamDoc, ParamType};
use crate::expr::text_of;
use crate::file;

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The parameter, with the way into it: `associations/0/id`. Empty where the whole body is meant.
    pub param: String,
    /// The JSON Schema keyword that does not hold, such as `required`, `type` or `enum`.
    pub code: String,
    /// A sentence for people. Never holds the value.
    pub message: String,
}

impl FieldError {
    /// An error of this parameter.
    pub fn new(
        param: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            param: param.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// Turns a body into parameters: coerces, fills defaults, checks.
pub(crate) fn admit(
    params: &IndexMap<String, ParamDoc>,
    validator: &Validator,
    body: Value,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let Value::Object(mut given) = body else {
        let message = "The body must be a JSON object with one key per parameter";
        return Err(vec![FieldError::new("", "type", message)]);
    };
    drop_nulls(params, &mut given);
    for (name, param) in params {
        if let Some(value) = given.get_mut(name) {
            coerce(param, value);
        } else if let Some(default) = &param.default {
            given.insert(name.clone(), default.clone());
        }
    }
    let given = Value::Object(given);
    let errors: Vec<_> = validator
        .iter_errors(&given)
        .flat_map(|error| describe(&error))
        .collect();
    match given {
        Value::Object(mut map) if errors.is_empty() => match file::check(params, &mut map) {
            errors if errors.is_empty() => Ok(map),
            errors => Err(errors),
        },
        _ => Err(errors),
    }
}

/// Numbers, booleans and JSON that were sent as text, and text that was sent as a number.
fn coerce(param: &ParamDoc, value: &mut Value) {
    if !param.any_of.is_empty() {
        return coerce_to_one(&param.any_of, value);
    }
    let better = match (param.kind, &*value) {
        (Some(ParamType::Integer), Value::String(text)) => {
            text.trim().parse::<i64>().ok().map(Value::from)
        }
        (Some(ParamType::Number), Value::String(text)) => number(text),
        (Some(ParamType::Boolean), Value::String(text)) => boolean(text),
        (
            Some(ParamType::Object | ParamType::Array | ParamType::File) | None,
            Value::String(text),
        ) => structure(text),
        (Some(ParamType::String), Value::Number(_) | Value::Bool(_)) => {
            Some(Value::String(value.to_string()))
        }
        _ => None,
    };
    if let Some(better) = better {
        *value = better;
    }
    coerce_members(param, value);
}

/// An optional value that cannot be `null` and is `null` is absent: callers whose schemas demand every member say so.
fn drop_nulls(params: &IndexMap<String, ParamDoc>, given: &mut Map<String, Value>) {
    given.retain(|name, value| {
        let meant = |param: &ParamDoc| param.required || param.nullable;
        !value.is_null() || params.get(name).is_none_or(meant)
    });
}

/// To the alternative that has the value's type already; else to the first that makes something else of it.
fn coerce_to_one(alternatives: &[ParamDoc], value: &mut Value) {
    // JSON sent as text is meant as JSON, also where a text could stand.
    if let Value::String(text) = &*value
        && let Some(read) = structure(text)
        && alternatives.iter().any(|param| has_type(param, &read))
    {
        *value = read;
    }
    let mut fitting = alternatives
        .iter()
        .filter(|param| has_type(param, value))
        .peekable();
    if fitting.peek().is_some() {
        // Of several objects, none is known to be the one that is meant.
        if let (Some(only), None) = (fitting.next(), fitting.next()) {
            coerce_members(only, value);
        }
        return;
    }
    for alternative in alternatives {
        let before = value.clone();
        coerce(alternative, value);
        if *value != before {
            return;
        }
    }
}

/// Whether a value is of a parameter's type, and one of its words where it has words.
fn has_type(param: &ParamDoc, value: &Value) -> bool {
    let chosen = param.choices.is_empty() || param.choices.contains(value);
    let typed = match param.kind {
        Some(ParamType::String) => value.is_string(),
        Some(ParamType::Integer | ParamType::Number) => value.is_number(),
        Some(ParamType::Boolean) => value.is_boolean(),
        Some(ParamType::Object | ParamType::File) => value.is_object(),
        Some(ParamType::Array) => value.is_array(),
        None => false,
    };
    chosen && typed
}

fn coerce_members(param: &ParamDoc, value: &mut Value) {
    match value {
        Value::Object(map) => {
            drop_nulls(&param.properties, map);
            if param.kind == Some(ParamType::File) {
                // Its members are no parameters, and all of them are optional.
                map.retain(|_, member| !member.is_null());
            }
            for (name, member) in &param.properties {
                if let Some(value) = map.get_mut(name) {
                    coerce(member, value);
                }
            }
            if let Some(additional) = &param.additional {
                let others = map
                    .iter_mut()
                    .filter(|(name, _)| !param.properties.contains_key(*name));
                others.for_each(|(_, value)| coerce(additional, value));
            }
        }
        Value::Array(items) => {
            if let Some(item) = &param.items {
                items.iter_mut().for_each(|value| coerce(item, value));
            }
        }
        _ => {}
    }
}

fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole
        .or_else(|| text.parse().ok().and_then(Number::from_f64))
        .map(Value::Number)
}

fn boolean(text: &str) -> Option<Value> {
    match text.trim() {
        "true" | "TRUE" | "True" => Some(Value::Bool(true)),
        "false" | "FALSE" | "False" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn structure(text: &str) -> Option<Value> {
    let trimmed = text.trim_start();
    (trimmed.starts_with('{') || trimmed.starts_with('['))
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

fn describe(error: &ValidationError<'_>) -> Vec<FieldError> {
    let place = error
        .instance_path()
        .as_str()
        .trim_start_matches('/')
        .to_owned();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![FieldError::new(
                join(&place, name),
                "required",
                format!("Required parameter '{}' is missing", join(&place, name)),
            )]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                let name = join(&place, name);
                let message = format!("Parameter '{name}' is not known to this action");
                FieldError::new(name, "additionalProperties", message)
            })
            .collect(),
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let words: Vec<_> = options.iter().map(text_of).collect();
            let message = format!("Parameter '{place}' must be one of: {}", words.join(", "));
            vec![FieldError::new(place, "enum", message)]
        }
        // Only schemas of our own making say `not`: of a text that is a part of an address.
        ValidationErrorKind::Not { .. } => {
            let message = format!(
                "Parameter '{place}' is a part of the address: it must not be `.` or `..` or hold control characters"
            );
            vec![FieldError::new(place, "not", message)]
        }
        kind => {
            let message = format!("Parameter '{place}': {}", error.masked_with("the value"));
            vec![FieldError::new(place, kind.keyword(), message)]
        }
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}/{name}")
    }
}
