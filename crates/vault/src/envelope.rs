//! The form of everything sealed: `magic | format | algorithm | length of key id | key id | nonce | ciphertext | tag`.
//!
//! All that stands before the nonce is authenticated together with the fields that the caller binds, each with its
//! length before it, so that no two lists of fields mean the same bytes. Reading never panics, whatever the bytes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::SealError;
use crate::digest::or_abort;

/// The bytes of a key, of both layers.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

const FORMAT: u8 = 1;
const ALGORITHM_AES_256_GCM: u8 = 1;
const TAG_LEN: usize = 16;

/// What an envelope holds. Each kind has its own magic, so that one is never taken for the other.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    DataKey,
    Blob,
}

impl Kind {
    fn magic(self) -> [u8; 4] {
        match self {
            Self::DataKey => *b"TNNK",
            Self::Blob => *b"TNNB",
        }
    }
}

/// An envelope that was read, but not opened.
pub(crate) struct Envelope<'a> {
    /// The id of the key that sealed it.
    pub(crate) key_id: &'a str,
    head: &'a [u8],
    nonce: [u8; NONCE_LEN],
    sealed: &'a [u8],
}

/// Seals `plaintext` under `key` with a random nonce, bound to `fields`.
pub(crate) fn seal(
    kind: Kind,
    key_id: &str,
    key: &KeyBytes,
    fields: &[&[u8]],
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut envelope = head(kind, key_id)?;
    // Encrypting happens in place: the buffer holds plaintext until then, and must not move when the tag is added.
    let mut text = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG_LEN));
    text.extend_from_slice(plaintext);
    let nonce = cipher(key)
        .seal_in_place_append_tag(Aad::from(bound(&envelope, fields)), &mut *text)
        .map_err(|aws_lc_rs::error::Unspecified| SealError::TooLong)?;
    envelope.extend_from_slice(nonce.as_ref());
    envelope.extend_from_slice(&text);
    Ok(envelope)
}

impl<'a> Envelope<'a> {
    /// Reads an envelope of this kind.
    pub(crate) fn read(kind: Kind, bytes: &'a [u8]) -> Result<Self, SealError> {
        let (magic, rest) = bytes
            .split_first_chunk::<4>()
            .ok_or(SealError::Malformed("its start"))?;
        if *magic != kind.magic() {
            return Err(SealError::Malformed("its kind"));
        }
        let (versions, rest) = rest
            .split_first_chunk()
            .ok_or(SealError::Malformed("its format"))?;
        if *versions != [FORMAT, ALGORITHM_AES_256_GCM] {
            return Err(SealError::Malformed("its format"));
        }
        let (length, rest) = rest
            .split_first()
            .ok_or(SealError::Malformed("its key id"))?;
        let (key_id, rest) = rest
            .split_at_checked(usize::from(*length))
            .and_then(|(id, rest)| Some((std::str::from_utf8(id).ok()?, rest)))
            .ok_or(SealError::Malformed("its key id"))?;
        let (head, _) = bytes
            .split_at_checked(bytes.len() - rest.len())
            .unwrap_or_default();
        let (nonce, sealed) = rest
            .split_first_chunk()
            .ok_or(SealError::Malformed("its nonce"))?;
        Ok(Self {
            key_id,
            head,
            nonce: *nonce,
            sealed,
        })
    }

    /// Opens it, if it was sealed under `key`, bound to `fields`, and not changed since.
    pub(crate) fn open(
        &self,
        key: &KeyBytes,
        fields: &[&[u8]],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut text = Zeroizing::new(self.sealed.to_vec());
        let length = cipher(key)
            .open_in_place(
                Nonce::from(&self.nonce),
                Aad::from(bound(self.head, fields)),
                &mut text,
            )
            .map_err(|aws_lc_rs::error::Unspecified| SealError::Refused)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// `fields`, each with its length before it.
pub(crate) fn length_prefixed(fields: &[&[u8]]) -> Vec<u8> {
    let prefixed = |field: &&[u8]| [&(field.len() as u64).to_be_bytes(), *field].concat();
    fields.iter().flat_map(prefixed).collect()
}

fn head(kind: Kind, key_id: &str) -> Result<Vec<u8>, SealError> {
    let length = u8::try_from(key_id.len()).map_err(|_too_long| SealError::TooLong)?;
    let versions = [FORMAT, ALGORITHM_AES_256_GCM, length];
    Ok([&kind.magic(), versions.as_slice(), key_id.as_bytes()].concat())
}

fn bound(head: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    [length_prefixed(&[head]), length_prefixed(fields)].concat()
}

fn cipher(key: &KeyBytes) -> RandomizedNonceKey {
    or_abort(RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()))
}
