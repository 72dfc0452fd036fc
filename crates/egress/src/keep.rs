//! Answers that are not held: they go on to a place of the caller's, piece by piece, as they come in.

use std::io;

use async_trait::async_trait;

use crate::answer::Capped;
use crate::mask::Masker;

/// Where an answer goes.
#[async_trait]
pub trait Sink: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// Where they cannot be kept; the rest of the answer is then not read.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// When an answer goes on instead of being held. Only a success does: what explains a failure is read as ever.
pub struct Keep<'a> {
    /// Where it goes.
    pub sink: &'a mut dyn Sink,
    /// Whether it goes on from its first byte, and not only when it is longer than what is held.
    pub at_once: bool,
    /// How many decoded bytes are taken at all.
    pub most: usize,
}

/// How much is gathered before it goes on.
const PIECE: usize = 64 * 1024;

/// An answer on its way to where it is kept.
pub(crate) struct Keeping<'a> {
    keep: Keep<'a>,
    /// How many bytes are held before they go on.
    beyond: usize,
    masker: Masker,
    begun: bool,
}

impl<'a> Keeping<'a> {
    /// Holds up to `limit` bytes of an answer that does not go on at once.
    pub(crate) fn new(keep: Keep<'a>, limit: usize, masker: Masker) -> Self {
        Self {
            beyond: if keep.at_once { 0 } else { limit },
            keep,
            masker,
            begun: false,
        }
    }

    pub(crate) fn most(&self) -> usize {
        self.keep.most
    }

    /// Takes what is held, if it is enough.
    pub(crate) async fn pour(&mut self, held: &mut Capped) -> io::Result<()> {
        let enough = match self.begun {
            true => held.len() >= PIECE,
            false => held.len() > self.beyond,
        };
        if enough {
            self.begun = true;
            let masked = self.masker.push(&held.drain());
            self.keep.sink.write(&masked).await?;
        }
        Ok(())
    }

    /// Takes the end, if anything went on; else gives it back.
    pub(crate) async fn finish(mut self, rest: Vec<u8>) -> io::Result<Vec<u8>> {
        if !self.begun {
            return Ok(rest);
        }
        let mut masked = self.masker.push(&rest);
        masked.extend(self.masker.finish());
        self.keep.sink.write(&masked).await?;
        Ok(Vec::new())
    }
}
