//! What is behind the tokens: the person's name, a few records, and the end of a grant.

use std::time::Instant;

use serde_json::json;

use crate::vendor::play::whole;

use super::client;
use super::record::Received;
use super::state::{Executed, State};

/// What a path gets. All of them need a token that lives.
pub(super) fn answer(request: &Received, state: &mut State, now: Instant) -> Vec<u8> {
    let Some(grant) = state.ledger.bearer(request.bearer(), now) else {
        let challenge = "www-authenticate: Bearer error=\"invalid_token\"\r\n";
        return whole(401, challenge, "{\"error\":\"invalid_token\"}");
    };
    let account = grant.account.clone();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/userinfo") => {
            let email = format!("{account}@provider.example");
            let person = json!({"sub": account, "email": email});
            whole(200, "", &person.to_string())
        }
        ("GET" | "POST", "/api/records") => {
            state.executed.push(Executed {
                method: request.method.clone(),
                account: account.clone(),
                key: request.key.clone(),
            });
            let record = json!({"id": state.executed.len(), "account": account});
            whole(200, "", &record.to_string())
        }
        _ => whole(404, "", "{\"error\":\"nothing here\"}"),
    }
}

/// `/revoke`, as RFC 7009 has it: a token that nobody knows is revoked too.
pub(super) fn revoke(request: &Received, state: &mut State, now: Instant) -> Vec<u8> {
    if state.behaviour.revocation_fails {
        return whole(503, "", "{\"error\":\"temporarily_unavailable\"}");
    }
    match client::of(request, state) {
        Err(refusal) => refusal.bytes(),
        Ok(client) => {
            let token = request.parameter("token");
            state.ledger.revoke(token, &client, now);
            whole(200, "", "")
        }
    }
}
