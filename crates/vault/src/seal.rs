//! Data keys: what seals the secrets of one tenant's environment, and what can be derived from them.
//!
//! Each blob has a key of its own (HKDF over the subject and the field), so a random nonce stays far below its
//! bound. A blob opens only for the purpose that it was sealed for.

use std::fmt;

use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::Credential;
use crate::digest::{hex, or_abort};
use crate::envelope::{self, Envelope, KeyBytes, Kind, length_prefixed};
use crate::stream::ChunkSeal;

/// Why something was not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed under a key that is not here.
    #[error("sealed under the key `{id}`, which is not here; add that key to the key ring again")]
    UnknownKey {
        /// The id of the missing key.
        id: String,
    },
    /// The key's id fits, but the key does not open it.
    #[error(
        "the key does not open it: the key is another one with the same id, the sealed bytes were changed, or they were sealed for something else"
    )]
    Refused,
    /// The bytes are nothing that was ever sealed.
    #[error("not something sealed by this program, or by a newer one: {0} cannot be read")]
    Malformed(&'static str),
    /// The text is longer than the cipher takes.
    #[error("too long to be sealed")]
    TooLong,
}

/// A data key, sealed under a key of the ring: safe to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey(pub Vec<u8>);

impl WrappedKey {
    /// The id of the key of the ring that it is wrapped under.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn key_id(&self) -> Result<&str, SealError> {
        Envelope::read(Kind::DataKey, &self.0).map(|envelope| envelope.key_id)
    }
}

/// What a blob is sealed for. Opening it for anything else is refused.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    /// The organization.
    pub org: &'a str,
    /// Its environment.
    pub environment: &'a str,
    /// The linked account.
    pub account: &'a str,
    /// The connection or execution.
    pub subject: &'a str,
    /// The connector's slug.
    pub connector: &'a str,
    /// The hosts that may see the secret, and how it is placed, in their canonical text.
    pub trust: &'a str,
    /// Which of the subject's fields it is.
    pub field: &'a str,
    /// The row's version, so that an older blob cannot be put back.
    pub version: u64,
}

/// A key of keyed hashes that only one purpose uses.
pub struct MacKey(hmac::Key);

impl MacKey {
    /// HMAC-SHA-256.
    pub fn mac(&self, data: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.0, data).as_ref());
        tag
    }
}

/// The key that seals one scope's secrets.
pub struct DataKey {
    id: String,
    key: KeyBytes,
}

impl DataKey {
    /// The id is derived from the key, so that a blob tells which key it needs without anything else being stored.
    pub(crate) fn new(key: KeyBytes) -> Self {
        let derived = expand(&key, &[b"id"]);
        let id = derived
            .first_chunk::<8>()
            .map(|id| hex(id))
            .unwrap_or_default();
        Self { id, key }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// The key's public id, which stands in each of its blobs.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Seals `plaintext` for `purpose`.
    ///
    /// # Errors
    /// [`SealError::TooLong`] beyond what AES-GCM takes (64 GiB).
    pub fn seal(&self, purpose: &Purpose<'_>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let version = purpose.version.to_be_bytes();
        let fields = purpose.fields(&version);
        envelope::seal(
            Kind::Blob,
            &self.id,
            &self.blob_key(purpose),
            &fields,
            plaintext,
        )
    }

    /// Opens what was sealed for exactly this purpose.
    ///
    /// # Errors
    /// See [`SealError`]; never a panic, whatever the bytes.
    pub fn open(
        &self,
        purpose: &Purpose<'_>,
        blob: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let envelope = Envelope::read(Kind::Blob, blob)?;
        if envelope.key_id != self.id {
            return Err(SealError::UnknownKey {
                id: envelope.key_id.to_owned(),
            });
        }
        let version = purpose.version.to_be_bytes();
        envelope.open(&self.blob_key(purpose), &purpose.fields(&version))
    }

    /// Seals a credential for `purpose`.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_credential(
        &self,
        purpose: &Purpose<'_>,
        credential: &Credential,
    ) -> Result<Vec<u8>, SealError> {
        let json = credential
            .to_json()
            .map_err(|_no_memory| SealError::TooLong)?;
        self.seal(purpose, &json)
    }

    /// Opens a credential that was sealed for exactly this purpose.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_credential(
        &self,
        purpose: &Purpose<'_>,
        blob: &[u8],
    ) -> Result<Credential, SealError> {
        let json = self.open(purpose, blob)?;
        // The parser's own words could quote the secret, so they are dropped.
        Credential::from_json(&json).map_err(|_secret| SealError::Malformed("its credential"))
    }

    /// Seals or opens a stream for `purpose`, whose subject names this one stream and nothing else that is ever sealed.
    pub fn chunks(&self, purpose: &Purpose<'_>) -> ChunkSeal {
        let version = purpose.version.to_be_bytes();
        let (subject, field) = (purpose.subject.as_bytes(), purpose.field.as_bytes());
        let key = expand(&self.key, &[b"stream", subject, field]);
        ChunkSeal::new(&key, &purpose.fields(&version))
    }

    /// HMAC-SHA-256 under a key that only `label` uses: for API keys at rest and idempotency keys.
    pub fn mac(&self, label: &str, data: &[u8]) -> [u8; 32] {
        self.mac_key(label).mac(data)
    }

    /// A key that only `label` uses, for a signature that is made elsewhere.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        expand(&self.key, &[b"derive", label.as_bytes()])
    }

    /// The key of [`Self::mac`], for those who make many.
    pub fn mac_key(&self, label: &str) -> MacKey {
        let key = expand(&self.key, &[b"mac", label.as_bytes()]);
        MacKey(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
    }

    fn blob_key(&self, purpose: &Purpose<'_>) -> KeyBytes {
        expand(
            &self.key,
            &[
                b"blob",
                purpose.subject.as_bytes(),
                purpose.field.as_bytes(),
            ],
        )
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<'a> Purpose<'a> {
    fn fields(&self, version: &'a [u8; 8]) -> [&'a [u8]; 8] {
        // Taken apart without `..`: a new field cannot be forgotten here.
        let Self {
            org,
            environment,
            account,
            subject,
            connector,
            trust,
            field,
            version: _,
        } = *self;
        [
            org.as_bytes(),
            environment.as_bytes(),
            account.as_bytes(),
            subject.as_bytes(),
            connector.as_bytes(),
            trust.as_bytes(),
            field.as_bytes(),
            version,
        ]
    }
}

/// HKDF-SHA-256. The data key is uniformly random, so it is the pseudo-random key itself (RFC 5869, 3.3).
fn expand(key: &KeyBytes, info: &[&[u8]]) -> KeyBytes {
    let mut derived = Zeroizing::new([0; 32]);
    let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key.as_slice());
    let info = length_prefixed(info);
    let info = [info.as_slice()];
    or_abort(
        prk.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(derived.as_mut_slice())),
    );
    derived
}

#[cfg(test)]
mod tests;
