//! `tenon serve`: the gateway.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tenon_server::bootstrap;
use tenon_server::config::{Caps, Connections, FileLimits, Rate, ServeConfig};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::{management, screen};

/// What is decided about serving.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        env = "TENON_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub(crate) listen: SocketAddr,
    /// What links and callbacks begin with, such as https://tenon.example.com
    #[arg(long, env = "TENON_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The status of an execution's answer, where a caller does not say: 200, or the application's own
    #[arg(long, env = "TENON_EXECUTE_STATUS", value_enum, default_value_t = ExecuteStatus::Ok)]
    execute_status: ExecuteStatus,
    #[command(flatten)]
    caps: CapsArgs,
    #[command(flatten)]
    rate: RateArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    connections: ConnectionArgs,
}

/// How files are kept that are uploaded, or that answers become.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
struct FileArgs {
    /// Where they lie, sealed; replicas may share one folder [default: files in the data directory]
    #[arg(long, env = "TENON_FILES_DIR", value_name = "FOLDER")]
    files_dir: Option<PathBuf>,
    /// How long one may be
    #[arg(long, env = "TENON_MAX_FILE_BYTES", value_name = "BYTES", default_value_t = FileLimits::default().most_bytes)]
    max_file_bytes: u64,
    /// How much room all of them have
    #[arg(long, env = "TENON_FILES_ROOM_BYTES", value_name = "BYTES", default_value_t = FileLimits::default().room_bytes)]
    files_room_bytes: u64,
    /// How long one is kept
    #[arg(long, env = "TENON_FILE_LIFE", value_name = "SECONDS", default_value_t = FileLimits::default().life.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    file_life: u64,
}

impl FileArgs {
    fn limits(&self) -> FileLimits {
        FileLimits {
            folder: self.files_dir.clone(),
            most_bytes: self.max_file_bytes,
            room_bytes: self.files_room_bytes,
            life: Duration::from_secs(self.file_life),
        }
    }
}

/// How often one linked account may call.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct RateArgs {
    /// Calls of one linked account in a second, minute or hour, such as 20/s; over all replicas [default: any number]
    #[arg(long, env = "TENON_RATE_LIMIT", value_name = "N/s|m|h", value_parser = calls_in)]
    rate_limit: Option<(u32, u32)>,
    /// How many of them may come at once [default: as many as fit in the time]
    #[arg(long, env = "TENON_RATE_BURST", value_name = "N", requires = "rate_limit", value_parser = clap::value_parser!(u32).range(1..))]
    rate_burst: Option<u32>,
}

impl RateArgs {
    fn rate(&self) -> Option<Rate> {
        self.rate_limit.map(|(calls, per_ms)| Rate {
            calls,
            per_ms,
            burst: self.rate_burst.unwrap_or(calls),
        })
    }
}

/// Reads `20/s`: so many calls in so many milliseconds.
fn calls_in(text: &str) -> Result<(u32, u32), &'static str> {
    let wrong = "a rate is a number, `/` and s, m or h, such as 20/s";
    let (calls, unit) = text.split_once('/').ok_or(wrong)?;
    let per_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong),
    };
    match calls.parse() {
        Ok(calls) if calls > 0 => Ok((calls, per_ms)),
        _ => Err(wrong),
    }
}

/// How many executions may run at once; as many may wait for a place.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct CapsArgs {
    /// Executions that run at once
    #[arg(long, env = "TENON_MAX_IN_FLIGHT", value_name = "N", default_value_t = Caps::default().process)]
    max_in_flight: usize,
    /// Executions that run at once at one host of an application
    #[arg(long, env = "TENON_MAX_IN_FLIGHT_PER_HOST", value_name = "N", default_value_t = Caps::default().host)]
    max_in_flight_per_host: usize,
    /// Executions that run at once with one connection
    #[arg(long, env = "TENON_MAX_IN_FLIGHT_PER_CONNECTION", value_name = "N", default_value_t = Caps::default().connection)]
    max_in_flight_per_connection: usize,
    /// How much of the first two one environment may take, in percent
    #[arg(long, env = "TENON_TENANT_SHARE", value_name = "PERCENT", default_value_t = Caps::default().tenant_percent, value_parser = clap::value_parser!(u8).range(1..=100))]
    tenant_share: u8,
    /// After how many failures in a row a host is given up for some seconds; 0: never
    #[arg(long, env = "TENON_BREAKER_FAILURES", value_name = "N", default_value_t = Caps::default().breaker_failures)]
    breaker_failures: u32,
}

impl CapsArgs {
    fn caps(&self) -> Caps {
        Caps {
            process: self.max_in_flight.max(1),
            host: self.max_in_flight_per_host.max(1),
            connection: self.max_in_flight_per_connection.max(1),
            tenant_percent: self.tenant_share,
            breaker_failures: self.breaker_failures,
        }
    }
}

/// What clients may take of the listener.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct ConnectionArgs {
    /// Connections that are held at once
    #[arg(long, env = "TENON_MAX_CONNECTIONS", value_name = "N", default_value_t = Connections::default().most)]
    max_connections: usize,
    /// Connections from one address; behind a proxy, all are [default: as many as there may be]
    #[arg(long, env = "TENON_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N")]
    max_connections_per_address: Option<usize>,
    /// How long a request's head may take, and how long an unused connection is kept
    #[arg(long, env = "TENON_HEAD_TIMEOUT", value_name = "SECONDS", default_value_t = Connections::default().head.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    head_timeout: u64,
    /// How long a request's body may pause, and an answer stay unread
    #[arg(long, env = "TENON_BODY_TIMEOUT", value_name = "SECONDS", default_value_t = Connections::default().stall.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    body_timeout: u64,
}

impl ConnectionArgs {
    fn connections(&self) -> Connections {
        let most = self.max_connections.max(1);
        Connections {
            most,
            most_per_address: self.max_connections_per_address.unwrap_or(most).max(1),
            head: Duration::from_secs(self.head_timeout),
            stall: Duration::from_secs(self.body_timeout),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExecuteStatus {
    /// 200 whatever the application answers.
    Ok,
    /// The application's 4xx, and 502 for its 5xx.
    Mirror,
}

impl ServeArgs {
    /// The configuration of a process that listens.
    pub(crate) fn config(&self, global: &Global) -> ServeConfig {
        ServeConfig {
            listen: self.listen,
            public_url: self.public_url.clone(),
            caps: self.caps.caps(),
            rate: self.rate.rate(),
            files: self.files.limits(),
            connections: self.connections.connections(),
            mirror_status: self.execute_status == ExecuteStatus::Mirror,
            ..global.config()
        }
    }
}

/// Serves until it is told to stop.
pub(crate) async fn run(global: Global, args: ServeArgs) -> Outcome {
    let mut stop = Stop::listen()?;
    let running = bootstrap::start(&args.config(&global)).await?;
    management::tell(&running.installation.first_start);
    screen::print(&format!("listening on http://{}", running.address))?;
    stop.asked().await;
    stop.end_at_once_when_asked_again();
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// The signals that ask the process to end.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Takes the signals over from now on.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until the process is asked to end.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Whoever asks a second time does not want to wait for what has begun.
    pub(crate) fn end_at_once_when_asked_again(mut self) {
        screen::note("ending; what has begun is finished first (ask again to end at once)");
        tokio::spawn(async move {
            self.asked().await;
            std::process::exit(1);
        });
    }
}
