//! The ring of keys that wrap data keys. It lives outside the database.
//!
//! Its text has one key per line, `id base64`, and the last one is the primary: new data keys are wrapped under it, and
//! the others only open what they once wrapped. Adding a line and wrapping everything again is a rotation.

use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::digest::{hex, random_bytes};
use crate::envelope::{self, Envelope, KeyBytes, Kind};
use crate::{DataKey, SealError, WrappedKey};

const HEADER: &str = "\
# Tenon's key ring. Whoever has this file and the database has every secret: keep a copy apart from the database.
# Each line is a key: its id and 32 bytes in base64. The last one seals; the others only open what they sealed before.
";

/// Why there is no key ring. Nothing of its text is ever shown.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no key in it.
    #[error("the key ring has no key; it wants a line with an id and 32 bytes in base64")]
    Empty,
    /// A line is not a key.
    #[error("line {line} of the key ring {problem}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file's text is no key ring.
    #[error("the key file {path} cannot be used")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with its text.
        source: Box<KeyError>,
    },
    /// Others than the owner may read the file.
    #[error("others can read the key file {path}: run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("cannot {attempt} the key file {path}")]
    Io {
        /// `read`, `make`, `lock` or `replace`.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

struct Key {
    id: String,
    bytes: KeyBytes,
}

/// The keys that wrap data keys: at least one, the last being the primary.
pub struct KeyRing {
    older: Vec<Key>,
    primary: Key,
}

impl KeyRing {
    /// A ring of one new key.
    pub fn generate() -> Self {
        Self {
            older: Vec::new(),
            primary: Key::generate(),
        }
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// Which line is wrong and in what.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut older: Vec<Key> = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refuse = |problem| KeyError::Line {
                line: index + 1,
                problem,
            };
            let key = Key::parse(line).map_err(refuse)?;
            if older.iter().any(|other| other.id == key.id) {
                return Err(refuse(
                    "has the id of a line before it; each key needs its own",
                ));
            }
            older.push(key);
        }
        let primary = older.pop().ok_or(KeyError::Empty)?;
        Ok(Self { older, primary })
    }

    /// Reads the text of an environment variable, where keys may also be separated by commas or semicolons.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_env_text(text: &str) -> Result<Self, KeyError> {
        Self::parse(&Zeroizing::new(text.replace([',', ';'], "\n")))
    }

    /// The text of a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Room for every line at once: a buffer that grows leaves copies behind.
        let lines = self.keys().map(|key| key.id.len() + 46).sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + lines));
        text.push_str(HEADER);
        for key in self.keys() {
            let encoded = Zeroizing::new(STANDARD.encode(*key.bytes));
            [&key.id, " ", &encoded, "\n"]
                .into_iter()
                .for_each(|part| text.push_str(part));
        }
        text
    }

    /// The ids of all keys; the last is the primary's.
    pub fn ids(&self) -> Vec<String> {
        self.keys().map(|key| key.id.clone()).collect()
    }

    /// The id of the key that new data keys are wrapped under.
    pub fn primary_id(&self) -> &str {
        &self.primary.id
    }

    /// The same ring with a new primary key.
    #[must_use]
    pub fn with_new_primary(self) -> Self {
        let Self { mut older, primary } = self;
        older.push(primary);
        Self {
            older,
            primary: Key::generate(),
        }
    }

    /// The primary key alone: the end of a rotation, once nothing is wrapped under the others any more.
    #[must_use]
    pub fn without_older(self) -> Self {
        Self {
            older: Vec::new(),
            ..self
        }
    }

    /// Makes a data key for `scope`, such as `org_x/test`.
    ///
    /// # Errors
    /// None that a caller can bring about; see [`SealError`].
    pub fn new_data_key(&self, scope: &str) -> Result<(DataKey, WrappedKey), SealError> {
        let key = DataKey::new(Zeroizing::new(random_bytes()));
        let wrapped = wrap(&self.primary, scope, &key)?;
        Ok((key, wrapped))
    }

    /// Makes a data key that is wrapped under the newest key whose id `others` has too: while a rotation begins, not
    /// every process has the primary yet.
    ///
    /// # Errors
    /// As [`Self::new_data_key`].
    pub fn new_data_key_for(
        &self,
        scope: &str,
        others_have: impl Fn(&str) -> bool,
    ) -> Result<(DataKey, WrappedKey), SealError> {
        let shared = self.older.iter().rev().find(|key| others_have(&key.id));
        let under = match shared {
            Some(shared) if !others_have(&self.primary.id) => shared,
            _ => &self.primary,
        };
        let key = DataKey::new(Zeroizing::new(random_bytes()));
        let wrapped = wrap(under, scope, &key)?;
        Ok((key, wrapped))
    }

    /// Opens a data key that was made for exactly this scope.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] where the ring lacks the key, [`SealError::Refused`] where the key is another one.
    pub fn unwrap(&self, scope: &str, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        let envelope = Envelope::read(Kind::DataKey, &wrapped.0)?;
        let key = self
            .keys()
            .find(|key| key.id == envelope.key_id)
            .ok_or_else(|| SealError::UnknownKey {
                id: envelope.key_id.to_owned(),
            })?;
        let bytes = envelope.open(&key.bytes, &bound_to(scope))?;
        let bytes: KeyBytes = <[u8; 32]>::try_from(bytes.as_slice())
            .map(Zeroizing::new)
            .map_err(|_length| SealError::Malformed("its length"))?;
        Ok(DataKey::new(bytes))
    }

    /// The same data key under the primary key, or nothing where it is already. A rotation calls this for each.
    ///
    /// # Errors
    /// As [`Self::unwrap`].
    pub fn rewrap(
        &self,
        scope: &str,
        wrapped: &WrappedKey,
    ) -> Result<Option<WrappedKey>, SealError> {
        if wrapped.key_id()? == self.primary.id {
            return Ok(None);
        }
        self.unwrap(scope, wrapped)
            .and_then(|key| wrap(&self.primary, scope, &key))
            .map(Some)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.older.iter().chain([&self.primary])
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys().map(|key| &key.id))
            .finish()
    }
}

impl Key {
    fn generate() -> Self {
        let id = format!("k{}", hex(&random_bytes::<4>()));
        Self {
            id,
            bytes: Zeroizing::new(random_bytes()),
        }
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        let mut words = line.split_whitespace();
        let (Some(id), Some(encoded), None) = (words.next(), words.next(), words.next()) else {
            return Err("is not an id, a space and 32 bytes in base64");
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if id.len() > 32 || !id.bytes().all(plain) {
            return Err("has an id that is not 1 to 32 letters, digits, `-`, `_` or `.`");
        }
        let decoded = STANDARD.decode(encoded).map(Zeroizing::new);
        let decoded = decoded.map_err(|_secret| "has a key that is not base64")?;
        let bytes = <[u8; 32]>::try_from(decoded.as_slice())
            .map_err(|_length| "has a key that is not 32 bytes long")?;
        Ok(Self {
            id: id.to_owned(),
            bytes: Zeroizing::new(bytes),
        })
    }
}

fn wrap(under: &Key, scope: &str, key: &DataKey) -> Result<WrappedKey, SealError> {
    let Key { id, bytes } = under;
    envelope::seal(Kind::DataKey, id, bytes, &bound_to(scope), key.bytes()).map(WrappedKey)
}

fn bound_to(scope: &str) -> [&[u8]; 2] {
    [b"dek", scope.as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_survives_its_text_and_opens_what_it_wrapped() {
        let ring = KeyRing::generate();
        let (key, wrapped) = ring.new_data_key("org_x/test").unwrap();
        let again = KeyRing::parse(&ring.to_text()).unwrap();
        assert_eq!(again.primary_id(), ring.primary_id());
        assert_eq!(again.unwrap("org_x/test", &wrapped).unwrap().id(), key.id());
    }

    #[test]
    fn another_scope_is_refused() {
        let ring = KeyRing::generate();
        let (_, wrapped) = ring.new_data_key("org_x/test").unwrap();
        assert_eq!(
            ring.unwrap("org_x/production", &wrapped).unwrap_err(),
            SealError::Refused
        );
    }

    #[test]
    fn a_missing_key_and_a_wrong_key_are_told_apart() {
        let ring = KeyRing::parse(&line("k1", 1)).unwrap();
        let (_, wrapped) = ring.new_data_key("instance").unwrap();
        let missing = KeyRing::parse(&line("k2", 1))
            .unwrap()
            .unwrap("instance", &wrapped);
        assert_eq!(
            missing.unwrap_err(),
            SealError::UnknownKey {
                id: "k1".to_owned()
            }
        );
        let wrong = KeyRing::parse(&line("k1", 2))
            .unwrap()
            .unwrap("instance", &wrapped);
        assert_eq!(wrong.unwrap_err(), SealError::Refused);
    }

    #[test]
    fn a_rotation_moves_data_keys_to_the_new_primary_once() {
        let old = KeyRing::generate();
        let (key, wrapped) = old.new_data_key("instance").unwrap();
        let ring = old.with_new_primary();
        let moved = ring.rewrap("instance", &wrapped).unwrap().unwrap();
        assert_eq!(ring.rewrap("instance", &moved).unwrap(), None);
        let text = ring.to_text();
        let alone = KeyRing::from_env_text(text.lines().last().unwrap()).unwrap();
        assert_eq!(alone.unwrap("instance", &moved).unwrap().id(), key.id());
    }

    #[test]
    fn any_change_or_cut_of_a_wrapped_key_is_refused() {
        let ring = KeyRing::generate();
        let (_, WrappedKey(bytes)) = ring.new_data_key("instance").unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            ring.unwrap("instance", &WrappedKey(changed)).unwrap_err();
            ring.unwrap("instance", &WrappedKey(bytes[..at].to_vec()))
                .unwrap_err();
        }
    }

    #[test]
    fn a_bad_line_is_named_and_never_shown() {
        let cases = [
            ("", "no key"),
            ("# k1 a", "no key"),
            ("\nk1", "line 2 "),
            ("k1 canary!", "not base64"),
            ("k1 Y2FuYXJ5", "32 bytes"),
            ("k/1 Y2FuYXJ5", "has an id"),
            ("k1 a b", "line 1 "),
        ];
        for (text, expected) in cases {
            let error = KeyRing::parse(text).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("canary"),
                "{text}: {error}"
            );
        }
        let twice = [line("k1", 1), line("k1", 2)].concat();
        assert!(
            KeyRing::parse(&twice)
                .unwrap_err()
                .to_string()
                .contains("line 2 ")
        );
    }

    #[test]
    fn debug_shows_ids_alone() {
        let ring = KeyRing::parse(&line("k1", 7)).unwrap();
        let (key, _) = ring.new_data_key("instance").unwrap();
        assert_eq!(format!("{ring:?}"), r#"["k1"]"#);
        assert_eq!(
            format!("{key:?}"),
            format!("DataKey {{ id: {:?}, .. }}", key.id())
        );
    }

    fn line(id: &str, byte: u8) -> String {
        format!("{id} {}\n", STANDARD.encode([byte; 32]))
    }
}
