//! `tenon backup` and `tenon restore`: copies of the database, made while it is in use and put back where there is none.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tenon_connector::Method;
use tenon_server::maintenance;

use crate::arguments::Global;
use crate::failure::{Failure, Outcome};
use crate::management::{ask, call};
use crate::screen;

/// Which copy.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// The copy's file
    file: PathBuf,
}

/// Makes a copy through the running server, or in this process where none runs.
pub(crate) async fn back_up(global: &Global, args: CopyArgs) -> Outcome {
    let CopyArgs { file } = args;
    if file.exists() {
        return Err(Failure::usage(format!(
            "{} exists already; a copy never replaces a file",
            file.display()
        )));
    }
    let made = ask(global, call(Method::Post, &["backups"])).await?;
    let name = made.get("file").and_then(Value::as_str).unwrap_or_default();
    let copy = global.config().data_dir.join(name);
    move_to(&copy, &file).map_err(|error| {
        let (copy, file) = (copy.display(), file.display());
        Failure::new(format!(
            "the copy {copy} cannot be moved to {file}: {error}"
        ))
    })?;
    let shown = file.display();
    let answer = json!({"file": shown.to_string(), "bytes": made.get("bytes")});
    let said =
        format!("copied to {shown}; it opens with the key ring only, so keep that elsewhere");
    screen::done(global, &answer, &said)
}

/// Moves a file to where none is yet, to another disk too.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to)?,
        linked => linked?,
    }
    fs::remove_file(from)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    let mut options = OpenOptions::new();
    let mut target = options.write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Puts a copy back.
pub(crate) async fn restore(global: &Global, args: CopyArgs) -> Outcome {
    let config = global.config();
    let schema = Box::pin(maintenance::restore(&config, &args.file)).await?;
    let database = config.database();
    let shown = database.display().to_string();
    let answer = json!({"file": shown, "schema": schema.found});
    let said = format!(
        "restored to {shown}: whole, schema {}, and the key ring opens it",
        schema.found
    );
    screen::done(global, &answer, &said)
}

/// Whether to look only.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Only look, and exit with 1 if there is something to do
    #[arg(long)]
    check: bool,
}

/// Brings the database to this program's schema.
pub(crate) async fn migrate(global: &Global, args: &MigrateArgs) -> Outcome {
    let migration = Box::pin(maintenance::migrate(&global.config(), args.check)).await?;
    let (from, to) = (migration.from, migration.to);
    let behind = from < to;
    let answer = json!({"from": from, "to": to, "changed": behind && !args.check});
    let said = match (behind, args.check) {
        (false, _) => format!("the schema is at {to}, as this program wants it"),
        (true, true) => format!("the schema is at {from}, and this program wants {to}"),
        (true, false) => format!("brought the schema from {from} to {to}"),
    };
    screen::done(global, &answer, &said)?;
    Ok(match behind && args.check {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}
