//! A copy of the database while it is in use.

use std::path::Path;

use super::open_error::OpenError;
use super::{connect, file};
use crate::fault::Fault;

/// Writes a consistent copy of the database at `from` into the new file `to`, which is private and
/// on disk when this returns. Nobody waits for it but the log, which is not shortened meanwhile.
pub(super) fn write(from: &Path, to: &Path) -> Result<(), Fault> {
    let copy = file::create_private(to).map_err(Fault::Copy)?;
    let written = copy_into(from, to).and_then(|()| copy.sync_all().map_err(Fault::Copy));
    if written.is_err() {
        // Half a copy is of no use to anybody, and the reason is told.
        let _ = std::fs::remove_file(to);
    }
    written
}

fn copy_into(from: &Path, to: &Path) -> Result<(), Fault> {
    let connection = connect::for_writing(from).map_err(unopened)?;
    let name = to.to_str().ok_or_else(|| {
        Fault::Copy(std::io::Error::new(
            std::io::ErrorKind::InvalidFilename,
            "the copy's path is not UTF-8",
        ))
    })?;
    connection.execute("VACUUM INTO ?", [name])?;
    Ok(())
}

fn unopened(error: OpenError) -> Fault {
    Fault::Copy(std::io::Error::other(error))
}
