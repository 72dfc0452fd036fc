//! `/authorize`: the person has consented before and is sent back at once.

use std::time::Instant;

use url::Url;

use super::behaviour::{Consent, Echo};
use super::ledger::{Code, Grant};
use super::record::Received;
use super::state::State;

/// Where the browser is sent; what is wrong with the request, where it may be sent nowhere.
pub(super) fn answer(
    request: &Received,
    state: &mut State,
    base: &str,
    now: Instant,
) -> Result<Url, &'static str> {
    let client = request.parameter("client_id");
    if !state.clients.contains_key(client) {
        return Err("no such client");
    }
    let back = Url::parse(request.parameter("redirect_uri"));
    let mut back = back.map_err(|_unreadable| "no redirect_uri")?;
    let outcome = decide(request, state, now);
    let mut query = back.query_pairs_mut();
    match outcome {
        Ok(code) => query.append_pair("code", &code),
        Err((error, said)) => query
            .append_pair("error", error)
            .append_pair("error_description", said),
    };
    match (state.behaviour.state, request.parameters.get("state")) {
        (Echo::Right, Some(given)) => _ = query.append_pair("state", given),
        (Echo::Wrong, _) => _ = query.append_pair("state", "another-state"),
        _ => {}
    }
    match state.behaviour.issuer {
        Echo::Right => _ = query.append_pair("iss", base),
        Echo::Wrong => _ = query.append_pair("iss", "https://elsewhere.example"),
        Echo::Missing => {}
    }
    drop(query);
    Ok(back)
}

fn decide(
    request: &Received,
    state: &mut State,
    now: Instant,
) -> Result<String, (&'static str, &'static str)> {
    if request.parameter("response_type") != "code" {
        return Err(("unsupported_response_type", "Only code is known here."));
    }
    if request.parameter("code_challenge").is_empty()
        || request.parameter("code_challenge_method") != "S256"
    {
        return Err(("invalid_request", "A code_challenge in S256 is needed."));
    }
    if state.behaviour.consent == Consent::Denied {
        return Err(("access_denied", "The person said no."));
    }
    let hint = request.parameters.get("login_hint");
    let grant = Grant {
        client: request.parameter("client_id").to_owned(),
        account: hint.unwrap_or(&state.behaviour.account).clone(),
        scope: request.parameter("scope").to_owned(),
    };
    let code = Code {
        grant,
        redirect_uri: request.parameter("redirect_uri").to_owned(),
        challenge: request.parameter("code_challenge").to_owned(),
    };
    Ok(state.ledger.consent(code, now))
}
