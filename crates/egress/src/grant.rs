//! Reads token answers: the one place where an answer's secrets are taken out instead of masked.
//!
//! Vendors break RFC 6749 in many ways, and what is usable is used: a missing `token_type`, `expires_in` as text, a form
//! instead of JSON. What could be another thing than a token is not: an answer with a member twice, a token that is no
//! text or holds what no header carries.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tenon_connector::token::{Path, TokenPaths};
use tenon_vault::Secret;
use url::form_urlencoded;

use crate::answer::Response;

/// A longer life than this is none: nothing is promised for ten years.
const LONGEST_LIFE: f64 = 10.0 * 365.0 * 86_400.0;
/// The longest that an application may say of an error.
const LONGEST_MESSAGE: usize = 300;

/// What a token endpoint answered.
#[derive(Debug)]
pub enum TokenAnswer {
    /// Tokens.
    Granted(Granted),
    /// An error in the application's words, whatever the status.
    Refused(Refused),
    /// Neither.
    Unusable {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Tokens and what was said of them.
#[derive(Debug)]
pub struct Granted {
    /// The credential's fields that the answer brings, the access token always.
    pub fields: Vec<(String, Secret)>,
    /// Facts of the connection.
    pub facts: BTreeMap<String, String>,
    /// Seconds that the access token lives, where that is told and can be.
    pub expires_in: Option<i64>,
    /// What was agreed to, where it is told.
    pub scope: Option<String>,
}

/// An error of a token endpoint. The credential's values are masked.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The application's code.
    pub code: String,
    /// What it says of it.
    pub message: String,
}

/// Reads an answer. `masked` is the same answer without the values that were sent, for the application's own words.
pub(crate) fn read(response: &Response, masked: &Response, paths: &TokenPaths) -> TokenAnswer {
    let status = response.status;
    let unusable = |what| TokenAnswer::Unusable { status, what };
    let Some(document) = document(response) else {
        return match status {
            200..=299 => unusable("is neither a JSON object nor a form"),
            _ => unusable("is an error without words"),
        };
    };
    let words = self::document(masked).unwrap_or_default();
    let words = Value::Object(words);
    if let Some(code) = error_code(&words, paths) {
        let said = paths.error_description.of(&words).and_then(Value::as_str);
        let message = said.unwrap_or_default();
        return TokenAnswer::Refused(Refused {
            status,
            code,
            message: message.chars().take(LONGEST_MESSAGE).collect(),
        });
    }
    if !(200..=299).contains(&status) {
        return unusable("is an error without words");
    }
    match granted(&Value::Object(document), paths) {
        Ok(granted) => TokenAnswer::Granted(granted),
        Err(what) => unusable(what),
    }
}

/// An error has a code, or an object with one, or says `ok: false` beside it.
fn error_code(words: &Value, paths: &TokenPaths) -> Option<String> {
    let code = match paths.error.of(words)? {
        Value::String(code) => code.clone(),
        Value::Object(map) => map.get("code").or(map.get("type"))?.as_str()?.to_owned(),
        _ => return None,
    };
    let code: String = code.chars().take(100).collect();
    (!code.is_empty()).then_some(code)
}

fn granted(document: &Value, paths: &TokenPaths) -> Result<Granted, &'static str> {
    check_type(document, paths)?;
    let mut fields = Vec::new();
    for (index, (name, path)) in paths.fields.iter().enumerate() {
        match path.of(document) {
            None if index == 0 => return Err("holds no access token"),
            None => {}
            Some(value) => fields.push((name.clone(), token(value)?)),
        }
    }
    Ok(Granted {
        fields,
        facts: facts(document, &paths.facts),
        expires_in: paths.expires_in.of(document).and_then(seconds),
        scope: paths.scope.of(document).and_then(scope),
    })
}

fn check_type(document: &Value, paths: &TokenPaths) -> Result<(), &'static str> {
    let Some(kind) = document.get("token_type").filter(|kind| !kind.is_null()) else {
        return Ok(());
    };
    let kind = kind.as_str().unwrap_or_default().to_lowercase();
    let known = kind == "bearer" || paths.token_types.contains(&kind);
    known
        .then_some(())
        .ok_or("holds a token of a kind that is not known")
}

fn token(value: &Value) -> Result<Secret, &'static str> {
    let text = value.as_str().filter(|text| !text.is_empty());
    let text = text.ok_or("holds a token that is no text")?;
    if text.chars().any(char::is_control) {
        return Err("holds a token with control characters");
    }
    Ok(Secret::new(text))
}

/// Seconds as a number or a text. What cannot be a life is none.
fn seconds(value: &Value) -> Option<i64> {
    let number = match value {
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        other => other.as_f64()?,
    };
    let possible = (1.0..=LONGEST_LIFE).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "between 1 and ten years")]
    possible.then_some(number as i64)
}

/// Scopes are a text, or a list of texts.
fn scope(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let words: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
            Some(words?.join(" "))
        }
        _ => None,
    }
}

fn facts(document: &Value, paths: &[(String, Path)]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let found = paths
        .iter()
        .filter_map(|(name, path)| Some((name.clone(), text(path.of(document)?)?)));
    found.collect()
}

/// The answer's members: of a JSON object, or of a form. No member may come twice.
fn document(response: &Response) -> Option<Map<String, Value>> {
    let kind = response
        .headers
        .iter()
        .find(|(name, _)| name == "content-type");
    let kind = kind.map_or("", |(_, kind)| kind.as_str());
    let forms = ["application/x-www-form-urlencoded", "text/plain"];
    if forms.iter().any(|form| kind.starts_with(form))
        && let Some(members) = form(&response.body)
    {
        return Some(members);
    }
    let Members(map) = serde_json::from_slice(&response.body).ok()?;
    Some(map)
}

fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    if !body.contains(&b'=') || body.first() == Some(&b'{') {
        return None;
    }
    for (name, value) in form_urlencoded::parse(body) {
        let twice = members.insert(name.into_owned(), value.into_owned().into());
        if twice.is_some() {
            return None;
        }
    }
    Some(members)
}

/// A JSON object whose members all differ.
struct Members(Map<String, Value>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> serde::de::Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if map.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a member comes twice"));
            }
        }
        Ok(Members(map))
    }
}
