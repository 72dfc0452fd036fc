//! Sealing what is too long to be held whole: chunk by chunk, in order, with an end that cannot be cut off.
//!
//! It is the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over AES-256-GCM, as the `age` format has it: the
//! nonce of a chunk is its number and whether it is the last one. Chunks that were changed, swapped, repeated, left out or cut off do
//! not open. The key is derived from the purpose's subject, and so is used for one stream only: a subject names one stream, sealed once.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::SealError;
use crate::digest::or_abort;
use crate::envelope::{KeyBytes, length_prefixed};

/// The length of every chunk but the last one, which may be shorter.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// What sealing adds to each chunk.
pub const CHUNK_OVERHEAD: usize = 16;

/// A stream in the making or being read: knows which chunk comes next.
pub struct ChunkSeal {
    key: LessSafeKey,
    bound: Vec<u8>,
    next: u32,
}

impl ChunkSeal {
    pub(crate) fn new(key: &KeyBytes, fields: &[&[u8]]) -> Self {
        let unbound = or_abort(UnboundKey::new(&AES_256_GCM, key.as_slice()));
        Self {
            key: LessSafeKey::new(unbound),
            bound: length_prefixed(fields),
            next: 0,
        }
    }

    /// Seals the next chunk in its place. Each but the last one has to be [`CHUNK_BYTES`] long.
    ///
    /// # Errors
    /// [`SealError::TooLong`] after 2³² chunks.
    pub fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(self.bound.as_slice()), chunk)
            .map_err(|aws_lc_rs::error::Unspecified| SealError::TooLong)
    }

    /// Opens the next chunk in its place.
    ///
    /// # Errors
    /// [`SealError::Refused`] where it is not the chunk that was sealed in this place.
    pub fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(self.bound.as_slice()), chunk);
        let length = opened
            .map_err(|aws_lc_rs::error::Unspecified| SealError::Refused)?
            .len();
        chunk.truncate(length);
        Ok(())
    }

    fn nonce(&mut self, last: bool) -> Result<Nonce, SealError> {
        let number = self.next;
        self.next = number.checked_add(1).ok_or(SealError::TooLong)?;
        let mut nonce = [0; NONCE_LEN];
        if let Some(place) = nonce.first_chunk_mut() {
            *place = number.to_be_bytes();
        }
        if let Some(flag) = nonce.last_mut() {
            *flag = u8::from(last);
        }
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataKey, KeyRing, Purpose};

    fn key() -> DataKey {
        KeyRing::generate().new_data_key("scope").unwrap().0
    }

    fn purpose(subject: &str) -> Purpose<'_> {
        Purpose {
            org: "org",
            environment: "test",
            account: "ada",
            subject,
            connector: "",
            trust: "",
            field: "content",
            version: 0,
        }
    }

    fn sealed(key: &DataKey, subject: &str, chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut stream = key.chunks(&purpose(subject));
        let each = chunks.iter().enumerate().map(|(at, chunk)| {
            let mut chunk = chunk.to_vec();
            stream.seal(&mut chunk, at + 1 == chunks.len()).unwrap();
            chunk
        });
        each.collect()
    }

    fn opened(key: &DataKey, subject: &str, chunks: &[Vec<u8>]) -> Result<Vec<u8>, SealError> {
        let mut stream = key.chunks(&purpose(subject));
        let mut all = Vec::new();
        for (at, chunk) in chunks.iter().enumerate() {
            let mut chunk = chunk.clone();
            stream.open(&mut chunk, at + 1 == chunks.len())?;
            all.extend(chunk);
        }
        Ok(all)
    }

    #[test]
    fn a_stream_opens_as_it_was_sealed_and_in_no_other_way() {
        let key = key();
        let chunks = sealed(&key, "file_1", &[b"one", b"two", b"three"]);
        assert_eq!(opened(&key, "file_1", &chunks).unwrap(), b"onetwothree");
        let [one, two, three] = <[Vec<u8>; 3]>::try_from(chunks.clone()).unwrap();
        let mut changed = chunks.clone();
        changed[1][0] ^= 1;
        for wrong in [
            vec![two.clone(), one.clone(), three.clone()],
            vec![one.clone(), one.clone(), three.clone()],
            vec![one.clone(), three.clone()],
            vec![one.clone(), two.clone()],
            vec![one, two, three.clone(), three],
            changed,
        ] {
            assert_eq!(opened(&key, "file_1", &wrong), Err(SealError::Refused));
        }
        assert_eq!(opened(&key, "file_2", &chunks), Err(SealError::Refused));
        assert!(opened(&self::key(), "file_1", &chunks).is_err());
    }

    #[test]
    fn equal_chunks_are_sealed_differently() {
        let chunks = sealed(&key(), "file_1", &[b"same", b"same"]);
        assert_ne!(chunks[0], chunks[1]);
    }
}
