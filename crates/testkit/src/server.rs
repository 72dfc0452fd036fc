//! The real `tenon serve` on a data directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::canary::{assert_clean, assert_folder_clean};
use crate::{Answer, Http, Process};

/// How a server is started.
#[derive(Default, Clone)]
pub struct Options {
    /// The operator's folder of connectors.
    pub connectors: Option<PathBuf>,
    /// Open the loopback network to connectors, for counterparts that a test plays.
    pub allow_loopback: bool,
    /// Further networks that are opened to connectors.
    pub open: Vec<String>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// A certificate to trust besides those that browsers trust.
    pub authority: Option<PathBuf>,
    /// The folder in which its data directory is made; the system's for temporary files where nobody says.
    pub disk: Option<PathBuf>,
}

/// A running server.
pub struct Server {
    binary: PathBuf,
    data: tempfile::TempDir,
    options: Options,
    process: Process,
    said: String,
    /// The client that talks to it.
    pub http: Http,
}

impl Server {
    /// Starts the program on a new data directory.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start(binary: &str, options: Options) -> Self {
        let data = match &options.disk {
            Some(disk) => tempfile::tempdir_in(disk),
            None => tempfile::tempdir(),
        };
        let data = data.expect("a temporary folder");
        let (process, base) = spawn(Path::new(binary), data.path(), &options);
        Self {
            binary: binary.into(),
            data,
            options,
            process,
            said: String::new(),
            http: Http::new(base),
        }
    }

    /// Kills it as `kill -9` does and starts it again on the same directory.
    pub fn restart(&mut self) {
        self.process.kill();
        self.said.push_str(&self.process.output());
        let (process, base) = spawn(&self.binary, self.data.path(), &self.options);
        self.process = process;
        self.http = Http::new(base);
    }

    /// Takes a variable out of the environment that it is started with next.
    pub fn forget_environment(&mut self, variable: &str) {
        let environment = &mut self.options.environment;
        environment.retain(|(name, _)| name != variable);
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to end, as an orchestrator does, and waits until it has.
    ///
    /// # Panics
    /// Where it does not end well, or not in time.
    pub fn stop(&mut self, limit: Duration) {
        let id = self.id().to_string();
        let asked = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(asked.expect("kill starts").success());
        assert!(self.process.wait_for_end(limit), "{}", self.output());
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// What it said so far, in all its lives.
    pub fn said(&self) -> String {
        [self.said.as_str(), &self.process.output()].concat()
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it said since it was started last.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Lets [`Self::peak_memory`] count from now on. Where the kernel refuses that, it goes on counting from the start.
    pub fn forget_peak(&self) {
        let _refused = std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5");
    }

    /// The most memory that it ever held, in KiB.
    ///
    /// # Panics
    /// Where the kernel does not say.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let words = line.and_then(|line| line.split_whitespace().next());
        let number = words.and_then(|word| word.parse().ok());
        number.unwrap_or_else(|| panic!("no peak in {status}"))
    }

    /// The admin key of its first start.
    ///
    /// # Panics
    /// Where there is none.
    pub fn admin_key(&self) -> String {
        let mut given = self.options.environment.iter();
        if let Some((_, key)) = given.find(|(name, _)| name == "TENON_ADMIN_KEY") {
            return key.clone();
        }
        std::fs::read_to_string(self.data.path().join("admin.key"))
            .expect("an admin key")
            .trim()
            .to_owned()
    }

    /// Runs the command line against its data directory.
    ///
    /// # Panics
    /// Where the command cannot be started.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .envs(self.options.environment.clone())
            .env("TENON_DATA_DIR", self.data.path())
            .env("NO_COLOR", "1");
        let output = command.output().expect("the program starts");
        assert_clean("the command line's output", &output.stdout);
        assert_clean("the command line's errors", &output.stderr);
        output
    }

    /// Runs a command that must succeed and print JSON.
    ///
    /// # Panics
    /// Where it does not.
    pub fn cli_json(&self, arguments: &[&str]) -> Value {
        let output = self.cli(arguments);
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
    }

    /// Makes an account with a connection whose credential is `fields`, and an API key for it.
    ///
    /// # Panics
    /// Where a command fails.
    pub fn connect(&self, slug: &str, account: &str, more: &[&str]) -> Caller {
        self.connect_in(&[], slug, account, more)
    }

    /// The same in a world of `flags`, such as `["--organization", ID]`.
    ///
    /// # Panics
    /// Where a command fails.
    pub fn connect_in(&self, world: &[&str], slug: &str, account: &str, more: &[&str]) -> Caller {
        let run = |command: &[&str]| self.cli_json(&[command, world, &["--json"]].concat());
        run(&["linked-account", "create", account]);
        let create = ["connection", "create", slug, "--account", account];
        run(&[&create[..], more].concat());
        let key = run(&["api-key", "create", "test"]);
        let key = key["api_key"].as_str().expect("the key is shown once");
        self.caller(key, account)
    }

    /// Somebody with this key and account.
    pub fn caller(&self, key: &str, account: &str) -> Caller {
        Caller {
            http: self.http.clone(),
            key: key.to_owned(),
            account: account.to_owned(),
        }
    }

    /// Ends it and searches everything that it said, answered and kept for canaries.
    ///
    /// # Panics
    /// Where one shows.
    pub async fn finish(mut self) {
        let metrics = self.http.send("GET", "/metrics", &[], None).await;
        assert_clean("the metrics", metrics.body.to_string().as_bytes());
        self.process.kill();
        self.said.push_str(&self.process.output());
        assert_clean("the logs", self.said.as_bytes());
        assert_clean("the answers", &self.http.heard());
        assert_folder_clean(self.data.path());
    }
}

/// Somebody with an API key and an account.
#[derive(Clone)]
pub struct Caller {
    http: Http,
    /// The key.
    pub key: String,
    /// The account.
    pub account: String,
}

impl Caller {
    /// The same caller after the server came back at another address.
    #[must_use]
    pub fn at(&self, http: &Http) -> Self {
        Self {
            http: http.clone(),
            ..self.clone()
        }
    }

    /// The address of the server that it calls.
    pub fn base(&self) -> &str {
        self.http.base()
    }

    /// The client alone, for calls with other credentials.
    pub fn without_key(&self) -> &Http {
        &self.http
    }

    /// Any call with the caller's key and account.
    ///
    /// # Errors
    /// Where no whole answer came.
    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let mut headers = vec![
            ("x-api-key", self.key.as_str()),
            ("linked_account_id", self.account.as_str()),
        ];
        headers.extend_from_slice(more);
        self.http.try_send(method, path, &headers, body).await
    }

    /// Executes an action.
    ///
    /// # Panics
    /// Where no answer comes.
    pub async fn execute(
        &self,
        slug: &str,
        action: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        self.try_execute(slug, action, more, body)
            .await
            .unwrap_or_else(|error| panic!("{slug}.{action}: {error}"))
    }

    /// Executes an action of a server that may be gone.
    ///
    /// # Errors
    /// Where no whole answer came.
    pub async fn try_execute(
        &self,
        slug: &str,
        action: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, String> {
        // `action` may bring a query: `create_contact?dry_run=true`.
        let (action, query) = action.split_once('?').unwrap_or((action, ""));
        let path = format!("/api/v2/integration-schema/{slug}/actions/{action}/execute?{query}");
        self.try_call("POST", &path, more, Some(body)).await
    }

    /// Every execution of the account that the journal shows.
    ///
    /// # Panics
    /// Where the list cannot be had.
    pub async fn journal(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for page in 1.. {
            let path = format!("/api/v2/public/action-execution?limit=100&page={page}");
            let list = self
                .try_call("GET", &path, &[], None)
                .await
                .expect("a running server")
                .body;
            rows.extend(
                list["docs"]
                    .as_array()
                    .unwrap_or_else(|| panic!("{list}"))
                    .iter()
                    .cloned(),
            );
            if list["hasNextPage"] != true {
                break;
            }
        }
        rows
    }
}

fn spawn(binary: &Path, data: &Path, options: &Options) -> (Process, String) {
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env("TENON_LOG", "trace");
    if let Some(folder) = &options.connectors {
        command.arg("--connectors").arg(folder);
    }
    let mut open = options.open.clone();
    open.extend(options.allow_loopback.then(|| "127.0.0.0/8".to_owned()));
    if !open.is_empty() {
        command
            .arg("--dangerously-allow-private-networks")
            .arg(open.join(","));
    }
    command.envs(options.environment.iter().cloned());
    if let Some(file) = &options.authority {
        command.arg("--extra-ca-file").arg(file);
    }
    let mut process = Process::start(&mut command);
    let base = process.wait_for(
        "the server does not come up",
        Duration::from_secs(30),
        address,
    );
    (process, base)
}

/// The address in `… http://127.0.0.1:PORT …` of the line that says where the server listens.
fn address(output: &str) -> Option<String> {
    let line = output
        .lines()
        .find(|line| line.contains("listening") && line.contains("http://"))?;
    let from = line.split_once("http://")?.1;
    let address: String = from
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
        .collect();
    (output.ends_with('\n') || output.contains(&format!("{address}\n")))
        .then(|| format!("http://{address}"))
}
