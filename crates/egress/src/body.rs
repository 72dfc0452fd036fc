//! A plan's body on its way to be bytes, with the `content-type` that says how to read them.

use bytes::Bytes;
use serde_json::Value;
use tenon_connector::plan::{Body, Content, Part};
use tenon_vault::digest::{hex, random_bytes};
use url::form_urlencoded;

use crate::error::{ErrorKind, Fault};
use crate::outgoing::{Contents, Outgoing};

/// A body that is ready to be sent.
pub(crate) struct Encoded {
    /// Nothing where there is no body.
    pub(crate) content_type: Option<String>,
    /// Whether the bytes can only be read with this very `content-type`.
    pub(crate) binding: bool,
    pub(crate) body: Outgoing,
}

impl Encoded {
    fn new(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            content_type: Some(content_type.to_owned()),
            binding: false,
            body: Outgoing::from(bytes.into()),
        }
    }

    fn bound(content_type: String, body: Outgoing) -> Self {
        Self {
            content_type: Some(content_type),
            binding: true,
            body,
        }
    }
}

/// The body's bytes. Stored files are taken out of `files`.
pub(crate) fn encode(body: &Body, files: &mut Contents) -> Result<Encoded, Fault> {
    Ok(match body {
        Body::Empty => Encoded {
            content_type: None,
            binding: false,
            body: Outgoing::default(),
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
        Body::Multipart(parts) => multipart(parts, files)?,
        Body::Related { json, file } => related(json, file, files)?,
        Body::Raw {
            content_type,
            content,
        } => {
            let mut encoded = Encoded::new(content_type, Bytes::new());
            put(&mut encoded.body, content, files)?;
            encoded
        }
    })
}

/// RFC 7578.
fn multipart(parts: &[Part], files: &mut Contents) -> Result<Encoded, Fault> {
    let boundary = boundary();
    let mut body = Outgoing::default();
    for part in parts {
        body.bytes(part_head(&boundary, part)?);
        put(&mut body, &part.content, files)?;
        body.bytes("\r\n");
    }
    body.bytes(format!("--{boundary}--\r\n"));
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Ok(Encoded::bound(content_type, body))
}

/// RFC 2387: what is said of the file comes first.
fn related(json: &Value, file: &Part, files: &mut Contents) -> Result<Encoded, Fault> {
    let (boundary, kind) = (boundary(), "content-type: application/json; charset=UTF-8");
    let mut body = Outgoing::default();
    body.bytes(format!("--{boundary}\r\n{kind}\r\n\r\n{json}\r\n"));
    body.bytes(format!("--{boundary}\r\n{}\r\n", type_line(file)?));
    put(&mut body, &file.content, files)?;
    body.bytes(format!("\r\n--{boundary}--\r\n"));
    let content_type = format!("multipart/related; boundary={boundary}");
    Ok(Encoded::bound(content_type, body))
}

/// It is random, so that no content can hold it on purpose.
fn boundary() -> String {
    format!("tenon-{}", hex(&random_bytes::<16>()))
}

fn put(body: &mut Outgoing, content: &Content, files: &mut Contents) -> Result<(), Fault> {
    match content {
        Content::Inline(bytes) => body.bytes(bytes.clone()),
        Content::Stored(id) => {
            let what =
                "was sent nothing: a file of the request is not there, or stands in it twice";
            let found = files.remove(id);
            body.file(found.ok_or(Fault(ErrorKind::StoredFile, what))?);
        }
    }
    Ok(())
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
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;

    fn text(body: &Body) -> (String, String) {
        let Encoded {
            content_type, body, ..
        } = encode(body, &mut Contents::new()).unwrap();
        let bytes = body.collect().now_or_never().unwrap().unwrap().to_bytes();
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
        assert!(encode(&Body::Multipart(vec![broken]), &mut Contents::new()).is_err());
    }
}
