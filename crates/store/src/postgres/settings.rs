//! `DATABASE_URL`: where the database is, and how much of the way to it is protected.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::PostgresError;

/// How long until a connection counts as failed. Shorter than anybody waits for a connection.
const CONNECT_LIMIT: Duration = Duration::from_millis(1_500);

/// What every session is told. A commit is on disk when it is acknowledged; no statement holds
/// anything up for long, whatever becomes of the process that sent it.
const SESSION: &str = "-c synchronous_commit=on -c statement_timeout=10s -c lock_timeout=1500 \
    -c idle_in_transaction_session_timeout=10s";

/// How far TLS is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Whatever certificate the server shows: nobody listens, but somebody may pretend.
    Anybody,
    /// A certificate for this host that leads to these roots, or to the public ones.
    Verified(Option<PathBuf>),
}

/// What the address says.
pub(super) struct Settings {
    /// For the driver.
    pub(super) config: Config,
    /// For TLS.
    pub(super) trust: Trust,
}

impl Settings {
    /// Reads an address. `sslmode` means what it means to `psql`, but for `verify-ca`, which
    /// checks the host as well; `require` with `sslrootcert` is `verify-full`.
    pub(super) fn parse(address: &str) -> Result<Self, PostgresError> {
        let (base, query) = address.split_once('?').unwrap_or((address, ""));
        let (mut mode, mut roots, mut rest) = (SslMode::Prefer, None, Vec::new());
        let mut verified = false;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", word)) => (mode, verified) = ssl_mode(word)?,
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                    roots = Some(PathBuf::from(path));
                }
                _ => rest.push(pair),
            }
        }
        let text = format!("{base}?{}", rest.join("&"));
        let config = text.parse::<Config>();
        let mut config = config.map_err(|error| PostgresError::Address(error.into()))?;
        prepare(&mut config, mode);
        let verified = verified || (mode == SslMode::Require && roots.is_some());
        let trust = if verified {
            Trust::Verified(roots)
        } else {
            Trust::Anybody
        };
        Ok(Self { config, trust })
    }
}

fn ssl_mode(word: &str) -> Result<(SslMode, bool), PostgresError> {
    match word {
        "disable" => Ok((SslMode::Disable, false)),
        "allow" | "prefer" => Ok((SslMode::Prefer, false)),
        "require" => Ok((SslMode::Require, false)),
        "verify-ca" | "verify-full" => Ok((SslMode::Require, true)),
        other => Err(PostgresError::Parameter {
            name: "sslmode",
            value: other.to_owned(),
            wanted: "it is one of disable, prefer, require, verify-full",
        }),
    }
}

fn prepare(config: &mut Config, mode: SslMode) {
    let given = config.get_options().unwrap_or_default();
    let options = format!("{SESSION} {given}");
    config.options(options).ssl_mode(mode);
    if config.get_application_name().is_none() {
        config.application_name("tenon");
    }
    let limit = config
        .get_connect_timeout()
        .map_or(CONNECT_LIMIT, |given| CONNECT_LIMIT.min(*given));
    config
        .connect_timeout(limit)
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives_idle(Duration::from_secs(30));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "postgres://tenon:secret@db.example.com:5433/tenon";

    fn parse(query: &str) -> Settings {
        Settings::parse(&format!("{HOST}?{query}")).unwrap()
    }

    #[test]
    fn tls_is_as_strict_as_the_address_says() {
        let cases = [
            ("", SslMode::Prefer, Trust::Anybody),
            ("sslmode=disable", SslMode::Disable, Trust::Anybody),
            ("sslmode=require", SslMode::Require, Trust::Anybody),
            (
                "sslmode=verify-full",
                SslMode::Require,
                Trust::Verified(None),
            ),
            (
                "sslmode=require&sslrootcert=%2Fetc%2Fca.pem",
                SslMode::Require,
                Trust::Verified(Some("/etc/ca.pem".into())),
            ),
        ];
        for (query, mode, trust) in cases {
            let settings = parse(query);
            assert_eq!(settings.config.get_ssl_mode(), mode, "{query}");
            assert_eq!(settings.trust, trust, "{query}");
        }
    }

    #[test]
    fn every_commit_waits_for_the_disk_whatever_else_the_address_asks_for() {
        let options = parse("options=-csearch_path%3Dtenon").config;
        let options = options.get_options().unwrap();
        assert!(options.contains("synchronous_commit=on"), "{options}");
        assert!(options.ends_with("-csearch_path=tenon"), "{options}");
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_without_being_shown() {
        for address in [
            "postgres://tenon:secret@host:port/x",
            &format!("{HOST}?sslmode=secret"),
        ] {
            let error = Settings::parse(address).map(drop).unwrap_err();
            assert!(error.to_string().contains("DATABASE_URL"), "{error}");
            assert!(!error.to_string().contains("tenon:secret"), "{error}");
        }
    }
}
