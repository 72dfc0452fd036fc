//! Files: uploaded by an account for its requests, and downloaded by link. Both pass through piece by piece.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::files::{File, Said};

use super::access::Access;
use super::answer::{Answer, Json};
use super::error::Failure;
use super::extract::{ByAccount, Left, Path, Query};
use super::route::{Operation, Route, get, post};
use crate::app::App;

/// What stays as it is in an extended header value (RFC 8187).
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        post(
            "/api/v2/files",
            Access::Account,
            upload,
            Operation::new("uploadFile", "Upload a file for a later request")
                .describe("The body is the file's content, of whatever `content-type`. Actions take the answer's `file` where they take a file: `{\"file\": \"…\"}`.")
                .query::<UploadQuery>()
                .takes_bytes()
                .gives::<FileBody>(),
        ),
        get(
            "/api/v2/files/{link}",
            Access::Open,
            download,
            Operation::new("downloadFile", "Download a kept file, once")
                .describe("The link is the credential. The file is gone after one complete download; a download that breaks off leaves it.")
                .gives_bytes(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Files"))
    .collect()
}

/// What is said of a file beside its content.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct UploadQuery {
    /// Its name, such as `report.pdf`.
    filename: Option<String>,
}

/// A file that is kept for its account.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileBody {
    /// Its id, for requests of the same account.
    file: String,
    /// Its name.
    filename: String,
    /// Its media type.
    content_type: String,
    /// Its length in bytes.
    size: u64,
    /// When it is gone.
    expires_at: String,
}

impl From<File> for FileBody {
    fn from(file: File) -> Self {
        Self {
            file: file.id.to_string(),
            filename: file.about.filename,
            content_type: file.about.content_type,
            size: file.about.size,
            expires_at: file.expires_at.to_iso(),
        }
    }
}

/// `POST /api/v2/files`
async fn upload(
    State(app): State<App>,
    Left(caller): ByAccount,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Answer<FileBody> {
    let said = Said {
        filename: query.filename,
        content_type: content_type(request.headers())?,
    };
    let body = request.into_body().into_data_stream();
    let file = Box::pin(app.engine.upload(&caller, said, body)).await?;
    Ok(Json(file.into()))
}

fn content_type(headers: &HeaderMap) -> Outcomes<Option<String>> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| {
        let message = "The header `content-type` must be printable ASCII";
        Error::invalid("content-type", "format", message)
    })?;
    // A form has a file among other things in it, and would be kept as a whole.
    if text.to_ascii_lowercase().starts_with("multipart/form-data") {
        let message = "Send the file alone as the body, not in a form: `curl --data-binary @report.pdf -H 'content-type: application/pdf'`";
        return Err(Error::new(Code::UnsupportedMediaType, message));
    }
    Ok(Some(text.to_owned()))
}

/// `GET /api/v2/files/{link}`
async fn download(State(app): State<App>, Path(link): Path<String>) -> Result<Response, Failure> {
    let download = app.engine.download(&link).await?;
    let about = &download.file.about;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_LENGTH, about.size.into());
    let kind = HeaderValue::from_str(&about.content_type);
    let untyped = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind.unwrap_or(untyped));
    let name = utf8_percent_encode(&about.filename, EXTENDED);
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    // Whatever an application calls a page must not be one of ours.
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    Ok((headers, Body::from_stream(download.content)).into_response())
}
