//! The chain that makes tampering with the journal and the audit log visible.
//!
//! Every writer has a chain of its own: each link names what was written, the digest of the row as it then stood, and a
//! keyed hash over both and the link before. The key is not in the database, so nobody who can only write to the
//! database can make a link.

use std::sync::Arc;

use serde::Serialize;
use tenon_vault::digest;

use super::{BootId, Millis};
use crate::ports::Notary;

words!(
    /// What was written.
    ChainEvent {
        /// The chain begins; the subject is the boot before it and the digest that chain's last hash, if there is one.
        Opened = "opened",
        /// An intent.
        Begun = "begun",
        /// An outcome.
        Finished = "finished",
        /// A read, written once.
        Recorded = "recorded",
        /// An outcome that was assumed, for nobody carried the execution out any more.
        Swept = "swept",
        /// An unknown outcome that became known.
        Resolved = "resolved",
        /// A row that was removed on purpose: by retention or by erasing an account.
        Purged = "purged",
        /// A line of the audit log.
        Audited = "audited",
        /// The chain ends as it should.
        Closed = "closed",
    }
);

impl ChainEvent {
    /// Its place in a row's life: of two events of one row, the later has the higher rank, whatever the clocks of their
    /// writers say. Events of one rank are of one writer, in the order of its chain.
    pub fn rank(self) -> u8 {
        match self {
            Self::Opened => 0,
            Self::Begun | Self::Recorded | Self::Audited => 1,
            Self::Swept => 2,
            Self::Finished => 3,
            Self::Resolved => 4,
            Self::Purged => 5,
            Self::Closed => 6,
        }
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The writer.
    pub boot: BootId,
    /// Its place in the writer's chain, from 1 without gaps.
    pub seq: i64,
    /// What was written.
    pub event: ChainEvent,
    /// The id of the row, or of the boot for `opened`.
    pub subject: String,
    /// SHA-256 of the row as it then stood; zeroes for a row that is gone.
    pub digest: [u8; 32],
    /// When.
    pub at: Millis,
    /// The keyed hash over all this and the hash of the link before.
    pub mac: [u8; 32],
}

impl Link {
    /// What the hash is made over: every field, each with its length, and the hash of the link before (zeroes for the first).
    pub fn signed_bytes(&self, previous: &[u8; 32]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(192);
        let seq = self.seq.to_be_bytes();
        let at = self.at.0.to_be_bytes();
        let fields: [&[u8]; 7] = [
            self.boot.as_str().as_bytes(),
            &seq,
            self.event.as_str().as_bytes(),
            self.subject.as_bytes(),
            &self.digest,
            &at,
            previous,
        ];
        for field in fields {
            let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}

/// The end of a chain that grows.
#[derive(Clone)]
pub struct ChainEnd {
    boot: BootId,
    notary: Arc<dyn Notary>,
    seq: i64,
    mac: [u8; 32],
}

impl ChainEnd {
    /// A chain without links.
    pub fn new(boot: BootId, notary: Arc<dyn Notary>) -> Self {
        Self {
            boot,
            notary,
            seq: 0,
            mac: [0; 32],
        }
    }

    /// Whose chain it is.
    pub fn boot(&self) -> &BootId {
        &self.boot
    }

    /// How many links it has.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The hash of the last.
    pub fn mac(&self) -> [u8; 32] {
        self.mac
    }

    /// Goes on to a link that was found, if it is this chain's next. Nobody without the key can make one.
    pub fn follow(&mut self, link: &Link) -> bool {
        let fits = link.boot == self.boot
            && link.seq == self.seq + 1
            && link.mac == self.notary.mac(&link.signed_bytes(&self.mac));
        if fits {
            (self.seq, self.mac) = (link.seq, link.mac);
        }
        fits
    }

    /// Makes the next link.
    pub fn append(
        &mut self,
        event: ChainEvent,
        subject: &str,
        digest: [u8; 32],
        at: Millis,
    ) -> Link {
        let mut link = Link {
            boot: self.boot.clone(),
            seq: self.seq + 1,
            event,
            subject: subject.to_owned(),
            digest,
            at,
            mac: [0; 32],
        };
        link.mac = self.notary.mac(&link.signed_bytes(&self.mac));
        (self.seq, self.mac) = (link.seq, link.mac);
        link
    }
}

impl std::fmt::Debug for ChainEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChainEnd({}, {})", self.boot, self.seq)
    }
}

/// The digest of a row: SHA-256 of its noun as JSON.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn row_digest(row: &impl Serialize) -> serde_json::Result<[u8; 32]> {
    Ok(digest::sha256(&[&serde_json::to_vec(row)?]))
}

/// A row and the last that its chain says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The row's id.
    pub subject: String,
    /// The last event.
    pub event: ChainEvent,
    /// The digest in that link.
    pub digest: [u8; 32],
    /// The digest of the row as it stands now; nothing where it is gone, [`Attested::UNREADABLE`] where it cannot be read.
    pub present: Option<[u8; 32]>,
}

impl Attested {
    /// Stands for a row whose values no version of this program writes.
    pub const UNREADABLE: [u8; 32] = [0xFF; 32];
}
