//! The chain over the journal and the audit log: its links as rows, and rows as their digests.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use tenon_engine::model::{
    Attested, AuditEntry, BootId, ChainEvent, Execution, Link, Millis, row_digest,
};
use tenon_engine::ports::{Chain, Notary, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::values;

/// Appends a link.
pub(crate) const INSERT_LINK: &str = "INSERT INTO journal_links
    (boot, seq, event, subject, digest, at, mac) VALUES (?, ?, ?, ?, ?, ?, ?)";

/// The last links of the chains whose ends no `opened` link names. One step in the index for each
/// chain, however long the chains are.
pub(crate) const UNNAMED_ENDS: &str = "WITH RECURSIVE boots(boot) AS (
        SELECT min(boot) FROM journal_links
        UNION ALL
        SELECT (SELECT min(boot) FROM journal_links WHERE boot > boots.boot)
        FROM boots WHERE boots.boot IS NOT NULL)
    SELECT links.* FROM boots JOIN journal_links AS links ON links.boot = boots.boot
    WHERE links.seq = (SELECT max(seq) FROM journal_links WHERE boot = boots.boot)
        AND NOT EXISTS (
            SELECT 1 FROM journal_links AS naming
            WHERE naming.subject = links.boot AND naming.event = 'opened'
                AND naming.digest = links.mac)
    ORDER BY links.boot";

/// All chains, by the same steps.
const BOOTS: &str = "WITH RECURSIVE boots(boot) AS (
        SELECT min(boot) FROM journal_links
        UNION ALL
        SELECT (SELECT min(boot) FROM journal_links WHERE boot > boots.boot)
        FROM boots WHERE boots.boot IS NOT NULL)
    SELECT boot AS id FROM boots WHERE boot IS NOT NULL ORDER BY boot";

const LINKS: &str = "SELECT * FROM journal_links
    WHERE boot = ? AND seq > ? ORDER BY seq LIMIT ?";

/// The rows that links name, but for those that were purged and are gone.
pub(crate) const SUBJECTS: &str = "SELECT DISTINCT subject AS id FROM journal_links
    WHERE subject > ? AND event NOT IN ('opened', 'closed')
        AND NOT EXISTS (
            SELECT 1 FROM journal_links AS purge
            WHERE purge.subject = journal_links.subject AND purge.event = 'purged'
                AND NOT EXISTS (SELECT 1 FROM executions WHERE id = purge.subject))
    ORDER BY subject LIMIT ?";

/// The links of one row.
pub(crate) const LINKS_OF: &str = "SELECT * FROM journal_links WHERE subject = ?";

/// One execution, whosever it is.
pub(crate) const ANY_EXECUTION: &str = "SELECT * FROM executions WHERE id = ?";

/// One line of the audit log.
pub(crate) const AUDIT_ENTRY: &str = "SELECT * FROM audit_entries WHERE id = ?";

const UNATTESTED: &str = "SELECT id FROM executions
        WHERE NOT EXISTS (SELECT 1 FROM journal_links WHERE subject = executions.id)
    UNION ALL
    SELECT id FROM audit_entries
        WHERE NOT EXISTS (SELECT 1 FROM journal_links WHERE subject = audit_entries.id)
    LIMIT ?";

#[async_trait]
impl<D: Database> Chain for SqlStore<D> {
    async fn open_chain(&self, boot: &BootId, notary: Arc<dyn Notary>, now: Millis) -> Stored<()> {
        self.database.open_chain(boot.clone(), notary, now).await
    }

    async fn close_chain(&self, now: Millis) -> Stored<()> {
        self.database.close_chain(now).await
    }

    async fn chains(&self) -> Stored<Vec<BootId>> {
        let boots: Vec<Name> = self.database.all(BOOTS, values![]).await?;
        // A name that is no boot's is of links that were moved: they are missing where they belong.
        Ok(boots
            .iter()
            .filter_map(|boot| BootId::parse(&boot.0))
            .collect())
    }

    async fn links(&self, boot: &BootId, after: i64, limit: u32) -> Stored<Vec<Link>> {
        let values = values![boot.as_str(), after, limit];
        self.database.all(LINKS, values).await
    }

    async fn attested(&self, after: &str, limit: u32) -> Stored<Vec<Attested>> {
        self.database.attested(after.to_owned(), limit).await
    }

    async fn unattested(&self, limit: u32) -> Stored<Vec<String>> {
        let names: Vec<Name> = self.database.all(UNATTESTED, values![limit]).await?;
        Ok(names.into_iter().map(|name| name.0).collect())
    }
}

/// What a write leaves behind as evidence.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// What was done.
    pub(crate) event: ChainEvent,
    /// The row's id.
    pub(crate) subject: String,
    /// The digest of the row as it then stood.
    pub(crate) digest: [u8; 32],
}

impl Written {
    /// Of an execution as it now stands in its row.
    pub(crate) fn execution(event: ChainEvent, execution: &Execution) -> Result<Self, Fault> {
        Ok(Self {
            event,
            subject: execution.id.as_str().to_owned(),
            digest: row_digest(execution)?,
        })
    }
}

/// The wall clock, for links: it says when, and decides nothing.
pub(crate) fn now() -> Millis {
    let elapsed = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

/// A noun whose rows have links.
pub(crate) trait Attestable: FromRecord + Serialize + Send + 'static {
    /// The row's id.
    fn subject(&self) -> &str;
}

impl Attestable for Execution {
    fn subject(&self) -> &str {
        self.id.as_str()
    }
}

impl Attestable for AuditEntry {
    fn subject(&self) -> &str {
        self.id.as_str()
    }
}

/// A row's id and digest. One that cannot be read is no error: it is what a check looks for.
pub(crate) struct Digested<T> {
    /// The row's id.
    pub(crate) subject: String,
    /// Its digest, or [`Attested::UNREADABLE`].
    pub(crate) digest: [u8; 32],
    noun: PhantomData<fn() -> T>,
}

impl<T> Digested<T> {
    /// What the chain says of the row after this event.
    pub(crate) fn written(&self, event: ChainEvent) -> Written {
        let digest = match event {
            ChainEvent::Purged => [0; 32],
            _ => self.digest,
        };
        Written {
            event,
            subject: self.subject.clone(),
            digest,
        }
    }
}

impl<T: Attestable> FromRecord for Digested<T> {
    const TABLE: &'static str = T::TABLE;

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        let (subject, digest) = match T::from_record(record) {
            Ok(row) => (row.subject().to_owned(), row_digest(&row)?),
            Err(Fault::Impossible { row, .. }) => (row, Attested::UNREADABLE),
            Err(fault) => return Err(fault),
        };
        Ok(Self {
            subject,
            digest,
            noun: PhantomData,
        })
    }
}

/// The last that a chain says of a row; nothing where no link names it.
pub(crate) fn last_word(links: Vec<Link>, present: Option<[u8; 32]>) -> Option<Attested> {
    let last = links
        .into_iter()
        .max_by_key(|link| (link.event.rank(), link.seq))?;
    Some(Attested {
        subject: last.subject,
        event: last.event,
        digest: last.digest,
        present,
    })
}

/// An id alone.
pub(crate) struct Name(pub(crate) String);

impl FromRecord for Name {
    const TABLE: &'static str = "journal_links";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        record.get("id").map(Self)
    }
}

/// A link that cannot be read is one whose hash cannot be right, so that a check names it.
impl FromRecord for Link {
    const TABLE: &'static str = "journal_links";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            boot: record.parse("boot", BootId::parse)?,
            seq: record.get("seq")?,
            event: record
                .parse("event", ChainEvent::parse)
                .unwrap_or(ChainEvent::Closed),
            subject: record.get("subject").unwrap_or_default(),
            digest: record.get("digest").unwrap_or_default(),
            at: record.time("at").unwrap_or(Millis(0)),
            mac: record.get("mac").unwrap_or_default(),
        })
    }
}
