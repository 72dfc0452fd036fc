//! Files that are kept for a while, in a folder: the content, and beside it the label, which is written last and removed first, so
//! that a file with a label is whole. Several processes may share the folder.

use std::fs::{self, DirBuilder, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tenon_engine::files::{Draft, Reader, Shelf};
use tokio::io::AsyncWriteExt as _;

/// What nobody has written to for so long was left behind by a process that died.
const ABANDONED: Duration = Duration::from_secs(3600);

const DRAFT: &str = "part";
const CONTENT: &str = "sealed";
const LABEL: &str = "json";

/// A folder that is made when it is first needed.
pub struct FileFolder(Arc<Place>);

struct Place {
    path: PathBuf,
    /// How many bytes may lie here, and do as far as this process knows.
    room: u64,
    used: AtomicU64,
}

impl FileFolder {
    /// The folder at this path, in which so many bytes have room.
    pub fn new(path: PathBuf, room: u64) -> Self {
        Self(Arc::new(Place {
            path,
            room,
            used: AtomicU64::new(0),
        }))
    }

    /// Does something with the folder on a thread that may wait for the disk.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&place)).await;
        done.map_err(io::Error::other)?
    }
}

#[async_trait]
impl Shelf for FileFolder {
    async fn begin(&self, name: &str) -> io::Result<Box<dyn Draft>> {
        let path = self.0.file(name, DRAFT);
        let opened = self.on_a_thread(move |place| place.create(&path)).await?;
        Ok(Box::new(Drafted {
            place: Arc::clone(&self.0),
            name: name.to_owned(),
            file: tokio::fs::File::from_std(opened),
            written: 0,
            finished: false,
        }))
    }

    async fn label(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.0.file(name, LABEL);
        self.on_a_thread(move |_| found(fs::read(path))).await
    }

    async fn labels(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        self.on_a_thread(Place::labels).await
    }

    async fn read(&self, name: &str, alone: bool) -> io::Result<Reader> {
        let path = self.0.file(name, CONTENT);
        let opened = self.on_a_thread(move |_| {
            let file = fs::File::open(path)?;
            if alone {
                // It ends with the file's handle, also where the process dies.
                file.try_lock().map_err(|error| match error {
                    TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
                    TryLockError::Error(error) => error,
                })?;
            }
            Ok(file)
        });
        Ok(Box::pin(tokio::fs::File::from_std(opened.await?)))
    }

    async fn remove(&self, name: &str) -> io::Result<()> {
        let (label, content) = (self.0.file(name, LABEL), self.0.file(name, CONTENT));
        self.on_a_thread(move |place| {
            found(fs::remove_file(label))?;
            let length = fs::metadata(&content).map_or(0, |about| about.len());
            if found(fs::remove_file(content))?.is_some() {
                place.give_back(length);
            }
            Ok(())
        })
        .await
    }

    async fn tidy(&self) -> io::Result<()> {
        self.on_a_thread(Place::tidy).await
    }
}

impl Place {
    fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{name}.{extension}"))
    }

    fn create(&self, path: &Path) -> io::Result<fs::File> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)?;
        private(path)
    }

    fn take(&self, length: u64) -> io::Result<()> {
        let used = self.used.fetch_add(length, Ordering::Relaxed);
        if used.saturating_add(length) > self.room {
            self.give_back(length);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }

    fn give_back(&self, length: u64) {
        let less = |used: u64| Some(used.saturating_sub(length));
        let _always_some = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn entries(&self) -> io::Result<Vec<(PathBuf, Metadata)>> {
        let Some(entries) = found(fs::read_dir(&self.path))? else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            // What is gone by now is no longer of interest.
            if let Some(about) = found(entry.metadata())? {
                all.push((entry.path(), about));
            }
        }
        Ok(all)
    }

    fn labels(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut labels = Vec::new();
        for (path, _) in self.entries()? {
            if !is(&path, LABEL) {
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str());
            if let (Some(name), Some(label)) = (name, found(fs::read(&path))?) {
                labels.push((name.to_owned(), label));
            }
        }
        Ok(labels)
    }

    /// Removes what was abandoned, and counts what lies here, also of other processes.
    fn tidy(&self) -> io::Result<()> {
        let mut used = 0_u64;
        for (path, about) in self.entries()? {
            let still = about.modified()?.elapsed().unwrap_or_default() > ABANDONED;
            let unlabelled = is(&path, CONTENT) && !path.with_extension(LABEL).exists();
            if still && (is(&path, DRAFT) || unlabelled) {
                found(fs::remove_file(&path))?;
            } else {
                used = used.saturating_add(about.len());
            }
        }
        self.used.store(used, Ordering::Relaxed);
        Ok(())
    }
}

/// A file that is being written.
struct Drafted {
    place: Arc<Place>,
    name: String,
    file: tokio::fs::File,
    written: u64,
    finished: bool,
}

#[async_trait]
impl Draft for Drafted {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        self.place.take(length)?;
        self.written = self.written.saturating_add(length);
        self.file.write_all(bytes).await
    }

    async fn finish(mut self: Box<Self>, label: &[u8]) -> io::Result<()> {
        self.file.flush().await?;
        let (place, name, label) = (Arc::clone(&self.place), self.name.clone(), label.to_owned());
        let placed = tokio::task::spawn_blocking(move || {
            use std::io::Write as _;
            fs::rename(place.file(&name, DRAFT), place.file(&name, CONTENT))?;
            let draft = place.file(&format!("{name}-label"), DRAFT);
            private(&draft)?.write_all(&label)?;
            fs::rename(draft, place.file(&name, LABEL))
        });
        placed.await.map_err(io::Error::other)??;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Drafted {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        for extension in [DRAFT, CONTENT] {
            let removed = found(fs::remove_file(self.place.file(&self.name, extension)));
            if let Err(error) = removed {
                tracing::warn!(%error, "a file that was not finished could not be removed");
            }
        }
        self.place.give_back(self.written);
    }
}

fn private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Nothing where there is nothing.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    fn folder(room: u64) -> (tempfile::TempDir, FileFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = FileFolder::new(parent.path().join("files"), room);
        (parent, folder)
    }

    async fn keep(folder: &FileFolder, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut draft = folder.begin(name).await?;
        draft.write(bytes).await?;
        draft.finish(b"label").await
    }

    fn lying(parent: &tempfile::TempDir) -> usize {
        fs::read_dir(parent.path().join("files")).unwrap().count()
    }

    #[tokio::test]
    async fn a_file_is_there_once_it_is_finished_and_until_it_is_removed() {
        let (parent, folder) = folder(1000);
        assert!(folder.labels().await.unwrap().is_empty());
        let mut draft = folder.begin("file_1").await.unwrap();
        draft.write(b"one").await.unwrap();
        assert_eq!(folder.label("file_1").await.unwrap(), None);
        draft.finish(b"label").await.unwrap();
        let mut content = String::new();
        let mut reader = folder.read("file_1", false).await.unwrap();
        reader.read_to_string(&mut content).await.unwrap();
        assert_eq!(content, "one");
        let labels = folder.labels().await.unwrap();
        assert_eq!(labels, [("file_1".to_owned(), b"label".to_vec())]);
        folder.remove("file_1").await.unwrap();
        folder.remove("file_1").await.unwrap();
        assert_eq!(lying(&parent), 0);
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_end_leaves_nothing_and_no_room_is_lost() {
        let (parent, folder) = folder(10);
        for _ in 0..3 {
            let mut draft = folder.begin("file_1").await.unwrap();
            draft.write(b"12345678").await.unwrap();
        }
        assert_eq!(lying(&parent), 0);
        keep(&folder, "file_1", b"12345678").await.unwrap();
        let full = keep(&folder, "file_2", b"123").await.unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::QuotaExceeded);
        folder.remove("file_1").await.unwrap();
        keep(&folder, "file_2", b"123").await.unwrap();
    }

    #[tokio::test]
    async fn one_reads_alone_until_he_is_done() {
        let (_parent, folder) = folder(10);
        keep(&folder, "file_1", b"one").await.unwrap();
        let first = folder.read("file_1", true).await.unwrap();
        let second = folder.read("file_1", true).await.map(drop).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        assert!(folder.read("file_1", true).await.is_ok());
    }

    #[tokio::test]
    async fn what_a_dead_process_left_is_removed_and_what_is_new_is_counted() {
        let (parent, folder) = folder(1000);
        keep(&folder, "file_1", b"one").await.unwrap();
        let made = fs::metadata(parent.path()).unwrap().modified().unwrap();
        let old = made - 2 * ABANDONED;
        for name in ["file_2.part", "file_3.sealed"] {
            let path = parent.path().join("files").join(name);
            private(&path).unwrap().set_modified(old).unwrap();
        }
        folder.tidy().await.unwrap();
        assert_eq!(lying(&parent), 2);
        assert_eq!(folder.0.used.load(Ordering::Relaxed), 8);
    }
}
