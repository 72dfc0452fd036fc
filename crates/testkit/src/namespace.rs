//! A test inside a network of its own, in which every address there is leads to the test itself.
//!
//! The test runs a second time, in its own network and mount namespaces (`unshare`, for which one has to be root or
//! allowed to be in a user namespace). There the loopback device owns the whole of IPv4 and IPv6, so that a listener
//! on the wildcard address sees every connection that anything makes, to whatever address.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set where the test runs for the second time.
const INSIDE: &str = "TENON_TEST_NAMESPACE";

/// The network that the test is in.
pub struct Namespace {
    files: tempfile::TempDir,
}

impl Namespace {
    /// The network, where the test is in it already; else runs the test `name` (with its module: `egress::f1_…`) in
    /// one, and gives nothing when it went well.
    ///
    /// # Panics
    /// Where the test fails in there, and where this machine lets nobody make namespaces: that is not a pass.
    pub fn enter(name: &str) -> Option<Self> {
        if std::env::var_os(INSIDE).is_some() {
            return Some(Self::set_up());
        }
        let mut command = Command::new("unshare");
        if Command::new("unshare")
            .args(["--net", "--mount", "true"])
            .status()
            .is_ok_and(|status| !status.success())
        {
            command.arg("--map-root-user");
        }
        let own = std::env::current_exe().expect("the path of this test");
        command.args(["--net", "--mount"]).arg(own);
        command
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(INSIDE, "1");
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{name} in its own network (this needs `unshare --net --mount` or user namespaces):\n{said}"
        );
        None
    }

    fn set_up() -> Self {
        for route in [
            "link set lo up",
            "route add local 0.0.0.0/0 dev lo",
            "-6 route add local ::/0 dev lo",
        ] {
            run(Command::new("ip").args(route.split(' ')));
        }
        Self {
            files: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Puts another text in the place of a file of the machine, for this network alone.
    ///
    /// # Panics
    /// Where it cannot be mounted.
    pub fn replace(&self, file: &str, text: &str) {
        let path: PathBuf = self.files.path().join(file.replace('/', "_"));
        std::fs::write(&path, text).expect("a temporary file");
        run(Command::new("mount")
            .arg("--bind")
            .arg(&path)
            .arg(Path::new(file)));
    }
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
