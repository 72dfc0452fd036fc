//! Where files lie: named bytes with a label beside each, that the engine seals before they come here.

use std::io;
use std::pin::Pin;

use async_trait::async_trait;
use tokio::io::AsyncRead;

/// The bytes of a file, from its start.
pub type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// A place for files. Names are letters, digits and `_`.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// Begins a file under a name that nothing has yet. It is not there before it is finished.
    ///
    /// # Errors
    /// Where the disk cannot be written.
    async fn begin(&self, name: &str) -> io::Result<Box<dyn Draft>>;

    /// What is said of a file; nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    async fn label(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// The labels of all files, by their names.
    ///
    /// # Errors
    /// Where they cannot be read.
    async fn labels(&self) -> io::Result<Vec<(String, Vec<u8>)>>;

    /// A file's bytes. `alone`: as long as they are read, nobody else in any process reads them alone.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], and [`io::ErrorKind::WouldBlock`] where somebody else reads them alone.
    async fn read(&self, name: &str, alone: bool) -> io::Result<Reader>;

    /// Removes a file; that it is gone already is no error.
    ///
    /// # Errors
    /// Where it cannot be removed.
    async fn remove(&self, name: &str) -> io::Result<()>;

    /// Removes what was begun long ago and never finished: by a process that died.
    ///
    /// # Errors
    /// Where the place cannot be read.
    async fn tidy(&self) -> io::Result<()>;
}

/// A file that is being written. Dropped before it is finished, it leaves nothing.
#[async_trait]
pub trait Draft: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::QuotaExceeded`] where the place holds no more; whatever the disk says.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Puts the file in its place, with what is said of it.
    ///
    /// # Errors
    /// Where the disk cannot be written.
    async fn finish(self: Box<Self>, label: &[u8]) -> io::Result<()>;
}
