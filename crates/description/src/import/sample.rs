//! Values for examples: the vendor's own where there is one, else made from the schema.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};
use tenon_connector::document::{ParamDoc, ParamType};

use super::value::is_of;

/// The longest example of the vendor's own that is taken, as JSON.
const LONGEST_BYTES: usize = 1_000;
/// The longest text that is made for a pattern.
const LONGEST_TEXT: usize = 200;
/// The most members of an object that is made.
const MOST_MEMBERS: usize = 5;

/// Whether a value of the vendor's own is fit to be shown.
pub(crate) fn is_handy(value: &Value) -> bool {
    !value.is_null() && value.to_string().len() <= LONGEST_BYTES
}

/// A value for a parameter. `whole`: with members that need not be there.
pub(crate) fn value(param: &ParamDoc, whole: bool) -> Value {
    let own = param
        .examples
        .iter()
        .chain(&param.default)
        .chain(param.choices.first());
    let fits = |value: &&Value| {
        let chosen = param.choices.is_empty() || param.choices.contains(value);
        is_of(value, param.kind) && chosen && is_handy(value)
    };
    if let Some(own) = own.into_iter().find(fits) {
        return own.clone();
    }
    if let Some(first) = param.any_of.first() {
        return value(first, whole);
    }
    made(param, whole)
}

/// The same, of which no value is the vendor's own: those do not always fit the vendor's own schema.
pub(crate) fn made(param: &ParamDoc, whole: bool) -> Value {
    if let Some(choice) = param.choices.iter().find(|choice| !choice.is_null()) {
        return choice.clone();
    }
    if let Some(first) = param.any_of.first() {
        return made(first, whole);
    }
    match param.kind {
        Some(ParamType::Integer) => whole_number(param),
        Some(ParamType::Number) => number(param),
        Some(ParamType::Boolean) => Value::Bool(true),
        Some(ParamType::Array) => list(param, whole),
        Some(ParamType::Object) => object(param, whole),
        Some(ParamType::File) => {
            json!({ "filename": "a.txt", "content_type": "text/plain", "base64": "dGV4dA==" })
        }
        Some(ParamType::String) | None => Value::String(text(param)),
    }
}

fn whole_number(param: &ParamDoc) -> Value {
    let least = param.minimum.unwrap_or(1.0).max(1.0).ceil();
    let wanted = param.maximum.map_or(least, |most| least.min(most.floor()));
    let clamped = wanted.clamp(-9e15, 9e15);
    Value::from(clamped as i64)
}

fn number(param: &ParamDoc) -> Value {
    let least = param.minimum.unwrap_or(1.0).max(1.0);
    json!(param.maximum.map_or(least, |most| least.min(most)))
}

fn list(param: &ParamDoc, whole: bool) -> Value {
    let item = param.items.as_deref().map(|item| value(item, whole));
    let item = item.unwrap_or_else(|| json!("text"));
    let count = param.min_length.unwrap_or(1).clamp(1, 20);
    Value::Array((0..count).map(|_| item.clone()).collect())
}

fn object(param: &ParamDoc, whole: bool) -> Value {
    let wanted = |member: &ParamDoc| whole || member.required;
    let members = param.properties.iter().filter(|(_, member)| wanted(member));
    let required = param
        .properties
        .values()
        .filter(|member| member.required)
        .count();
    let made = members
        .take(MOST_MEMBERS.max(required))
        .map(|(name, member)| (name.clone(), value(member, whole)));
    let mut made: Map<String, Value> = made.collect();
    for (name, member) in param
        .properties
        .iter()
        .filter(|(_, member)| member.required)
    {
        made.entry(name.clone())
            .or_insert_with(|| value(member, whole));
    }
    if made.is_empty()
        && let Some(member) = param.additional.as_deref()
    {
        made.insert("name".to_owned(), value(member, whole));
    }
    Value::Object(made)
}

fn text(param: &ParamDoc) -> String {
    if let Some(made) = param.pattern.as_deref().and_then(matching) {
        return made;
    }
    let text = match param.format.as_deref() {
        Some("date-time") => "2026-01-15T09:30:00Z",
        Some("date") => "2026-01-15",
        Some("time") => "09:30:00Z",
        Some("duration") => "PT1H",
        Some("email" | "idn-email") => "ada@example.com",
        Some("uri" | "url" | "iri" | "uri-reference" | "iri-reference") => "https://example.com/a",
        Some("uuid") => "6f1c2a4e-0b7d-4a53-9f0e-3d2c1b0a9f8e",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("int64" | "uint64" | "int32" | "uint32") => "1",
        Some("byte") => "dGV4dA==",
        Some("regex") => "a",
        Some("json-pointer") => "/a",
        Some("uri-template") => "https://example.com/{a}",
        _ => "text",
    };
    let least = usize::try_from(param.min_length.unwrap_or(0)).unwrap_or(0);
    let most = param.max_length.and_then(|most| usize::try_from(most).ok());
    let mut text = text.to_owned();
    while text.len() < least.min(LONGEST_TEXT) {
        text.push('x');
    }
    text.truncate(most.unwrap_or(usize::MAX));
    text
}

/// A text that a pattern matches, where one is easy to find.
fn matching(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, &mut text, 0)?;
    Some(text)
}

fn write(hir: &Hir, text: &mut String, depth: usize) -> Option<()> {
    if text.len() > LONGEST_TEXT || depth > 50 {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class)?),
        HirKind::Capture(capture) => write(&capture.sub, text, depth + 1)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, text, depth + 1)?;
            }
        }
        HirKind::Alternation(parts) => write(parts.first()?, text, depth + 1)?,
        HirKind::Repetition(repetition) => {
            // One where none has to be: an empty text is no example of anything.
            let wanted = repetition.min.max(u32::from(repetition.max != Some(0)));
            for _ in 0..wanted {
                write(&repetition.sub, text, depth + 1)?;
            }
        }
    }
    Some(())
}

fn member(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else {
        let Class::Bytes(bytes) = class else {
            return None;
        };
        return bytes
            .ranges()
            .first()
            .map(|range| char::from(range.start()));
    };
    let within = |c: char| {
        class
            .ranges()
            .iter()
            .any(|range| range.start() <= c && c <= range.end())
    };
    let usual = ['a', '1', 'A', '-', '_', ' '];
    let first = || class.ranges().first().map(|range| range.start());
    usual.into_iter().find(|c| within(*c)).or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_for_a_pattern() {
        assert_eq!(matching("^AC[0-9a-fA-F]{4}$").unwrap(), "ACaaaa");
        assert_eq!(matching("^(person|tracked)-.+$").unwrap(), "person-a");
        assert_eq!(matching(r"^\d{3}(?:-\d+)?$").unwrap(), "111-1");
        assert_eq!(matching("a{1000}"), None);
    }

    #[test]
    fn values_keep_the_bounds_of_their_schema() {
        let param = ParamDoc {
            kind: Some(ParamType::Integer),
            minimum: Some(10.0),
            maximum: Some(20.0),
            examples: vec![json!("not a number")],
            ..ParamDoc::default()
        };
        assert_eq!(value(&param, true), json!(10));
    }
}
