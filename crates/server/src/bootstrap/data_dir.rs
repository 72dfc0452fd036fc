//! The data directory and the small files in it: for the owner alone, and whole or not there.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::StartError;

/// Makes the directory where there is none, and takes from others the right to look into it.
pub(crate) fn prepare(path: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    let private = made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)));
    private.map_err(|source| StartError::DataDir {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file that only the owner may read, in the place of whatever was there.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), StartError> {
    replace(path, text).map_err(|source| StartError::Write {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    // What a crash left there has perhaps other rights.
    let _nothing_there = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
