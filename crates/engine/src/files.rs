//! Files on their way: uploaded for a request, or kept from an answer, for a while and for one account.
//!
//! A file is sealed as it comes in and opened as it goes out, so that none is ever whole in memory or readable on disk. Only its
//! own account can send it to an application; whoever has its link can download it once.

mod label;
mod sealed;
mod shelf;

use std::collections::HashMap;
use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use tenon_connector::{KeptFile, StoredFile, disposition};
use tenon_egress::{Contents, Sink, StoredContent};
use tenon_vault::digest::{equal, hex};

use self::label::Owner;
use self::sealed::Writing;
use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{AccountId, FileId, Tenant};

pub use self::label::File;
pub use self::shelf::{Draft, Reader, Shelf};

/// The media type of a file that nobody said one of.
const UNTYPED: &str = "application/octet-stream";

/// Where files are, and what the operator decided about them.
pub struct Files {
    /// The place.
    pub shelf: Box<dyn Shelf>,
    /// How long a file may be.
    pub most_bytes: u64,
    /// How long it is there, in milliseconds.
    pub life_ms: i64,
    /// What links begin with: the public address.
    pub public_url: String,
}

/// What a caller says of a file.
#[derive(Debug, Default)]
pub struct Said {
    /// Its name.
    pub filename: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
}

/// A file on its way to whoever has its link.
pub struct Download {
    /// The file.
    pub file: File,
    /// Its content. With the last piece the file is gone.
    pub content: BoxStream<'static, io::Result<Bytes>>,
}

impl Engine {
    /// Keeps a file for its account, as it comes in.
    ///
    /// # Errors
    /// [`Code::FileTooLarge`], [`Code::FilesFull`], and [`Code::BadRequest`] where it did not come whole.
    pub async fn upload<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        caller: &AccountCaller,
        said: Said,
        mut body: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    ) -> Outcomes<File> {
        let owner = Owner::new(caller.tenant(), &caller.account().account_id);
        let mut receiving = self.receiving(owner);
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| {
                Error::new(Code::BadRequest, "The file did not come whole").because(error)
            })?;
            receiving
                .write(&bytes)
                .await
                .map_err(|error| self.unkept(error))?;
        }
        let filename = said.filename.as_deref().unwrap_or("file");
        let about = (disposition::safe(filename), said.content_type);
        let kept = receiving.finish(about).await;
        let file = kept.map_err(|error| self.unkept(error))?;
        let (tenant, account) = (caller.tenant(), &caller.account().account_id);
        if let Err(erased) = self.existing_account(tenant, account).await {
            self.discard(&file.id).await;
            return Err(erased);
        }
        Ok(file)
    }

    /// What is known of an account's files, by their ids.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] where one is not there, or not this account's.
    pub(crate) async fn known_files(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        ids: Vec<String>,
    ) -> Outcomes<HashMap<String, StoredFile>> {
        let mut known = HashMap::new();
        for id in ids {
            let file = self.own_file(tenant, account, &id).await?;
            known.insert(id, file.about);
        }
        Ok(known)
    }

    /// The contents of an account's files, to be sent once.
    ///
    /// # Errors
    /// As [`Self::known_files`].
    pub(crate) async fn open_files(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        ids: Vec<String>,
    ) -> Outcomes<Contents> {
        let mut contents = Contents::new();
        for id in ids {
            let file = self.own_file(tenant, account, &id).await?;
            let (length, bytes) = (file.about.size, self.content(&file, false).await?);
            contents.insert(id, StoredContent { length, bytes });
        }
        Ok(contents)
    }

    async fn own_file(&self, tenant: &Tenant, account: &AccountId, id: &str) -> Outcomes<File> {
        let found = self.find(id).await?;
        let own = Owner::new(tenant, account);
        found
            .filter(|file| file.owner == own)
            .ok_or_else(|| not_there(id))
    }

    /// The file that a link leads to, for this one download.
    ///
    /// # Errors
    /// [`Code::FileNotFound`] for a link that is used, over or made up, and [`Code::FileInUse`].
    pub async fn download(&self, link: &str) -> Outcomes<Download> {
        let gone = || Error::of(Code::FileNotFound);
        let (id, proof) = link.rsplit_once('-').ok_or_else(gone)?;
        let id = FileId::parse(id).ok_or_else(gone)?;
        if !equal(self.proof(&id).as_bytes(), proof.as_bytes()) {
            return Err(gone());
        }
        let file = self.find(id.as_str()).await?.ok_or_else(gone)?;
        let content = self.content(&file, true).await?;
        // Between the look and the reading another download may have come to its end.
        let file = self.find(id.as_str()).await?.ok_or_else(gone)?;
        if file.about.size == 0 {
            self.discard(&id).await;
        }
        let (me, left) = (self.me.clone(), file.about.size);
        let content = content.scan((left, false), move |(left, over), piece| {
            let (me, id) = (me.clone(), id.clone());
            *left = left.saturating_sub(piece.as_ref().map_or(0, |bytes| bytes.len() as u64));
            let (ended, before) = (piece.is_err() || *left == 0, *over);
            *over = ended;
            async move {
                if let (true, Ok(_), Some(engine)) = (ended, &piece, me.upgrade()) {
                    engine.discard(&id).await;
                }
                (!before).then_some(piece)
            }
        });
        Ok(Download {
            file,
            content: content.boxed(),
        })
    }

    /// Removes an account's files.
    pub(crate) async fn remove_files(&self, tenant: &Tenant, account: &AccountId) -> Outcomes<()> {
        let own = Owner::new(tenant, account);
        self.remove_where(|owner, _| owner == &own).await.map(drop)
    }

    /// Removes the files whose life is over, and what dead processes left half written; says how many there were.
    ///
    /// # Errors
    /// Where the place cannot be read.
    pub async fn sweep_files(&self) -> Outcomes<u64> {
        let Some(files) = &self.files else {
            return Ok(0);
        };
        files.shelf.tidy().await.map_err(Error::internal)?;
        let now = self.clock.now();
        self.remove_where(|_, end| end <= now).await
    }

    async fn remove_where(
        &self,
        meant: impl Fn(&Owner, crate::model::Millis) -> bool,
    ) -> Outcomes<u64> {
        let Some(files) = &self.files else {
            return Ok(0);
        };
        let mut removed = 0;
        for (name, label) in files.shelf.labels().await.map_err(Error::internal)? {
            let known = label::owner_and_end(&label);
            // What cannot be read at all is of no use to anybody.
            if known.is_none_or(|(owner, end)| meant(&owner, end)) {
                files.shelf.remove(&name).await.map_err(Error::internal)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn discard(&self, id: &FileId) {
        let Some(files) = &self.files else { return };
        if let Err(error) = files.shelf.remove(id.as_str()).await {
            tracing::warn!(file = %id, %error, "a file that was downloaded could not be removed");
        }
    }

    /// A file whose life is not over.
    async fn find(&self, id: &str) -> Outcomes<Option<File>> {
        let (Some(files), Some(id)) = (&self.files, FileId::parse(id)) else {
            return Ok(None);
        };
        let label = files.shelf.label(id.as_str()).await;
        let label = label.map_err(Error::internal)?;
        let file = label.and_then(|label| File::read(&id, &label, self.keys.instance()));
        Ok(file.filter(|file| file.expires_at > self.clock.now()))
    }

    async fn content(
        &self,
        file: &File,
        alone: bool,
    ) -> Outcomes<BoxStream<'static, io::Result<Bytes>>> {
        let files = self.files.as_ref().ok_or_else(no_place)?;
        let read = files.shelf.read(file.id.as_str(), alone).await;
        let reader = read.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => not_there(file.id.as_str()),
            io::ErrorKind::WouldBlock => Error::of(Code::FileInUse).after(1000),
            _ => Error::internal(error),
        })?;
        let purpose = file.owner.purpose(&file.id, "content");
        let seal = self.keys.instance().chunks(&purpose);
        Ok(sealed::content(reader, seal, file.about.size))
    }

    /// A file of this account that an answer may become. It costs nothing until something is written.
    pub(crate) fn receiving_for(&self, tenant: &Tenant, account: &AccountId) -> Receiving<'_> {
        self.receiving(Owner::new(tenant, account))
    }

    fn receiving(&self, owner: Owner) -> Receiving<'_> {
        Receiving {
            engine: self,
            owner,
            id: FileId::generate(),
            writing: None,
        }
    }

    /// How long a file may be that is kept; nothing where none is.
    pub(crate) fn most_file_bytes(&self) -> Option<u64> {
        self.files.as_ref().map(|files| files.most_bytes)
    }

    /// The file with the link that downloads it.
    pub(crate) fn with_link(&self, file: File) -> KeptFile {
        let base = self.files.as_ref().map_or("", |files| &files.public_url);
        let base = base.trim_end_matches('/');
        let link = format!("{base}/api/v2/files/{}-{}", file.id, self.proof(&file.id));
        file.linked(link)
    }

    /// What nobody can say of a file whom its link was not given.
    fn proof(&self, id: &FileId) -> String {
        hex(&self
            .keys
            .instance()
            .mac("file-link", id.as_str().as_bytes()))
    }

    fn unkept(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::FileTooLarge => {
                let most = self.most_file_bytes().unwrap_or_default();
                let message = format!("A file may have {most} bytes here, and this one has more");
                Error::new(Code::FileTooLarge, message)
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::of(Code::FilesFull).because(error)
            }
            io::ErrorKind::Unsupported => no_place(),
            _ => Error::internal(error),
        }
    }
}

fn not_there(id: &str) -> Error {
    let message = format!(
        "There is no file `{id}` of this account: it was never there, was downloaded, or its life is over"
    );
    Error::new(Code::FileNotFound, message)
}

fn no_place() -> Error {
    Error::new(Code::FilesFull, "This installation keeps no files")
}

/// A file that is coming in. It is begun with the first bytes, and gone if it is not finished.
pub(crate) struct Receiving<'a> {
    engine: &'a Engine,
    owner: Owner,
    id: FileId,
    writing: Option<Writing>,
}

impl Receiving<'_> {
    /// Whether anything came.
    pub(crate) fn has_begun(&self) -> bool {
        self.writing.is_some()
    }

    async fn begin(&mut self) -> io::Result<Writing> {
        let files = self
            .engine
            .files
            .as_ref()
            .ok_or(io::ErrorKind::Unsupported)?;
        let draft = files.shelf.begin(self.id.as_str()).await?;
        let purpose = self.owner.purpose(&self.id, "content");
        let seal = self.engine.keys.instance().chunks(&purpose);
        Ok(Writing::new(draft, seal, files.most_bytes))
    }

    /// Puts the file in its place, under this name and media type.
    pub(crate) async fn finish(
        mut self,
        (filename, content_type): (String, Option<String>),
    ) -> io::Result<File> {
        let writing = match self.writing.take() {
            Some(writing) => writing,
            None => self.begin().await?,
        };
        let files = self
            .engine
            .files
            .as_ref()
            .ok_or(io::ErrorKind::Unsupported)?;
        let file = File {
            about: StoredFile {
                filename,
                content_type: content_type.unwrap_or_else(|| UNTYPED.to_owned()),
                size: writing.size(),
            },
            expires_at: self.engine.clock.now().plus(files.life_ms),
            owner: self.owner,
            id: self.id,
        };
        let label = file.write(self.engine.keys.instance());
        writing.finish(&label).await?;
        Ok(file)
    }
}

#[async_trait]
impl Sink for Receiving<'_> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut writing = match self.writing.take() {
            Some(writing) => writing,
            None => self.begin().await?,
        };
        writing.write(bytes).await?;
        self.writing = Some(writing);
        Ok(())
    }
}
