//! JSON bodies: bounded before they are read, and refused with the place of what is wrong and never with its value.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_vault::Secret;

use super::error::Failure;

/// The largest body that is read.
pub(super) const LIMIT_BYTES: usize = 3 * 1024 * 1024;

/// A JSON body. An empty one is `{}`.
pub(super) struct Given<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        // What a compressed body comes to is not known before it is read.
        if parts
            .headers
            .get(CONTENT_ENCODING)
            .is_some_and(|coding| coding != "identity")
        {
            let message = "The body must not be compressed: send it without `content-encoding`";
            return Err(Error::new(Code::UnsupportedMediaType, message).into());
        }
        let bytes = read(&parts.headers, body).await?;
        let declared = parts.headers.contains_key(CONTENT_TYPE);
        if bytes.is_empty() && (!declared || is_json(&parts.headers)) {
            return Ok(Self(parse(b"{}")?));
        }
        if !is_json(&parts.headers) {
            return Err(Error::of(Code::UnsupportedMediaType).into());
        }
        Ok(Self(parse(&bytes)?))
    }
}

/// A secret in a body: `Debug` does not show it.
pub(super) struct GivenSecret(pub(super) Secret);

impl std::fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for GivenSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// Reads the body, and stops where it is too large.
async fn read(headers: &HeaderMap, body: Body) -> Outcomes<Bytes> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LIMIT_BYTES) {
        return Err(Error::of(Code::BodyTooLarge));
    }
    match Limited::new(body, LIMIT_BYTES).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::of(Code::BodyTooLarge)),
        Err(error) => {
            let message = "The body did not come whole";
            Err(Error::invalid("", "json", message).because(error))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Outcomes<T> {
    // A list would be taken for the members of a struct in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Error::invalid("", "type", "The body must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| misfit(&error))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    if !inner.is_data() {
        return not_json(inner);
    }
    let path = error.path().to_string();
    let path = if path == "." { String::new() } else { path };
    let reason = without_values(&inner.to_string());
    let place = if path.is_empty() {
        "The body".to_owned()
    } else {
        format!("`{path}` in the body")
    };
    let message = format!("{place} is not what the route takes: {reason}");
    Error::invalid(path, "type", message)
}

fn not_json(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let message = format!("The body is not JSON (line {line}, column {column})");
    Error::invalid("", "json", message)
}

/// The reason without what was given: that may be a secret.
fn without_values(reason: &str) -> String {
    let reason = reason.split(" at line ").next().unwrap_or_default();
    let names_only = ["unknown field", "missing field", "duplicate field"]
        .iter()
        .any(|start| reason.starts_with(start));
    match reason.rsplit_once(", expected ") {
        Some((_, expected)) if !names_only => format!("expected {}", plain(expected)),
        None if !names_only => "it cannot be read".to_owned(),
        _ => reason.to_owned(),
    }
}

/// What is expected, in JSON's words where the library has Rust's.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[serde(rename = "list")]
        _list: Vec<u32>,
    }

    fn refusal(text: &str) -> Error {
        parse::<Wanted>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_body_that_does_not_fit_is_refused_with_the_place_and_never_the_value() {
        let error = refusal(r#"{"list": [1, "hunter2"]}"#);
        assert_eq!(error.errors.first().unwrap().param, "list[1]");
        assert!(!error.message.contains("hunter2"), "{}", error.message);
        let expected = "expected a whole number that is not negative";
        assert!(error.message.contains(expected), "{}", error.message);
        assert!(
            refusal(r#"{"lost": 1}"#)
                .message
                .contains("unknown field `lost`")
        );
    }

    #[test]
    fn a_body_that_is_no_json_is_refused_with_line_and_column() {
        assert!(refusal("{\n  list").message.contains("line 2"));
        assert!(refusal(r#"{"list": []} x"#).message.contains("not JSON"));
        let deep = format!("{{\"a\": {}", "[".repeat(100_000));
        let error = parse::<serde_json::Value>(deep.as_bytes()).unwrap_err();
        assert!(error.message.contains("not JSON"), "{}", error.message);
    }

    #[test]
    fn what_is_expected_is_said_in_the_words_of_json() {
        let error = parse::<std::collections::BTreeMap<String, Wanted>>(br#"{"in": []}"#);
        let message = error.unwrap_err().message;
        assert!(message.ends_with("expected an object"), "{message}");
        let message = refusal(r#"{"list": {}}"#).message;
        assert!(message.ends_with("expected a list"), "{message}");
    }

    #[test]
    fn a_list_is_not_taken_for_an_object() {
        assert!(refusal("[[1, 2]]").message.contains("JSON object"));
        assert!(refusal("").message.contains("JSON object"));
    }
}
