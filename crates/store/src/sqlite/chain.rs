//! The chain's beginning and end as jobs of the writer, and what a check of it reads.

use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::model::{
    Attested, AuditEntry, BootId, ChainEnd, ChainEvent, Execution, Link, Millis,
};
use tenon_engine::ports::Notary;

use super::ledger::Ledger;
use super::query;
use crate::fault::Fault;
use crate::tables::{
    ANY_EXECUTION, AUDIT_ENTRY, Attestable, Digested, LINKS_OF, Name, SUBJECTS, UNNAMED_ENDS,
    last_word,
};
use crate::value::values;

/// Begins the chain with the ends that it finds.
pub(super) fn open(
    ledger: &mut Ledger<'_>,
    boot: BootId,
    notary: Arc<dyn Notary>,
    now: Millis,
) -> Result<(), Fault> {
    let ends: Vec<Link> = query::all(ledger.db, UNNAMED_ENDS, values![])?;
    ledger.chain = Some(ChainEnd::new(boot, notary));
    if ends.is_empty() {
        return ledger.append(ChainEvent::Opened, "", [0; 32], now);
    }
    ends.into_iter()
        .try_for_each(|end| ledger.append(ChainEvent::Opened, end.boot.as_str(), end.mac, now))
}

/// Ends the chain.
pub(super) fn close(ledger: &mut Ledger<'_>, now: Millis) -> Result<(), Fault> {
    ledger.append(ChainEvent::Closed, "", [0; 32], now)?;
    ledger.chain = None;
    Ok(())
}

/// Rows with the last that the chains say of them, both of the same moment.
pub(super) fn attested(db: &Connection, after: &str, limit: u32) -> Result<Vec<Attested>, Fault> {
    let snapshot = db.unchecked_transaction()?;
    let subjects: Vec<Name> = query::all(&snapshot, SUBJECTS, values![after, limit])?;
    let mut attested = Vec::with_capacity(subjects.len());
    for Name(subject) in subjects {
        let links = query::all(&snapshot, LINKS_OF, values![subject])?;
        let present = match present::<Execution>(&snapshot, ANY_EXECUTION, &subject)? {
            None => present::<AuditEntry>(&snapshot, AUDIT_ENTRY, &subject)?,
            found => found,
        };
        attested.extend(last_word(links, present));
    }
    snapshot.commit()?;
    Ok(attested)
}

fn present<T: Attestable>(
    db: &Connection,
    sql: &str,
    subject: &str,
) -> Result<Option<[u8; 32]>, Fault> {
    let row: Option<Digested<T>> = query::first(db, sql, values![subject])?;
    Ok(row.map(|row| row.digest))
}
