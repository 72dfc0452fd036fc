//! Sealed tokens that the store could not write, as files in the data directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use tenon_engine::oauth::Spill;

/// A folder that is made when it is first needed.
pub(super) struct SpillFolder(PathBuf);

impl SpillFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.json"))
    }
}

impl Spill for SpillFolder {
    fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        let unfinished = self.file(name).with_extension("part");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.file(name))?;
        File::open(&self.0)?.sync_all()
    }

    fn all(&self) -> io::Result<Vec<Vec<u8>>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                all.push(fs::read(path)?);
            }
        }
        Ok(all)
    }

    fn forget(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.file(name)) {
            tracing::warn!(%error, "a file of spilled tokens could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let parent = tempfile::tempdir().unwrap();
        let folder = SpillFolder::new(parent.path().join("spill"));
        assert!(folder.all().unwrap().is_empty());
        folder.keep("conn_1", b"one").unwrap();
        folder.keep("conn_1", b"two").unwrap();
        assert_eq!(folder.all().unwrap(), [b"two".to_vec()]);
        folder.forget("conn_1");
        assert!(folder.all().unwrap().is_empty());
    }
}
