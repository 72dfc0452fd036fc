//! Sends one call: checked, filled, within its deadline, and never more than once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::connect::capture_connection;
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tenon_connector::document::Effect;
use tenon_connector::hosts::HostSet;
use tenon_connector::plan::Plan;
use tenon_connector::token::TokenPaths;
use tenon_vault::Credential;
use tokio::time::Instant;
use url::Url;

use crate::address::Guard;
use crate::answer::{self, Response};
use crate::dial::{DialError, Network};
use crate::error::{ErrorKind, Fault, SendError, Sent, cause, http_fault};
use crate::grant::{self, TokenAnswer};
use crate::keep::{Keep, Keeping};
use crate::mask::{self, Masker};
use crate::outgoing::Contents;
use crate::pool::{Idle, Pool};
use crate::request;
use crate::resolve::Resolver;

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Networks that are not public and may be reached nevertheless, also by http. Whoever may name a URL, such as
    /// the author of a connector, can then reach everything in them.
    pub dangerously_allow_private_networks: Vec<IpNet>,
    /// How long an answer may be, decoded.
    pub response_limit_bytes: usize,
    /// How long connecting may take, over all addresses of a host.
    pub connect_timeout: Duration,
    /// How long the TLS handshake may take.
    pub tls_timeout: Duration,
    /// Certificates to trust besides those that browsers trust, in PEM.
    pub extra_roots_pem: Option<Vec<u8>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dangerously_allow_private_networks: Vec::new(),
            response_limit_bytes: 10 * 1024 * 1024,
            connect_timeout: Duration::from_secs(3),
            tls_timeout: Duration::from_secs(5),
            extra_roots_pem: None,
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The extra certificates are not certificates in PEM.
    #[error("the extra root certificates cannot be read as PEM")]
    RootsPem(#[source] rustls::pki_types::pem::Error),
    /// There is no certificate among the extra ones.
    #[error("the extra root certificates have no `BEGIN CERTIFICATE` section")]
    NoRoots,
    /// TLS does not take the settings.
    #[error("TLS cannot be set up with these root certificates")]
    Tls(#[from] rustls::Error),
    /// The resolver does not take the settings.
    #[error("the name servers of this machine cannot be used")]
    Resolver(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One request to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The request, with slots.
    pub plan: &'a Plan,
    /// What fills the slots; without it they stay empty.
    pub credential: Option<&'a Credential>,
    /// Where the credential, and so the request, may go.
    pub hosts: &'a HostSet,
    /// Whose connections may be used: the tenant and the connection.
    pub partition: &'a str,
    /// Where the request really goes.
    pub route: Route,
    /// When the whole answer must be there.
    pub deadline: Instant,
}

/// A token endpoint's answer.
#[derive(Debug)]
pub struct Told {
    /// What it says.
    pub answer: TokenAnswer,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// To the host that its URL names.
    Network,
    /// To this address in clear, while all that is sent stays the same. It is wiring inside the process.
    Sandbox(SocketAddr),
}

/// What is read of an answer's body, and how much.
enum Reading<'a> {
    /// All of it; a longer one is an error, or kept elsewhere.
    Whole(usize, Option<Keep<'a>>),
    /// What soon comes; the rest is left.
    Beginning(usize),
}

/// The only HTTP client.
pub struct Egress {
    pool: Pool,
    response_limit_bytes: usize,
}

impl Egress {
    /// A client with these settings.
    ///
    /// # Errors
    /// See [`ConfigError`]; a missing resolver configuration is none.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let network = Network {
            guard: Guard::new(config.dangerously_allow_private_networks),
            resolver: Resolver::new().map_err(|error| ConfigError::Resolver(Box::new(error)))?,
            tls: Arc::new(tls(config.extra_roots_pem.as_deref())?),
            connect_timeout: config.connect_timeout,
            tls_timeout: config.tls_timeout,
        };
        let response_limit_bytes = config.response_limit_bytes;
        Ok(Self {
            pool: Pool::new(network),
            response_limit_bytes,
        })
    }

    /// Sends the call, once. Every status is an answer, also a redirect.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, call: Call<'_>) -> Result<Response, SendError> {
        self.carry(call, Contents::new(), None).await
    }

    /// The same with stored files among what is sent, and a place for an answer that is not to be held.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn carry(
        &self,
        call: Call<'_>,
        files: Contents,
        keep: Option<Keep<'_>>,
    ) -> Result<Response, SendError> {
        let reading = Reading::Whole(self.response_limit_bytes, keep);
        self.masked(&call, files, reading).await
    }

    /// Sends a token request, once, and takes the tokens out of its answer.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn tokens(&self, call: Call<'_>, paths: &TokenPaths) -> Result<Told, SendError> {
        let reading = Reading::Whole(TOKEN_ANSWER_LIMIT, None);
        let exchanged = self.exchange(&call, Contents::new(), reading);
        let response = exchanged
            .await
            .map_err(|error| error.at(call.plan.url.host_str()))?;
        let masked = match call.credential {
            Some(credential) => mask::echoes(response.clone(), credential),
            None => response.clone(),
        };
        Ok(Told {
            answer: grant::read(&response, &masked, paths),
            headers: masked.headers,
        })
    }

    /// The same for whom the status is the answer: of the body no more than so many bytes, and nothing that comes late.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn notify(&self, call: Call<'_>, most: usize) -> Result<Response, SendError> {
        self.masked(&call, Contents::new(), Reading::Beginning(most))
            .await
    }

    /// Whether this URL may be reached, as far as it tells by itself: of a name, only a look-up tells.
    ///
    /// # Errors
    /// What [`Self::send`] would say.
    pub fn check(&self, url: &Url) -> Result<(), SendError> {
        request::check_form(url)
            .and_then(|()| self.pool.network().foresee(url))
            .map_err(|fault| SendError::from(fault).at(url.host_str()))
    }

    /// Closes the idle connections of a partition, as when its credential was revoked.
    pub fn forget(&self, partition: &str) {
        self.pool.forget(partition);
    }

    async fn masked(
        &self,
        call: &Call<'_>,
        files: Contents,
        reading: Reading<'_>,
    ) -> Result<Response, SendError> {
        let exchanged = self.exchange(call, files, reading).await;
        let response = exchanged.map_err(|error| error.at(call.plan.url.host_str()))?;
        Ok(match call.credential {
            Some(credential) => mask::echoes(response, credential),
            None => response,
        })
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        mut files: Contents,
        reading: Reading<'_>,
    ) -> Result<Response, SendError> {
        let mut request = request::build(call, &mut files)?;
        if call.deadline <= Instant::now() {
            return Err(SendError::new(LATE, Sent::No));
        }
        // A request is written only to a connection that was captured before.
        let connection = capture_connection(&mut request);
        let sent = || match *connection.connection_metadata() {
            Some(_) => Sent::Maybe,
            None => Sent::No,
        };
        let client = self
            .pool
            .client(call.partition, call.route, idle(call.plan));
        let exchange = async {
            let answer = client
                .request(request)
                .await
                .map_err(|error| lost(error, sent()))?;
            match reading {
                Reading::Whole(limit, keep) => {
                    let keeping =
                        keep.map(|keep| Keeping::new(keep, limit, Masker::of(call.credential)));
                    answer::read(answer, limit, keeping).await
                }
                Reading::Beginning(most) => Ok(answer::read_beginning(answer, most).await),
            }
        };
        match tokio::time::timeout_at(call.deadline, exchange).await {
            Ok(answered) => answered,
            Err(elapsed) => Err(SendError::new(LATE, sent()).because(elapsed)),
        }
    }
}

/// No token answer is longer.
const TOKEN_ANSWER_LIMIT: usize = 256 * 1024;

const LATE: Fault = Fault(ErrorKind::Timeout, "did not answer in time");

fn idle(plan: &Plan) -> Idle {
    match plan.effect == Effect::Read || plan.idempotent {
        true => Idle::Long,
        false => Idle::Briefly,
    }
}

/// What a failure before the answer's head means.
fn lost(error: hyper_util::client::legacy::Error, sent: Sent) -> SendError {
    if let Some(dial) = cause::<DialError>(&error) {
        return SendError::new(dial.fault, Sent::No).because(error);
    }
    let http = cause::<hyper::Error>(&error);
    // A canceled request was still in the queue of its connection.
    let sent = if http.is_some_and(hyper::Error::is_canceled) {
        Sent::No
    } else {
        sent
    };
    SendError::new(http_fault(http), sent).because(error)
}

pub(crate) fn tls(extra_roots_pem: Option<&[u8]>) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(pem) = extra_roots_pem {
        let extra = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let extra = extra.map_err(ConfigError::RootsPem)?;
        if extra.is_empty() {
            return Err(ConfigError::NoRoots);
        }
        extra.into_iter().try_for_each(|root| roots.add(root))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
