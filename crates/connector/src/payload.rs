//! Bodies of responses: what an application's answer brought.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Value, json};

/// What a response brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// Nothing.
    Empty,
    /// JSON, whatever the `content-type` said.
    Json(Value),
    /// Text that is not JSON.
    Text {
        /// The `content-type`.
        content_type: String,
        /// The text.
        text: String,
    },
    /// Anything else.
    Binary {
        /// The `content-type`.
        content_type: String,
        /// The bytes.
        data: Vec<u8>,
    },
    /// A file, or an answer that is too long to be anything else: kept elsewhere.
    File(KeptFile),
}

/// Where an answer is that was kept as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptFile {
    /// Its id, by which another action of the same account can send it.
    pub file: String,
    /// A link that downloads it once, without any other credential.
    pub link: String,
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it is gone, used or not (RFC 3339).
    pub expires_at: String,
}

impl KeptFile {
    /// The JSON Schema of a file among an action's data.
    pub fn schema() -> Value {
        let text = |description: &str| json!({"type": "string", "description": description});
        json!({
            "type": "object",
            "properties": {
                "file": text("The id of the kept file, by which another action of the same account can send it."),
                "link": text("A link that downloads the file once, without any other credential."),
                "filename": text("The file's name."),
                "content_type": text("The file's media type."),
                "size": {"type": "integer", "description": "The file's length in bytes."},
                "expires_at": text("When the file is gone, used or not."),
            },
            "required": ["file", "link", "filename", "content_type", "size", "expires_at"],
        })
    }
}

impl Payload {
    /// Reads a body: JSON where it is JSON, else text where it is UTF-8.
    pub fn read(content_type: Option<&str>, body: &[u8]) -> Self {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        let content_type = content_type
            .unwrap_or("application/octet-stream")
            .to_owned();
        if let Ok(value) = serde_json::from_slice(body) {
            return Self::Json(value);
        }
        match std::str::from_utf8(body) {
            Ok(text) => Self::Text {
                content_type,
                text: text.to_owned(),
            },
            Err(_) => Self::Binary {
                content_type,
                data: body.to_owned(),
            },
        }
    }

    /// What expressions see as `body`: the JSON, the text, the kept file, or `null`.
    pub fn as_value(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Text { text, .. } => Value::String(text.clone()),
            Self::File(file) => json!(file),
            Self::Empty | Self::Binary { .. } => Value::Null,
        }
    }

    /// What callers see as `data`: JSON as it is; a kept file as where it is; anything else as `{content_type, encoding, body}`; nothing as `null`.
    pub fn into_data(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Json(value) => value,
            Self::File(file) => json!(file),
            Self::Text { content_type, text } => {
                json!({"content_type": content_type, "encoding": "text", "body": text})
            }
            Self::Binary { content_type, data } => {
                json!({"content_type": content_type, "encoding": "base64", "body": BASE64.encode(data)})
            }
        }
    }
}
