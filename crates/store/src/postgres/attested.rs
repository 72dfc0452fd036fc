//! What a check of the chains reads: rows and the last that the chains say of them.

use deadpool_postgres::Transaction;
use tenon_engine::model::{Attested, AuditEntry, Execution};

use super::statement::{all, first};
use crate::fault::Fault;
use crate::tables::{
    ANY_EXECUTION, AUDIT_ENTRY, Attestable, Digested, LINKS_OF, Name, SUBJECTS, last_word,
};

/// Reads as many, after this id.
pub(super) async fn attested(
    snapshot: &Transaction<'_>,
    after: &str,
    limit: u32,
) -> Result<Vec<Attested>, Fault> {
    let subjects: Vec<Name> =
        all(snapshot, SUBJECTS, &[after.to_owned().into(), limit.into()]).await?;
    let mut attested = Vec::with_capacity(subjects.len());
    for Name(subject) in subjects {
        let links = all(snapshot, LINKS_OF, &[subject.clone().into()]).await?;
        let present = match present::<Execution>(snapshot, ANY_EXECUTION, &subject).await? {
            None => present::<AuditEntry>(snapshot, AUDIT_ENTRY, &subject).await?,
            found => found,
        };
        attested.extend(last_word(links, present));
    }
    Ok(attested)
}

async fn present<T: Attestable>(
    snapshot: &Transaction<'_>,
    sql: &str,
    subject: &str,
) -> Result<Option<[u8; 32]>, Fault> {
    let row: Option<Digested<T>> = first(snapshot, sql, &[subject.to_owned().into()]).await?;
    Ok(row.map(|row| row.digest))
}
