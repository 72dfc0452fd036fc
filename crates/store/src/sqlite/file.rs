//! The database file as a file: private to its user, owned by one process.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::open_error::OpenError;

/// Makes the database file if there is none, and takes from others the right to read it.
///
/// SQLite gives its log and its index the rights of the database, so this covers them too.
pub(super) fn prepare(path: &Path) -> Result<(), OpenError> {
    open_private(path)
        .map(drop)
        .map_err(|source| OpenError::from_io(path, source))
}

/// Locks `<database>.lock` for this process. The lock ends with the returned file, and with the
/// process however it ends.
///
/// It is a file of its own, because SQLite takes and drops locks on the database itself.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let lock = lock_path(path);
    let file = open_private(&lock).map_err(|source| OpenError::from_io(&lock, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
            path: path.to_owned(),
            lock,
        }),
        Err(TryLockError::Error(source)) => Err(OpenError::from_io(&lock, source)),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}

/// Makes a new file that only its owner can read.
pub(super) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE);
    options.open(path)
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(PRIVATE);
    let file = options.open(path)?;
    // The mode above counts for new files only.
    file.set_permissions(Permissions::from_mode(PRIVATE))?;
    Ok(file)
}

/// Readable and writable by the owner, by nobody else.
const PRIVATE: u32 = 0o600;
