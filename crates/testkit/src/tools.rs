//! Software by others that tests run against. `cargo xtask test` installs it and says where it is.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Answer, Http, Process};

const START_LIMIT: Duration = Duration::from_secs(60);

/// The folder of vendors' descriptions.
///
/// # Panics
/// Where the environment does not say: these tests are run by `cargo xtask test`.
pub fn specs() -> PathBuf {
    variable("TENON_SPECS")
}

pub(crate) fn variable(name: &str) -> PathBuf {
    std::env::var_os(name)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{name} is not set; run `cargo xtask test`"))
}

/// A port that nobody listens on.
///
/// # Panics
/// Where there is none.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Prism serving a description: it judges every request by it.
pub struct Prism {
    _process: Process,
    /// Where it listens.
    pub base: String,
}

impl Prism {
    /// Serves a description.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn serve(description: &Path) -> Self {
        Self::serve_on(free_port(), description)
    }

    /// The same on a port that was told to somebody before.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn serve_on(port: u16, description: &Path) -> Self {
        let mut command = Command::new(variable("TENON_PRISM"));
        command
            .args([
                "mock",
                "--errors",
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
            ])
            .arg(description);
        let mut process = Process::start(&mut command);
        process.wait_for("Prism does not come up", START_LIMIT, |output| {
            output.contains("is listening").then_some(())
        });
        Self {
            _process: process,
            base: format!("http://127.0.0.1:{port}"),
        }
    }
}

/// A Matrix homeserver with one user, `bot`.
pub struct Synapse {
    _process: Process,
    _folder: tempfile::TempDir,
    /// Where it listens.
    pub base: String,
    http: Http,
}

impl Synapse {
    /// Starts a homeserver that takes `burst` messages at once and then one every `1 / per_second` seconds.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start(per_second: f64, burst: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let config = configure(folder.path(), port, per_second, burst);
        let mut server = python(folder.path());
        server
            .args(["-m", "synapse.app.homeserver", "-c"])
            .arg(&config);
        let mut process = Process::start(&mut server);
        let ready = |_: &str| {
            TcpListener::bind(("127.0.0.1", port))
                .is_err()
                .then_some(())
        };
        process.wait_for("Synapse does not come up", START_LIMIT, ready);
        let base = format!("http://127.0.0.1:{port}");
        register(folder.path(), &config, &base);
        Self {
            _process: process,
            _folder: folder,
            http: Http::new(base.clone()),
            base,
        }
    }

    /// Logs the bot in and returns its access token.
    ///
    /// # Panics
    /// Where the homeserver refuses.
    pub async fn log_in(&self) -> String {
        let identifier = json!({"type": "m.id.user", "user": "bot"});
        let body =
            json!({"type": "m.login.password", "identifier": identifier, "password": "secret"});
        let answer = self
            .http
            .send("POST", "/_matrix/client/v3/login", &[], Some(&body))
            .await;
        answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer:?}"))
            .to_owned()
    }

    /// Makes an access token worthless.
    pub async fn log_out(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.http
            .send(
                "POST",
                "/_matrix/client/v3/logout",
                &[("authorization", &bearer)],
                Some(&json!({})),
            )
            .await
    }
}

fn python(folder: &Path) -> Command {
    let mut command = Command::new(variable("TENON_PYTHON"));
    command.current_dir(folder);
    command
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn configure(folder: &Path, port: u16, per_second: f64, burst: u32) -> PathBuf {
    let config = folder.join("homeserver.yaml");
    let mut generate = python(folder);
    generate.args([
        "-m",
        "synapse.app.homeserver",
        "--server-name",
        "localhost",
        "--generate-config",
        "--report-stats=no",
    ]);
    run(generate.arg("--config-path").arg(&config));
    let text = std::fs::read_to_string(&config).expect("a generated configuration");
    let text = text.replace("port: 8008", &format!("port: {port}"));
    // No key server outside of this machine.
    let kept: String = text
        .lines()
        .filter(|line| !line.contains("matrix.org") && !line.starts_with("trusted_key_servers"))
        .map(|line| format!("{line}\n"))
        .collect();
    let more = format!(
        "trusted_key_servers: []\nsuppress_key_server_warning: true\nrc_message: {{per_second: {per_second}, burst_count: {burst}}}\n"
    );
    std::fs::write(&config, kept + &more).expect("the folder can be written");
    config
}

fn register(folder: &Path, config: &Path, base: &str) {
    let python = variable("TENON_PYTHON");
    let mut command = Command::new(python.with_file_name("register_new_matrix_user"));
    command
        .current_dir(folder)
        .args(["-u", "bot", "-p", "secret", "--no-admin", "-c"])
        .arg(config)
        .arg(base);
    run(&mut command);
}

/// Any JSON text of a file.
///
/// # Panics
/// Where it is none.
pub fn json_file(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
