//! Secrets that the environment brings, taken out of it.
//!
//! The kernel shows a process's first environment as long as the process lives, and nothing that the process does to its
//! variables changes that. So the program starts itself anew without them (`exec`: the process stays the same), and hands
//! them over in memory that only an open file names and that is emptied as soon as it is read.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, memfd_create};
use tenon_server::client::Secret;
use tenon_server::config::Environment;

/// Names the open file, for the new start.
const HANDED_OVER: &str = "TENON_SECRETS_FD";

/// How the system shows the memory that is handed over.
const OURS: &str = "/memfd:tenon";

static TAKEN: OnceLock<Vec<(String, Secret)>> = OnceLock::new();

/// Takes the secrets over. Does not return where the environment shows some: the program starts anew then.
pub(crate) fn take_over() {
    if let Err(error) = receive().and_then(|()| start_without()) {
        // Without /proc, for example. The program works as well; its environment shows what it was given.
        crate::screen::note(&format!(
            "the secrets of the environment stay visible there to this user: {error}"
        ));
    }
}

/// A variable, from where it was taken to.
pub(crate) fn variable(name: &str) -> Option<Secret> {
    let taken = TAKEN.get().into_iter().flatten();
    let mut taken = taken.filter(|(taken, _)| taken == name);
    let visible = || std::env::var(name).ok().map(Secret::new);
    taken
        .next()
        .map(|(_, secret)| secret.clone())
        .or_else(visible)
}

/// Hands the secrets to a new start of the program.
fn start_without() -> io::Result<()> {
    let visible = |name: &&str| std::env::var(name).is_ok_and(|text| !text.is_empty());
    let names: Vec<_> = Environment::SECRETS.into_iter().filter(visible).collect();
    if names.is_empty() {
        return Ok(());
    }
    // Not closed by `exec`, on purpose.
    let mut memory = File::from(memfd_create("tenon", MemfdFlags::empty())?);
    for name in &names {
        let value = std::env::var(name).unwrap_or_default();
        writeln!(memory, "{name}={}", value.replace('\n', ";"))?;
    }
    let mut arguments = std::env::args_os();
    let mut again = Command::new("/proc/self/exe");
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again
        .args(arguments)
        .env(HANDED_OVER, memory.as_raw_fd().to_string());
    for name in names {
        again.env_remove(name);
    }
    Err(again.exec())
}

/// Takes what the start before handed over.
fn receive() -> io::Result<()> {
    let Some(number) = std::env::var(HANDED_OVER)
        .ok()
        .and_then(|text| text.parse::<u32>().ok())
    else {
        return Ok(());
    };
    let path = format!("/proc/self/fd/{number}");
    // Another file of that number is somebody else's, and is not to be emptied.
    if !std::fs::read_link(&path)?
        .to_string_lossy()
        .starts_with(OURS)
    {
        return Ok(());
    }
    let mut memory = File::options().read(true).write(true).open(path)?;
    let mut text = String::new();
    memory.read_to_string(&mut text)?;
    memory.set_len(0)?;
    let text = Secret::new(text);
    let pairs = text
        .expose()
        .lines()
        .filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), Secret::new(value)));
    let _taken_before = TAKEN.set(pairs.collect());
    Ok(())
}
