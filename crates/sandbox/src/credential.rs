//! Whether a request carries a credential of the sandbox, in a place that the connector names.
//!
//! A real credential is refused like a wrong one, and not kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenon_connector::Connector;
use tenon_connector::auth::{Slot, SlotPart, SlotText};

use crate::received::Received;

/// What every field of a sandbox connection's credential begins with.
const MARK: &str = "sandbox_";

/// What tells sandbox connections apart: the value that fills the credential's fields. `None`: not authorized.
pub(crate) fn token(connector: &Connector, received: &Received) -> Option<String> {
    let mut ways = connector.ways.values();
    ways.find_map(|way| token_in(&way.placement.slots, received))
}

fn token_in(slots: &[Slot], received: &Received) -> Option<String> {
    let mut values = Vec::new();
    for slot in slots {
        values.extend(fields(slot, received)?);
    }
    // An optional field that the credential lacks leaves its place empty.
    values.retain(|value| !value.is_empty());
    values.dedup();
    let ours = !values.is_empty() && values.iter().all(|value| value.starts_with(MARK));
    ours.then(|| values.join(" "))
}

fn fields(slot: &Slot, received: &Received) -> Option<Vec<String>> {
    match slot {
        Slot::Bearer(text) => read(text, authorization(received, "bearer")?),
        Slot::Basic { username, password } => {
            let pair = STANDARD.decode(authorization(received, "basic")?).ok()?;
            let pair = String::from_utf8(pair).ok()?;
            let (name, secret) = pair.split_once(':')?;
            let mut values = read(username, name)?;
            values.extend(read(password, secret)?);
            Some(values)
        }
        Slot::Header(name, text) => read(text, received.header(name).unwrap_or_default()),
        Slot::Query(name, text) => read(text, received.query_value(name).unwrap_or_default()),
        Slot::Oauth1(signed) => read(&signed.token, oauth_token(received)?),
        // Of token requests alone, which the sandbox does not play.
        Slot::Body(..) | Slot::PathEnd(_) | Slot::Assertion(_) => None,
    }
}

fn authorization<'a>(received: &'a Received, scheme: &str) -> Option<&'a str> {
    let (written, rest) = received.header("authorization")?.split_once(' ')?;
    written.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// The token of a signed request (RFC 5849, 3.5.1). The sandbox checks no signature.
fn oauth_token(received: &Received) -> Option<&str> {
    let parts = authorization(received, "oauth")?.split(',');
    parts
        .filter_map(|part| part.trim().strip_prefix("oauth_token=\""))
        .find_map(|value| value.strip_suffix('"'))
}

/// The values that were put into a text, by what stands between them. `None`: the text does not look like that.
fn read(SlotText(parts): &SlotText, given: &str) -> Option<Vec<String>> {
    let (mut rest, mut values) = (given, Vec::new());
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match (part, parts.peek()) {
            (SlotPart::Literal(text), _) => rest = rest.strip_prefix(text.as_str())?,
            (SlotPart::Field(_) | SlotPart::Encoded(_), Some(SlotPart::Literal(next))) => {
                let (value, behind) = rest.split_at_checked(rest.find(next.as_str())?)?;
                values.push(value.to_owned());
                rest = behind;
            }
            (SlotPart::Field(_) | SlotPart::Encoded(_), _) => {
                values.push(std::mem::take(&mut rest).to_owned())
            }
        }
    }
    rest.is_empty().then_some(values)
}
