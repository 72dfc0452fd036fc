//! Looks over an installation: what is wrong, and how to mend it. Changes nothing but what a start would change.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tenon_connector::Method;
use tenon_engine::ports::Clock as _;
use tenon_vault::{KeyError, KeyRing};

use crate::bootstrap::{self, StartError, SystemClock};
use crate::catalogue::Catalogue;
use crate::client::{Call, ManagementClient};
use crate::config::ServeConfig;

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub message: String,
    /// How to mend it.
    pub remedy: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and should be looked at.
    Doubtful,
    /// It has to be mended.
    Broken,
}

/// 2025-01-01: this program is younger than that.
const EARLIEST_MS: i64 = 1_735_689_600_000;
/// Below this the journal may soon have no room.
const LITTLE_SPACE_MIB: u64 = 512;

/// Looks at everything.
pub async fn examine(config: &ServeConfig) -> Vec<Check> {
    let mut checks = vec![
        data_dir(&config.data_dir),
        key_file(config),
        space(&config.data_dir),
        clock(),
        connectors(config),
    ];
    checks.push(Box::pin(database(config)).await);
    checks
}

fn data_dir(path: &Path) -> Check {
    let name = "data directory";
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(_absent) => good(
            name,
            format!("{shown} is not there yet; the first start makes it"),
        ),
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => doubtful(
            name,
            format!("other users can look into {shown}"),
            format!("chmod 700 {shown}"),
        ),
        Ok(_) => good(name, format!("{shown} is closed to other users")),
    }
}

fn key_file(config: &ServeConfig) -> Check {
    let name = "key ring";
    if let Some(text) = &config.environment.encryption_key {
        return match KeyRing::from_env_text(text.expose()) {
            Ok(_ring) => good(name, "TENON_ENCRYPTION_KEY is a key ring"),
            Err(error) => refused(name, &StartError::KeyText(error)),
        };
    }
    let path = config.key_file();
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    match KeyRing::load(&path) {
        Ok(_ring) => good(
            name,
            format!("{} is a key ring, for its owner alone", path.display()),
        ),
        Err(KeyError::Io { source, .. }) if missing(&source) && !config.database().exists() => {
            good(name, "there is none yet; the first start makes it")
        }
        Err(KeyError::Io { source, .. }) if missing(&source) => {
            refused(name, &StartError::KeyMissing { path })
        }
        Err(error) => refused(name, &error.into()),
    }
}

fn space(path: &Path) -> Check {
    let name = "disk space";
    let place = if path.exists() { path } else { Path::new(".") };
    match rustix::fs::statvfs(place) {
        Err(error) => doubtful(
            name,
            format!("cannot be told: {error}"),
            "look at it with df",
        ),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
            let message = format!("{free} MiB are free");
            if free < LITTLE_SPACE_MIB {
                doubtful(
                    name,
                    message,
                    "make room: without it no execution can begin",
                )
            } else {
                good(name, message)
            }
        }
    }
}

fn clock() -> Check {
    let (name, now) = ("clock", SystemClock.now());
    let shown = now.to_iso();
    if now.0 < EARLIEST_MS {
        broken(
            name,
            format!("it says {shown}"),
            "set it: tokens and records carry its times",
        )
    } else {
        good(name, format!("it says {shown}"))
    }
}

fn connectors(config: &ServeConfig) -> Check {
    let name = "connectors";
    let (registry, unreadable) = Catalogue::new(config.connectors.clone()).examine();
    let snapshot = registry.snapshot();
    let wrong = unreadable.iter().chain(snapshot.problems());
    let wrong: Vec<String> = wrong
        .flat_map(|(slug, problems)| problems.iter().map(move |one| format!("{slug}/{one}")))
        .collect();
    match wrong.as_slice() {
        [] => good(name, format!("{} compile", snapshot.connectors().count())),
        wrong => broken(
            name,
            wrong.join("; "),
            "tenon connector lint DIR explains each",
        ),
    }
}

/// Opens it as a start would, or asks the server that has it.
async fn database(config: &ServeConfig) -> Check {
    let name = "database";
    if !config.database().exists() {
        return good(name, "there is none yet; the first start makes it");
    }
    match bootstrap::open(config).await {
        Ok(installation) => {
            installation.close().await;
            good(name, "opens with this key ring; no server runs")
        }
        Err(error) if error.is_in_use() => server(config).await,
        Err(error) => refused(name, &error),
    }
}

async fn server(config: &ServeConfig) -> Check {
    let name = "server";
    let asked = async {
        let (client, _first_start) = ManagementClient::open(config).await?;
        client.call(Call::new(Method::Get, ["readyz"])).await
    };
    match asked.await {
        Ok((200, _)) => good(name, "runs and is ready"),
        Ok((status, _)) => broken(
            name,
            format!("runs and answers {status}"),
            "its log says why",
        ),
        Err(error) => {
            let remedy = error.hint().unwrap_or_else(|| "start it again".to_owned());
            broken(name, error.to_string(), remedy)
        }
    }
}

fn good(name: &'static str, message: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Good,
        message: message.into(),
        remedy: None,
    }
}

fn doubtful(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Check {
    let remedy = Some(remedy.into());
    Check {
        name,
        state: State::Doubtful,
        message: message.into(),
        remedy,
    }
}

fn broken(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check {
        state: State::Broken,
        ..doubtful(name, message, remedy)
    }
}

fn refused(name: &'static str, error: &StartError) -> Check {
    Check {
        remedy: error.hint(),
        ..broken(name, error.to_string(), "")
    }
}
