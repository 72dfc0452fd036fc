//! Puts a credential into the places that a plan left for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use tenon_connector::auth::{Placement, Slot, SlotPart, SlotText};
use tenon_vault::Credential;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Fault};

const UNFIT: Fault = Fault(
    ErrorKind::Plan,
    "was sent nothing: the credential holds signs that a header cannot carry; store it again without them",
);

/// Fills all slots. A slot wins over what the plan has in its place, and one without text is left out.
pub(crate) fn fill(
    placement: &Placement,
    credential: &Credential,
    url: &mut Url,
    headers: &mut HeaderMap,
) -> Result<(), Fault> {
    for slot in &placement.slots {
        match slot {
            Slot::Bearer(text) => {
                put(headers, AUTHORIZATION, "Bearer ", &render(text, credential))?;
            }
            Slot::Basic { username, password } => {
                let pair = [render(username, credential), render(password, credential)];
                put(headers, AUTHORIZATION, "Basic ", &basic(&pair))?;
            }
            Slot::Header(name, text) => {
                let name = HeaderName::try_from(name).map_err(|_name| UNFIT)?;
                put(headers, name, "", &render(text, credential))?;
            }
            Slot::Query(name, text) => set_query(url, name, &render(text, credential)),
        }
    }
    Ok(())
}

fn put(headers: &mut HeaderMap, name: HeaderName, scheme: &str, text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Ok(());
    }
    let value = Zeroizing::new([scheme, text].concat());
    let mut value = HeaderValue::from_str(&value).map_err(|_secret| UNFIT)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn basic([username, password]: &[Zeroizing<String>; 2]) -> Zeroizing<String> {
    let pair = Zeroizing::new([username.as_str(), ":", password].concat());
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

/// Other pairs keep their bytes: an application may sign or compare them.
fn set_query(url: &mut Url, name: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let is_other =
        |pair: &&str| form_urlencoded::parse(pair.as_bytes()).all(|(other, _)| other != name);
    let others: Vec<_> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(is_other)
        .collect();
    let others = others.join("&");
    url.set_query((!others.is_empty()).then_some(&others));
    url.query_pairs_mut().append_pair(name, text);
}

fn render(SlotText(parts): &SlotText, credential: &Credential) -> Zeroizing<String> {
    let texts: Vec<&str> = parts.iter().map(|part| piece(part, credential)).collect();
    Zeroizing::new(texts.concat())
}

fn piece<'a>(part: &'a SlotPart, credential: &'a Credential) -> &'a str {
    match part {
        SlotPart::Literal(text) => text,
        SlotPart::Field(name) => credential.get(name).map_or("", |secret| secret.expose()),
    }
}
