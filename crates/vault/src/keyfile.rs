//! The key file: made once, readable by its owner alone, and changed by a rotation only.
//!
//! It appears whole or not at all, and a first key never over a file that is already there: losing a key loses every
//! secret that it sealed. Processes that share the file change it one after the other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::digest::{hex, random_bytes};
use crate::{KeyError, KeyRing};

/// A key ring's text is some hundred bytes; anything much longer is another file.
const LIMIT_BYTES: u64 = 64 * 1024;

/// Whether the key file was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made just now: the operator should be told to keep a copy of it.
    Now,
    /// It was there.
    Before,
}

/// A key file that a rotation may change.
#[derive(Debug, Clone)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// The file at `path`, which is not touched yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Reads it.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load(&self) -> Result<KeyRing, KeyError> {
        KeyRing::load(&self.0)
    }

    /// Begins a rotation: adds a new primary key. Where there are older keys still, a rotation has begun already and
    /// nothing is added.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn add_primary(&self) -> Result<KeyRing, KeyError> {
        self.change(|ring| match ring.ids().len() {
            1 => ring.with_new_primary(),
            _ => ring,
        })
    }

    /// Ends a rotation: drops every key but the primary, if that is still the one with this id.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn drop_older(&self, primary: &str) -> Result<KeyRing, KeyError> {
        self.change(|ring| match ring.primary_id() == primary {
            true => ring.without_older(),
            false => ring,
        })
    }

    fn change(&self, change: impl FnOnce(KeyRing) -> KeyRing) -> Result<KeyRing, KeyError> {
        let lock = self.0.with_extension("lock");
        let mut options = OpenOptions::new();
        let lock = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(lock);
        let lock = lock.map_err(failed("lock", &self.0))?;
        lock.lock().map_err(failed("lock", &self.0))?;
        let changed = change(self.load()?);
        replace(&self.0, changed.to_text().as_bytes()).map_err(failed("replace", &self.0))?;
        Ok(changed)
    }
}

impl KeyRing {
    /// Reads the key file at `path`.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(failed("read", path))?;
        let metadata = file.metadata().map_err(failed("read", path))?;
        // The open file is asked, not its path: nobody can put another file there in between.
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
            });
        }
        let mut text = Zeroizing::new(String::with_capacity(LIMIT_BYTES as usize));
        file.take(LIMIT_BYTES)
            .read_to_string(&mut text)
            .map_err(failed("read", path))?;
        Self::parse(&text).map_err(|source| KeyError::InFile {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Reads the key file at `path`, or makes one with a new key where there is none.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load_or_create(path: &Path) -> Result<(Self, Created), KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded.map(|ring| (ring, Created::Before)),
        }
        let ring = Self::generate();
        match place(path, ring.to_text().as_bytes()) {
            Ok(()) => Ok((ring, Created::Now)),
            // Another process was quicker: its key is the one that counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::load(path).map(|ring| (ring, Created::Before))
            }
            Err(error) => Err(failed("make", path)(error)),
        }
    }
}

/// Writes the whole file beside `path` and then links it there, which fails where something is already.
fn place(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", hex(&random_bytes::<8>())));
    let placed = write_private(&beside, text).and_then(|()| fs::hard_link(&beside, path));
    fs::remove_file(&beside).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    placed?;
    sync_directory_of(path)
}

/// Writes the whole file beside `path` and puts it in the place of what is there.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", hex(&random_bytes::<8>())));
    let replaced = write_private(&beside, text).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _never_there = fs::remove_file(&beside);
    }
    replaced?;
    sync_directory_of(path)
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Makes the name itself survive a power cut.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |source| KeyError::Io {
        attempt,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let (made, created) = KeyRing::load_or_create(&path).unwrap();
        assert_eq!(created, Created::Now);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let (loaded, created) = KeyRing::load_or_create(&path).unwrap();
        assert_eq!(
            (loaded.primary_id(), created),
            (made.primary_id(), Created::Before)
        );
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_the_remedy_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        KeyRing::load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = KeyRing::load(&path).unwrap_err().to_string();
        assert!(
            error.contains(&format!("chmod 600 {}", path.display())),
            "{error}"
        );
    }

    #[test]
    fn a_file_without_a_key_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        write_private(&path, b"# nothing\n").unwrap();
        let error = KeyRing::load_or_create(&path).unwrap_err();
        assert!(
            matches!(&error, KeyError::InFile { source, .. } if matches!(**source, KeyError::Empty)),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"# nothing\n");
    }

    #[test]
    fn a_rotation_adds_one_key_and_drops_the_older_ones_however_often_it_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tenon.key");
        let (old, _) = KeyRing::load_or_create(&path).unwrap();
        let file = KeyFile::new(path.clone());
        let begun = file.add_primary().unwrap();
        let again = file.add_primary().unwrap();
        let ids = KeyRing::ids;
        assert_eq!(ids(&begun), ids(&again));
        assert_eq!(ids(&begun), [old.primary_id(), begun.primary_id()]);
        let kept = file.drop_older(old.primary_id()).unwrap();
        assert_eq!(ids(&kept), ids(&begun), "another primary drops nothing");
        let ended = file.drop_older(begun.primary_id()).unwrap();
        assert_eq!(ids(&ended), [begun.primary_id()]);
        assert_eq!(ids(&file.load().unwrap()), ids(&ended));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let names = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(names, 2, "the file and its lock");
    }

    #[test]
    fn many_at_once_agree_on_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let ids: Vec<String> = std::thread::scope(|scope| {
            let start = || {
                KeyRing::load_or_create(&path)
                    .unwrap()
                    .0
                    .primary_id()
                    .to_owned()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}
