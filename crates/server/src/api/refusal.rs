//! Refusals of the listener: of a request that cannot be parsed, and of a connection for which there is no place.

use axum::Router;
use axum::middleware::from_fn;
use tenon_engine::error::{Code, Error};
use tenon_engine::model::RequestId;

use super::answer;
use super::error::Failure;

/// How long a client that found no place should wait.
const BUSY_MS: u64 = 1_000;

/// Answers every request that there is no place for it.
pub(crate) fn busy() -> Router {
    let refuse = async || {
        let message = "Too many connections are open; try again later";
        Failure::from(Error::new(Code::Overloaded, message).after(BUSY_MS))
    };
    Router::new()
        .fallback(refuse)
        .layer(from_fn(answer::complete))
}

/// The whole answer to a request that the HTTP library refused, by the last two digits of its status.
pub(crate) fn unparsed(status: [u8; 2]) -> Vec<u8> {
    let error = match &status {
        b"14" => Error::of(Code::UriTooLong),
        b"31" => Error::of(Code::HeadTooLarge),
        _ => Error::new(
            Code::BadRequest,
            "The request is not HTTP/1.1 as it is read here",
        ),
    };
    let (request, entry) = (RequestId::generate(), error.code.entry());
    let body = Failure::from(error).to_value(&request).to_string();
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/json\r\nx-request-id: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        entry.status,
        entry.word,
        request.as_str(),
        body.len()
    );
    [head, body].concat().into_bytes()
}
