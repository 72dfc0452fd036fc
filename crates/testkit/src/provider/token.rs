//! `/token`: the four grants.

use std::time::Instant;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::vendor::play::whole;

use super::behaviour::Rotation;
use super::ledger::{Code, Dead, Grant, Pair};
use super::record::Received;
use super::state::State;
use super::{assertion, client};

/// The name of the grant of service accounts.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// An answer that brings nothing.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    said: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, error: &'static str, said: &'static str) -> Self {
        Self {
            status,
            error,
            said,
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let challenge = match self.status {
            401 => "www-authenticate: Basic realm=\"tokens\"\r\n",
            _ => "",
        };
        let body = json!({"error": self.error, "error_description": self.said});
        whole(self.status, challenge, &body.to_string())
    }
}

impl From<Dead> for Refusal {
    fn from(said: Dead) -> Self {
        Self::new(400, "invalid_grant", said)
    }
}

/// What the grant brings.
pub(super) fn grant(
    request: &Received,
    state: &mut State,
    rotating: bool,
    base: &str,
    now: Instant,
) -> Result<Pair, Refusal> {
    let mut terms = state.terms();
    if !rotating {
        terms.rotation = Rotation::Never;
    }
    let name = request.parameter("grant_type");
    // A service account proves itself by its key, and needs no client.
    let client = match name {
        JWT_BEARER if !client::is_named(request) => String::new(),
        _ => client::of(request, state)?,
    };
    let scope = request.parameter("scope").to_owned();
    Ok(match name {
        "authorization_code" => {
            let fits = |code: &Code| fits(code, request, &client);
            let ledger = &mut state.ledger;
            ledger.exchange(request.parameter("code"), fits, terms, now)?
        }
        "refresh_token" => {
            let token = request.parameter("refresh_token");
            state.ledger.refresh(token, &client, terms, now)?
        }
        "client_credentials" => {
            let account = client.clone();
            let grant = Grant {
                client,
                account,
                scope,
            };
            state.ledger.begin(grant, false, terms, now)
        }
        JWT_BEARER => {
            let audiences = [base, &format!("{base}/token")];
            let account = assertion::account(request.parameter("assertion"), &audiences)?;
            let grant = Grant {
                client,
                account,
                scope,
            };
            state.ledger.begin(grant, false, terms, now)
        }
        _ => return Err(Refusal::new(400, "unsupported_grant_type", "no such grant")),
    })
}

/// Whether a code is this client's, for this place, and asked for by whoever holds the verifier.
fn fits(code: &Code, request: &Received, client: &str) -> Result<(), Dead> {
    let hash = digest(&SHA256, request.parameter("code_verifier").as_bytes());
    if code.grant.client != client {
        Err("the code is another client's")
    } else if code.redirect_uri != request.parameter("redirect_uri") {
        Err("the redirect_uri is another one")
    } else if BASE64_URL_SAFE_NO_PAD.encode(hash) != code.challenge {
        Err("the code_verifier does not fit")
    } else {
        Ok(())
    }
}

/// The usual answer.
pub(super) fn body(pair: &Pair) -> Value {
    let mut body = json!({
        "access_token": pair.access, "token_type": "Bearer", "expires_in": pair.life.as_secs(),
        "scope": pair.scope,
    });
    if let Some(refresh) = &pair.refresh {
        body["refresh_token"] = json!(refresh);
    }
    body
}
