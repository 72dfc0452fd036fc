//! The API of a running server, through the same client that reaches applications: it is the only door out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tenon_connector::auth::{Placement, Slot, SlotPart, SlotText};
use tenon_connector::document::AuthKind;
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::{Body, Plan};
use tenon_egress::{Config, Egress, Route};
use tenon_engine::execute::LONGEST_TIMEOUT;
use tenon_vault::{Credential, Secret};
use tokio::time::Instant;
use url::Url;

use super::{Call, ClientError};

/// Longer than any execution may take, so that its answer is not missed.
const PATIENCE: Duration = LONGEST_TIMEOUT.saturating_add(Duration::from_secs(10));
/// Long lists are the longest answers.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// The credential's one field.
const FIELD: &str = "secret";

/// Somebody with a credential, at the API of a running server.
pub struct Remote {
    egress: Egress,
    base: Url,
    hosts: HostSet,
    placement: Arc<Placement>,
    credential: Credential,
}

impl Remote {
    /// Somebody with the admin key.
    ///
    /// # Errors
    /// Where this machine's network cannot be used.
    pub fn as_admin(address: SocketAddr, key: Secret) -> Result<Self, ClientError> {
        Self::new(address, Slot::Header("x-admin-key".to_owned(), slot()), key)
    }

    /// Somebody with a session token.
    ///
    /// # Errors
    /// Where this machine's network cannot be used.
    pub fn as_session(address: SocketAddr, token: Secret) -> Result<Self, ClientError> {
        Self::new(address, Slot::Bearer(slot()), token)
    }

    fn new(address: SocketAddr, slot: Slot, secret: Secret) -> Result<Self, ClientError> {
        let config = Config {
            // This one address, and nothing else of the network that it is in.
            dangerously_allow_private_networks: vec![address.ip().into()],
            response_limit_bytes: ANSWER_LIMIT_BYTES,
            ..Config::default()
        };
        let base = Url::parse(&format!("http://{address}/"));
        let base = base.map_err(|error| ClientError::Unreadable(error.into()))?;
        let placement = Placement {
            name: "tenon".to_owned(),
            kind: AuthKind::Keybased,
            slots: vec![slot],
        };
        Ok(Self {
            egress: Egress::new(config)?,
            hosts: HostSet::new(HostPattern::of(&base)),
            base,
            placement: Arc::new(placement),
            credential: Credential::from_fields([(FIELD.to_owned(), secret)]),
        })
    }

    /// Makes one call, and returns the status and the body.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn call(&self, call: Call) -> Result<(u16, Value), ClientError> {
        let plan = self.plan(call);
        let answer = self.egress.send(tenon_egress::Call {
            plan: &plan,
            credential: Some(&self.credential),
            hosts: &self.hosts,
            partition: "tenon",
            route: Route::Network,
            deadline: Instant::now() + PATIENCE,
        });
        let answer = answer.await?;
        Ok((answer.status, json(&answer.body)?))
    }

    fn plan(&self, call: Call) -> Plan {
        let mut url = self.base.clone();
        url.set_path(&call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Plan {
            step: "request".to_owned(),
            effect: call.method.default_effect(),
            idempotent: call.method.default_idempotent(),
            method: call.method,
            url,
            headers: call.headers,
            body: call.body.map_or(Body::Empty, Body::Json),
            placement: Arc::clone(&self.placement),
        }
    }
}

/// A body as JSON; an empty one is `null`.
pub(super) fn json(bytes: &[u8]) -> Result<Value, ClientError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| ClientError::Unreadable(error.into()))
}

fn slot() -> SlotText {
    SlotText(vec![SlotPart::Field(FIELD.to_owned())])
}
