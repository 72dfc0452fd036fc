//! Puts a credential into the places that a plan left for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tenon_connector::auth::{Placement, Slot, SlotPart, SlotText};
use tenon_connector::plan::{Body, Plan};
use tenon_vault::Credential;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Fault};
use crate::{assertion, oauth1};

const UNFIT: Fault = Fault(
    ErrorKind::Plan,
    "was sent nothing: the credential holds signs that a header cannot carry; store it again without them",
);

/// Fills all slots. A slot wins over what the plan has in its place, and one without text is left out.
///
/// The members of the body come first ([`members`]): a signature covers them.
pub(crate) fn fill(
    placement: &Placement,
    credential: &Credential,
    plan: &Plan,
    body: &Body,
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
            Slot::PathEnd(text) => push_segment(url, &render(text, credential))?,
            Slot::Body(..) | Slot::Assertion(_) | Slot::Oauth1(_) => {}
        }
    }
    // Last, because it signs what the others have put in.
    for slot in &placement.slots {
        if let Slot::Oauth1(signed) = slot {
            let form = match body {
                Body::Form(pairs) => pairs.as_slice(),
                _ => &[],
            };
            let signature = oauth1::header(signed, credential, plan.method, url, form);
            put(headers, AUTHORIZATION, "OAuth ", &signature)?;
        }
    }
    Ok(())
}

/// Fills the slots that are members of the body.
pub(crate) fn members(
    placement: &Placement,
    credential: &Credential,
    body: &mut Body,
) -> Result<(), Fault> {
    for slot in &placement.slots {
        let (name, text) = match slot {
            Slot::Body(name, text) => (name, render(text, credential)),
            Slot::Assertion(assertion) => {
                (&assertion.param, assertion::sign(assertion, credential)?)
            }
            _ => continue,
        };
        if text.is_empty() {
            continue;
        }
        match body {
            Body::Form(pairs) => pairs.push((name.clone(), text.to_string())),
            Body::Json(Value::Object(map)) => {
                map.insert(name.clone(), text.as_str().into());
            }
            _ => return Err(UNFIT),
        }
    }
    Ok(())
}

/// Adds a segment to the path, encoded; one that would lead elsewhere is refused.
fn push_segment(url: &mut Url, text: &str) -> Result<(), Fault> {
    if text.is_empty() || text == "." || text == ".." {
        return Err(UNFIT);
    }
    let mut segments = url.path_segments_mut().map_err(|()| UNFIT)?;
    segments.pop_if_empty().push(text);
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

pub(crate) fn render(SlotText(parts): &SlotText, credential: &Credential) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for part in parts {
        match part {
            SlotPart::Literal(literal) => text.push_str(literal),
            SlotPart::Field(name) => text.push_str(value(name, credential)),
            SlotPart::Encoded(name) => {
                text.extend(form_urlencoded::byte_serialize(
                    value(name, credential).as_bytes(),
                ));
            }
        }
    }
    text
}

fn value<'a>(name: &str, credential: &'a Credential) -> &'a str {
    credential.get(name).map_or("", |secret| secret.expose())
}
