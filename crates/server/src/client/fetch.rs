//! A document from the web, for tools of the command line: through the one client, without a credential, and bounded.

use std::sync::Arc;
use std::time::Duration;

use tenon_connector::auth::Placement;
use tenon_connector::document::{AuthKind, Effect};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::{Body, Method, Plan};
use tenon_egress::{Config, ConfigError, Egress, Response, Route, SendError};
use tokio::time::Instant;
use url::Url;

use crate::config::ServeConfig;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the document may be somewhere else.
const MOST_REDIRECTS: usize = 4;

/// Why a document was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// What was given is no address.
    #[error("not an address of the web: it must begin with https://")]
    Address,
    /// The certificates of the configuration cannot be read.
    #[error("the file of further root certificates cannot be read")]
    Roots(#[source] std::io::Error),
    /// The way cannot be set up.
    #[error("requests cannot be set up")]
    Setup(#[from] ConfigError),
    /// No answer came, or one that is too long.
    #[error("the document was not fetched")]
    NoAnswer(#[from] SendError),
    /// The answer was another.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The document is never where it is said to be.
    #[error("the server refers to another address more than {MOST_REDIRECTS} times")]
    Redirects,
}

/// Fetches a document of at most so many bytes.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(
    config: &ServeConfig,
    address: &str,
    most: usize,
) -> Result<Vec<u8>, FetchError> {
    let roots = config.extra_ca_file.as_ref().map(std::fs::read).transpose();
    let egress = Egress::new(Config {
        dangerously_allow_private_networks: config.dangerously_allow_private_networks.clone(),
        response_limit_bytes: most,
        extra_roots_pem: roots.map_err(FetchError::Roots)?,
        ..Config::default()
    })?;
    let deadline = Instant::now() + PATIENCE;
    let mut url = Url::parse(address).map_err(|_unparsable| FetchError::Address)?;
    for _ in 0..=MOST_REDIRECTS {
        let answer = get(&egress, url.clone(), deadline).await?;
        match answer.status {
            200 => return Ok(answer.body.to_vec()),
            301 | 302 | 303 | 307 | 308 => url = elsewhere(&url, &answer)?,
            status => return Err(FetchError::Status(status)),
        }
    }
    Err(FetchError::Redirects)
}

fn elsewhere(url: &Url, answer: &Response) -> Result<Url, FetchError> {
    let location = answer.headers.iter().find(|(name, _)| name == "location");
    let next = location.and_then(|(_, value)| url.join(value).ok());
    next.ok_or(FetchError::Status(answer.status))
}

async fn get(egress: &Egress, url: Url, deadline: Instant) -> Result<Response, FetchError> {
    let host = HostPattern::of(&url).ok_or(FetchError::Address)?;
    let placement = Placement {
        name: "none".to_owned(),
        kind: AuthKind::Keybased,
        slots: Vec::new(),
    };
    let plan = Plan {
        step: "fetch".to_owned(),
        method: Method::Get,
        url,
        headers: Vec::new(),
        body: Body::Empty,
        placement: Arc::new(placement),
        effect: Effect::Read,
        idempotent: true,
    };
    let call = tenon_egress::Call {
        plan: &plan,
        credential: None,
        hosts: &HostSet::new([host]),
        partition: "tenon",
        route: Route::Network,
        deadline,
    };
    Ok(egress.send(call).await?)
}
