//! Which client asks: by the header of basic authentication or by the body, never by both.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use url::form_urlencoded;

use super::record::Received;
use super::state::State;
use super::token::Refusal;

/// The client that a request proves to come from.
pub(super) fn of(request: &Received, state: &State) -> Result<String, Refusal> {
    let in_body = request.parameter("client_secret");
    let (id, secret) = match basic(request) {
        Some(_) if !in_body.is_empty() => {
            let said = "the client proved itself twice";
            return Err(Refusal::new(400, "invalid_request", said));
        }
        Some(pair) => pair,
        None => (
            request.parameter("client_id").to_owned(),
            in_body.to_owned(),
        ),
    };
    match state.clients.get(&id) {
        Some(expected) if *expected == secret => Ok(id),
        _ => Err(Refusal::new(401, "invalid_client", "no such client")),
    }
}

/// Whether a request says anything about its client.
pub(super) fn is_named(request: &Received) -> bool {
    basic(request).is_some() || !request.parameter("client_secret").is_empty()
}

fn basic(request: &Received) -> Option<(String, String)> {
    let value = request.authorization.as_deref()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id), decoded(secret)))
}

/// RFC 6749, 2.3.1: both are written as in a form before they are joined.
fn decoded(text: &str) -> String {
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map_or(String::new(), |(name, _)| name.into_owned())
}
