//! Wires the program together: key ring, database, connectors, sandbox, engine, jobs and listener, in an order in which
//! whatever does not fit refuses to start before anything is served.

mod clock;
pub(crate) mod data_dir;
pub(crate) mod database;
mod error;
mod files;
pub(crate) mod keys;
mod server_file;
mod spill;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tenon_egress::Egress;
use tenon_engine::connect::is_this_machine;
use tenon_engine::files::Files;
use tenon_engine::keychain::KeyChain;
use tenon_engine::registry::Registry;
use tenon_engine::{Engine, Parts};
use tenon_sandbox::Sandbox;
use tenon_vault::{KeyFile, Secret};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::app::{ApiSettings, App};
use crate::catalogue::Catalogue;
use crate::config::ServeConfig;
use crate::{api, jobs, listen, telemetry};

pub(crate) use clock::SystemClock;
use database::Database;
pub use error::StartError;
pub use files::FileFolder;
pub use keys::FirstStart;
pub(crate) use server_file::ServerFile;
use spill::SpillFolder;

/// How long what has begun may take to end.
const DRAIN: Duration = Duration::from_secs(30);

/// The program, complete but for a listener of its own.
pub struct Installation {
    /// What handlers work with.
    pub app: App,
    /// What the operator has to be told once.
    pub first_start: FirstStart,
    database: Database,
    tasks: TaskTracker,
    /// Cancelled when this life is over.
    life: DropGuard,
}

/// The program, serving.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The program.
    pub installation: Installation,
    server: TaskTracker,
    file: ServerFile,
}

/// Opens the data directory, and makes it where there is none. The database belongs to this process until
/// [`Installation::close`].
///
/// # Errors
/// Every [`StartError`] says what to mend; nothing is served then.
pub async fn open(config: &ServeConfig) -> Result<Installation, StartError> {
    check_public_url(config.public_url.as_deref())?;
    let (ring, database, mut first_start) = keys::unlock(config).await?;
    if !database.is_shared() {
        ServerFile::forget(config);
    }
    let clock = Arc::new(SystemClock);
    let keys = KeyChain::open(ring, database.store(), clock.clone()).await?;
    // A ring that the environment brings is the operator's to change.
    let keys = match config.environment.encryption_key {
        Some(_) => keys,
        None => keys.with_file(KeyFile::new(config.key_file())),
    };
    let registry = Arc::new(Registry::default());
    let catalogue = Arc::new(Catalogue::new(config.connectors.clone()));
    catalogue.reload(&registry);
    let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
    let (sandbox, sandbox_address) = start_sandbox(&registry, &stopping, &tasks).await?;
    let engine = Engine::new(Parts {
        store: database.store(),
        keys,
        egress: Box::new(egress(config)?),
        clock,
        registry,
        sandbox: Some(sandbox_address),
        caps: config.caps,
        rate: config.rate,
        spill: Some(Box::new(SpillFolder::new(config.data_dir.join("spill")))),
        files: Some(files(config)),
    });
    let app = App {
        engine,
        sandbox,
        catalogue,
        metrics: telemetry::metrics(),
        settings: Arc::new(settings(config)),
        stopping,
    };
    prepare(&app, config, database.is_shared(), &mut first_start).await?;
    jobs::start(&app, &tasks);
    let life = CancellationToken::new();
    jobs::live(app.clone(), life.clone());
    tasks.close();
    Ok(Installation {
        app,
        first_start,
        database,
        tasks,
        life: life.drop_guard(),
    })
}

/// Opens the data directory and serves. When this returns, connections are accepted.
///
/// # Errors
/// As [`open`], and where the address cannot be listened on.
pub async fn start(config: &ServeConfig) -> Result<Running, StartError> {
    let installation = open(config).await?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr().map_err(StartError::Listen)?;
    // Nobody else sets it.
    let _first = installation.app.settings.address.set(address);
    let file = ServerFile::write(config, address)?;
    let server = TaskTracker::new();
    let app = &installation.app;
    let router = api::router(app.clone());
    let served = listen::serve(listener, router, config.connections, app.stopping.clone());
    server.spawn(served);
    server.close();
    tracing::info!(%address, "serving");
    Ok(Running {
        address,
        installation,
        server,
        file,
    })
}

impl Installation {
    /// Lets executions end, then gives the database free. What does not end in time is `Unknown` at the next start.
    pub async fn close(self) {
        self.close_by(Instant::now() + DRAIN).await;
    }

    async fn close_by(self, deadline: Instant) {
        self.app.stopping.cancel();
        let ended = async {
            self.app.engine.drain().await;
            self.tasks.wait().await;
        };
        if tokio::time::timeout_at(deadline, ended).await.is_err() {
            tracing::warn!("executions were still running after {DRAIN:?}; they count as unknown");
        }
        self.life.disarm().cancel();
        if let Err(error) = self.app.engine.end_life().await {
            tracing::warn!(%error, "the journal's chain could not be closed");
        }
        self.database.close().await;
    }
}

impl Running {
    /// Stops taking requests, lets those that have begun end, and gives everything free.
    pub async fn shutdown(self) {
        self.installation.app.stopping.cancel();
        self.file.remove();
        // One bound for both: requests, and executions that go on without theirs.
        let deadline = Instant::now() + DRAIN;
        if tokio::time::timeout_at(deadline, self.server.wait())
            .await
            .is_err()
        {
            tracing::warn!("requests were still running after {DRAIN:?}");
        }
        self.installation.close_by(deadline).await;
    }
}

async fn start_sandbox(
    registry: &Arc<Registry>,
    stopping: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<(Sandbox, SocketAddr), StartError> {
    let registry = Arc::clone(registry);
    let sandbox = Sandbox::new(move || registry.snapshot().connectors().cloned().collect());
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(StartError::Sandbox)?;
    let address = listener.local_addr().map_err(StartError::Sandbox)?;
    let stopped = stopping.clone().cancelled_owned();
    tasks.spawn(sandbox.clone().serve(listener, stopped));
    Ok((sandbox, address))
}

fn files(config: &ServeConfig) -> Files {
    let limits = &config.files;
    Files {
        shelf: Box::new(FileFolder::new(config.files_folder(), limits.room_bytes)),
        most_bytes: limits.most_bytes,
        life_ms: i64::try_from(limits.life.as_millis()).unwrap_or(i64::MAX),
        public_url: config.public_url.clone().unwrap_or_default(),
    }
}

fn egress(config: &ServeConfig) -> Result<Egress, StartError> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|source| StartError::ExtraRoots {
            path: path.clone(),
            source,
        })
    };
    Ok(Egress::new(tenon_egress::Config {
        dangerously_allow_private_networks: config.dangerously_allow_private_networks.clone(),
        extra_roots_pem: config.extra_ca_file.as_ref().map(read).transpose()?,
        ..Default::default()
    })?)
}

/// Whether links can be made from the address, and whether browsers will keep the cookie of their pages.
fn check_public_url(said: Option<&str>) -> Result<(), StartError> {
    let Some(text) = said else {
        return Ok(());
    };
    let url = Url::parse(text).map_err(|_unreadable| StartError::PublicUrl)?;
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if !web || url.query().is_some() || url.fragment().is_some() {
        return Err(StartError::PublicUrl);
    }
    if url.scheme() == "http" && !is_this_machine(&url) {
        tracing::warn!(
            "the public address is not https: browsers keep no cookie for the connect pages there, so nobody can connect"
        );
    }
    Ok(())
}

fn settings(config: &ServeConfig) -> ApiSettings {
    ApiSettings {
        public_url: config.public_url.clone(),
        data_dir: Some(config.data_dir.clone()),
        mirror_status: config.mirror_status,
        ..ApiSettings::default()
    }
}

/// What has to be true of the database before anything is served.
async fn prepare(
    app: &App,
    config: &ServeConfig,
    shared: bool,
    first_start: &mut FirstStart,
) -> Result<(), StartError> {
    let given = config.environment.admin_key.clone();
    let made = match given {
        Some(_) => None,
        None => app.engine.missing_admin_key().await?,
    };
    if shared && made.is_some() {
        return Err(StartError::AdminKeyMissing);
    }
    if let Some(key) = &made {
        data_dir::write_private(&config.admin_key_file(), key.expose())?;
    }
    app.engine
        .first_start(given.as_ref().or(made.as_ref()))
        .await?;
    if let Some(brought) = &given {
        let kept = std::fs::read_to_string(config.admin_key_file()).ok();
        let kept = kept.map(|text| Secret::new(text.trim()));
        let engine = &app.engine;
        let revoked = engine.revoke_other_admin_keys(brought, kept.as_ref());
        match revoked.await? {
            0 => {}
            revoked => tracing::warn!(revoked, "admin keys from before are no longer good"),
        }
    }
    first_start.admin_key = made;
    app.engine.begin_life().await?;
    let swept = app.engine.sweep().await?;
    if swept > 0 {
        tracing::warn!(
            swept,
            "executions were cut off when the program ended; they count as unknown"
        );
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Bind { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_from_an_address_and_nothing_else() {
        for good in [
            "https://a.example",
            "https://a.example/tenon/",
            "http://127.0.0.1:1",
        ] {
            assert!(check_public_url(Some(good)).is_ok(), "{good}");
        }
        for bad in [
            "a.example",
            "/tenon",
            "ftp://a.example",
            "https://a.example?x",
            "https://a.example#x",
        ] {
            assert!(check_public_url(Some(bad)).is_err(), "{bad}");
        }
        assert!(check_public_url(None).is_ok());
    }
}
