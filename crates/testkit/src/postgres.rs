//! A real PostgreSQL on the loopback address: a cluster for a test process, and a fresh database for every test.
//!
//! It writes to the disk as it does for anybody (`fsync` is on), and can be stopped, killed and started again. It dies
//! with the process that started it.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, mpsc};
use std::time::Duration;

use crate::Process;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A cluster and its server.
pub struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    user: Option<User>,
    port: u16,
    process: Mutex<Option<Process>>,
    databases: AtomicU32,
}

/// Whom the server runs as: it refuses to run as root.
struct User {
    id: u32,
    group: u32,
}

impl Postgres {
    /// Makes a cluster and starts its server.
    ///
    /// # Panics
    /// Where there is no PostgreSQL on this machine (`apt-get install postgresql`), or it does not come up.
    pub fn start() -> Self {
        let server = Self {
            programs: programs(),
            folder: folder(),
            user: unprivileged(),
            port: crate::tools::free_port(),
            process: Mutex::new(None),
            databases: AtomicU32::new(0),
        };
        server.initialize();
        server.restart();
        server
    }

    /// The server of this test process, for tests that do not stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test{number}");
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs SQL in the database at an address of [`Postgres::database`], and returns what it selects: a line for each row.
    ///
    /// # Panics
    /// Where it fails.
    pub fn run(&self, address: &str, sql: &str) -> Vec<String> {
        let name = address.rsplit('/').next().expect("an address has a name");
        self.sql(name, sql)
    }

    fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
        ])
        .args([
            "-U",
            "postgres",
            "-p",
            &self.port.to_string(),
            "-d",
            database,
            "-c",
            sql,
        ]);
        let output = psql.output().expect("psql starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {error}");
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(str::to_owned).collect()
    }

    /// Kills the server as `kill -9` does; what its sessions were doing ends with it.
    pub fn kill(&self) {
        if let Some(mut process) = self.process().take() {
            process.kill();
        }
    }

    /// Stops the server at once, as `pg_ctl stop -m immediate` does: no session ends as it should.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn stop_at_once(&self) {
        signal("QUIT", [self.id().to_string().as_str()]);
        if let Some(mut process) = self.process().take() {
            process.wait_for_end(START_LIMIT);
        }
    }

    /// Sends a signal to the server and all its sessions: `STOP` makes them hang, `CONT` goes on.
    ///
    /// # Panics
    /// Where there is no server.
    pub fn signal_sessions(&self, name: &str) {
        let id = self.id().to_string();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("it runs");
        signal(name, children.split_whitespace().chain([id.as_str()]));
    }

    fn id(&self) -> u32 {
        self.process().as_ref().map(Process::id).expect("it runs")
    }

    /// Starts the server again. When this returns, it takes connections.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn restart(&self) {
        self.kill();
        for _ in 0..200 {
            let mut process = self.spawn();
            let said = process.wait_for("PostgreSQL does not come up", START_LIMIT, |output| {
                // The sessions of a killed server take a moment to notice, and hold its memory.
                let held = output.contains("is still in use") || output.contains("lock file");
                let ready = output.contains("ready to accept connections");
                (ready || held).then_some(ready)
            });
            if said {
                *self.process() = Some(process);
                return;
            }
            process.kill();
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("PostgreSQL does not come up: the sessions of its last life do not end");
    }

    fn process(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process
            .lock()
            .expect("no test panicked while it held this")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn initialize(&self) {
        let data = self.data();
        std::fs::create_dir(&data).expect("the folder can be written");
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.folder.path(), open).expect("the folder is ours");
        if let Some(user) = &self.user {
            chown(&data, Some(user.id), Some(user.group)).expect("root may give a folder away");
        }
        let mut initdb = self.command("initdb");
        initdb
            .args([
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ])
            .args(["--no-sync", "-D"])
            .arg(&data);
        let output = initdb.output().expect("initdb starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
    }

    fn spawn(&self) -> Process {
        let mut server = self.command("postgres");
        server
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()]);
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=32MB",
            "fsync=on",
        ];
        for setting in settings {
            server.args(["-c", setting]);
        }
        // The kernel ends the server when the thread that started it ends, so that one never does.
        let (started, starts) = mpsc::channel();
        std::thread::spawn(move || {
            let _nobody_waits = started.send(Process::start(&mut server));
            loop {
                std::thread::park();
            }
        });
        starts.recv().expect("PostgreSQL can be started")
    }

    /// A program of PostgreSQL, as the right user, that dies with this process.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).current_dir("/");
        if let Some(User { id, group }) = &self.user {
            command.args(["--reuid", &id.to_string(), "--regid", &group.to_string()]);
            command.arg("--clear-groups");
        }
        command.arg(self.programs.join(program));
        command
    }
}

fn signal<'a>(name: &str, processes: impl IntoIterator<Item = &'a str>) {
    let mut kill = Command::new("kill");
    // A session may end while the signal is on its way.
    let sent = kill.args(["-s", name]).args(processes).output();
    sent.expect("kill starts");
}

/// What the folder's name begins with; the id of this process follows.
const PREFIX: &str = "tenon-postgres-";

/// A folder for a cluster. Those of processes that are gone are removed: a cluster for all tests of a process is never
/// dropped.
fn folder() -> tempfile::TempDir {
    let entries = std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if owner.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _another_test_was_quicker = std::fs::remove_dir_all(entry.path());
        }
    }
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let made = tempfile::Builder::new().prefix(&prefix).tempdir();
    made.expect("a temporary folder")
}

/// The folder of the newest PostgreSQL on this machine.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut installed: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .collect();
    installed.sort();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let newest = installed.into_iter().map(|(_, path)| path).rev();
    newest
        .chain(std::env::split_paths(&on_path))
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .expect("PostgreSQL is installed: apt-get install postgresql")
}

/// Somebody else, where we are root.
fn unprivileged() -> Option<User> {
    let own = std::fs::metadata("/proc/self").expect("/proc is there");
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        return None;
    }
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).expect("there are users");
    let find = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some(User {
            id: fields.get(2)?.parse().ok()?,
            group: fields.get(3)?.parse().ok()?,
        })
    };
    Some(
        find("postgres")
            .or_else(|| find("nobody"))
            .expect("nobody is somebody"),
    )
}
