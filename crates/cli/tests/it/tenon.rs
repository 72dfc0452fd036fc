//! Runs the program once and keeps what it said.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The program under test.
pub(crate) const TENON: &str = env!("CARGO_BIN_EXE_tenon");

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    /// The one JSON document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command on a data directory, ready to be changed.
pub(crate) fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(TENON);
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .stdin(Stdio::null());
    command
}

/// Runs a command on a data directory.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Said {
    said(&mut command(data, arguments))
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        out: text(&output.stdout),
        err: text(&output.stderr),
        code: output.status.code(),
    }
}
