//! Files sealed as they are written and opened as they are read, chunk by chunk: no more than one chunk is in memory.

use std::io;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, try_unfold};
use tenon_vault::SealError;
use tenon_vault::stream::{CHUNK_BYTES, CHUNK_OVERHEAD, ChunkSeal};
use tokio::io::AsyncReadExt as _;

use super::shelf::{Draft, Reader};

/// A file that is being written.
pub(super) struct Writing {
    draft: Box<dyn Draft>,
    seal: ChunkSeal,
    chunk: Vec<u8>,
    size: u64,
    most: u64,
}

impl Writing {
    pub(super) fn new(draft: Box<dyn Draft>, seal: ChunkSeal, most: u64) -> Self {
        Self {
            draft,
            seal,
            chunk: Vec::with_capacity(CHUNK_BYTES + CHUNK_OVERHEAD),
            size: 0,
            most,
        }
    }

    /// How many bytes came.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes. A full chunk is written when more comes: the last one is sealed as such.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK_BYTES {
                self.put(false).await?;
            }
            let room = CHUNK_BYTES.saturating_sub(self.chunk.len());
            let (taken, rest) = bytes.split_at(room.min(bytes.len()));
            self.chunk.extend_from_slice(taken);
            bytes = rest;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self, label: &[u8]) -> io::Result<()> {
        self.put(true).await?;
        self.draft.finish(label).await
    }

    async fn put(&mut self, last: bool) -> io::Result<()> {
        self.seal.seal(&mut self.chunk, last).map_err(damaged)?;
        self.draft.write(&self.chunk).await?;
        self.chunk.clear();
        Ok(())
    }
}

/// The content of a file of this size.
pub(super) fn content(
    reader: Reader,
    seal: ChunkSeal,
    size: u64,
) -> BoxStream<'static, io::Result<Bytes>> {
    let next = |(mut reader, mut seal, left): (Reader, ChunkSeal, u64)| async move {
        if left == 0 {
            return Ok(None);
        }
        let length = left.min(CHUNK_BYTES as u64);
        let sealed = usize::try_from(length).unwrap_or(CHUNK_BYTES) + CHUNK_OVERHEAD;
        let mut chunk = vec![0; sealed];
        reader.read_exact(&mut chunk).await?;
        seal.open(&mut chunk, length == left).map_err(damaged)?;
        let left = left.saturating_sub(length);
        Ok(Some((Bytes::from(chunk), (reader, seal, left))))
    };
    try_unfold((reader, seal, size), next).boxed()
}

fn damaged(error: SealError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
