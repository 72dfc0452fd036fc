//! A plan's body as bytes, with the `content-type` that says how to read them.

use bytes::Bytes;
use tenon_connector::plan::{Body, Content, Part};
use tenon_vault::digest::{hex, random_bytes};
use url::form_urlencoded;

use crate::error::{ErrorKind, Fault};

/// A body that is ready to be sent.
pub(crate) struct Encoded {
    /// Nothing where there is no body.
    pub(crate) content_type: Option<String>,
    /// Whether the bytes can only be read with this very `content-type`.
    pub(crate) binding: bool,
    pub(crate) bytes: Bytes,
}

impl Encoded {
    fn new(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let content_type = Some(content_type.to_owned());
        Self {
            content_type,
            binding: false,
            bytes: bytes.into(),
        }
    }
}

/// The body's bytes.
pub(crate) fn encode(body: &Body) -> Result<Encoded, Fault> {
    Ok(match body {
        Body::Empty => Encoded {
            content_type: None,
            binding: false,
            bytes: Bytes::new(),
        },
        Body::Json(value) => {
            // A `Value` prints as JSON, and cannot fail to.
            Encoded::new("application/json", value.to_string())
        }
        Body::Form(pairs) => {
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            Encoded::new("application/x-www-form-urlencoded", form)
        }
        Body::Multipart(parts) => multipart(parts)?,
        Body::Related { json, file } => related(json, file)?,
        Body::Raw {
            content_type,
            content,
        } => Encoded::new(content_type, bytes_of(content)?.to_vec()),
    })
}

fn bytes_of(content: &Content) -> Result<&[u8], Fault> {
    match content {
        Content::Inline(bytes) => Ok(bytes),
        Content::Stored(_) => Err(Fault(
            ErrorKind::Plan,
            "was sent nothing: stored files cannot be sent yet",
        )),
    }
}

/// RFC 2387: what is said of the file comes first.
fn related(json: &serde_json::Value, file: &Part) -> Result<Encoded, Fault> {
    let boundary = boundary();
    let head = format!(
        "--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n{json}\r\n--{boundary}\r\n{}\r\n",
        type_line(file)?
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(bytes_of(&file.content)?);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/related; boundary={boundary}");
    Ok(Encoded {
        binding: true,
        ..Encoded::new(&content_type, bytes)
    })
}

/// It is random, so that no content can hold it on purpose.
fn boundary() -> String {
    format!("tenon-{}", hex(&random_bytes::<16>()))
}

/// RFC 7578.
fn multipart(parts: &[Part]) -> Result<Encoded, Fault> {
    let boundary = boundary();
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(part_head(&boundary, part)?.as_bytes());
        bytes.extend_from_slice(bytes_of(&part.content)?);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Ok(Encoded {
        binding: true,
        ..Encoded::new(&content_type, bytes)
    })
}

fn part_head(boundary: &str, part: &Part) -> Result<String, Fault> {
    let filename = part
        .filename
        .as_deref()
        .map(|name| format!("; filename=\"{}\"", quoted(name)));
    Ok(format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"{}\r\n{}\r\n",
        quoted(&part.name),
        filename.unwrap_or_default(),
        type_line(part)?,
    ))
}

fn type_line(part: &Part) -> Result<String, Fault> {
    let content_type = part.content_type.as_deref();
    if content_type.is_some_and(|text| text.contains(['\r', '\n'])) {
        let what = "was sent nothing: the content type of a part has a line break";
        return Err(Fault(ErrorKind::Plan, what));
    }
    let line = content_type.map(|text| format!("content-type: {text}\r\n"));
    Ok(line.unwrap_or_default())
}

/// As browsers do it, by the HTML standard: the rest is UTF-8 as it is.
fn quoted(text: &str) -> String {
    text.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &Body) -> (String, String) {
        let Encoded {
            content_type,
            bytes,
            ..
        } = encode(body).unwrap();
        (
            content_type.unwrap(),
            String::from_utf8(bytes.to_vec()).unwrap(),
        )
    }

    #[test]
    fn a_form_is_percent_encoded() {
        let (content_type, form) = text(&Body::Form(vec![("a b".into(), "c&d".into())]));
        assert_eq!(
            (&*content_type, &*form),
            ("application/x-www-form-urlencoded", "a+b=c%26d")
        );
    }

    #[test]
    fn parts_cannot_break_out_of_their_heads() {
        let part = Part {
            name: "a\"\r\nx: y".into(),
            filename: Some("é.txt".into()),
            content_type: Some("text/plain".into()),
            content: "hello".to_owned().into(),
        };
        let (content_type, form) = text(&Body::Multipart(vec![part.clone()]));
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let expected = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"a%22%0D%0Ax: y\"; \
             filename=\"é.txt\"\r\ncontent-type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n"
        );
        assert_eq!(form, expected);
        let broken = Part {
            content_type: Some("text/plain\r\nx: y".into()),
            ..part
        };
        assert!(encode(&Body::Multipart(vec![broken])).is_err());
    }
}
