//! Why a database file was not opened, and how to mend it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a database file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns the file.
    #[error(
        "{path} is in use by another process, which holds the lock on {lock}; stop that process, \
         or give this one a data directory of its own"
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// The lock file. It stays when nobody holds it: removing it mends nothing.
        lock: PathBuf,
    },
    /// The file can be neither made nor written.
    #[error(
        "{path} cannot be opened for writing; check that its directory exists, that this user may \
         write to both, and that the disk is not full"
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is something else, or broken.
    #[error(
        "{path} is not a SQLite database, or it is damaged; restore it from a backup, or move it \
         away to begin with an empty one"
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Pages or indexes of the file do not fit together.
    #[error("{path} is damaged: {problems}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite's check says.
        problems: String,
    },
    /// The file is a SQLite database of another program.
    #[error("{path} is a database of another program; choose another path")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program has changed the schema.
    #[error(
        "{path} has schema version {found}, and this program knows versions up to {known}; run \
         the newer version of the program, or restore a backup that was made before it ran"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file was built by a migration that differs from this program's.
    #[error(
        "{path} was built by another text of migration {number} than this program's, as happens \
         with a version that was never released; move it away to begin with an empty one"
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The migration.
        number: i64,
    },
    /// A migration failed; the file is as it was.
    #[error("{path} could not be brought to schema version {number}; it is as it was before")]
    Migration {
        /// The file.
        path: PathBuf,
        /// The migration.
        number: i64,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file system cannot hold a write-ahead log.
    #[error(
        "{path} cannot use a write-ahead log (SQLite chose the mode {mode}); put it on a local \
         disk instead of a network file system"
    )]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The mode that SQLite uses instead.
        mode: String,
    },
    /// The system gave no thread.
    #[error("no thread could be started; raise the limit of processes for this user")]
    NoThread(#[source] std::io::Error),
    /// Anything else.
    #[error("{path} could not be opened")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Finds the case that an error of SQLite belongs to.
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::NotADatabase { path, source }
            }
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DiskFull,
            ) => Self::NotWritable {
                path,
                source: Box::new(source),
            },
            _ => Self::Sqlite { path, source },
        }
    }

    /// The file can be neither made nor written, says the system.
    pub(super) fn from_io(path: &Path, source: std::io::Error) -> Self {
        Self::NotWritable {
            path: path.to_owned(),
            source: Box::new(source),
        }
    }
}
