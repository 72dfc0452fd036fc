//! Where this process's chain ends, in memory and in the database.
//!
//! When a connection breaks while a commit is under way, nobody says whether it was made. The
//! chain knows: either the links of that batch are there, or none of it is.

use deadpool_postgres::Client;
use futures_util::future::try_join_all;
use tenon_engine::model::{ChainEnd, ChainEvent, Link, Millis};

use super::statement::{all, change};
use crate::fault::Fault;
use crate::tables::{INSERT_LINK, Written, now};
use crate::value::values;

/// The links of a boot after a place.
const AFTER: &str = "SELECT * FROM journal_links WHERE boot = ? AND seq > ? ORDER BY seq";

/// What the writer knows of its chain.
#[derive(Default)]
pub(super) struct Books {
    /// The end that is certainly in the database, once the chain is open.
    pub(super) end: Option<ChainEnd>,
    /// Whether more may be there, by a commit of which nothing was heard.
    pub(super) unsure: bool,
}

impl Books {
    /// Looks where the chain ends, where that is not certain.
    pub(super) async fn make_sure(&mut self, client: &Client) -> Result<(), Fault> {
        if let Some(end) = self.end.as_mut().filter(|_| self.unsure) {
            let after = values![end.boot().as_str(), end.seq()];
            let links: Vec<Link> = all(client, AFTER, &after).await?;
            // Nobody else can make a link that fits, and one that does not fit is an intruder's.
            if !links.iter().all(|link| end.follow(link)) {
                return Err(Fault::ForeignLink);
            }
        }
        self.unsure = false;
        Ok(())
    }

    /// Appends a link for each of these, and returns the end after them. They count once the
    /// transaction is committed.
    pub(super) async fn append(
        &self,
        client: &Client,
        written: &[Written],
    ) -> Result<Option<ChainEnd>, Fault> {
        if written.is_empty() {
            return Ok(self.end.clone());
        }
        let mut end = self.end.clone().ok_or(Fault::NoChain)?;
        let at = now();
        let links = written
            .iter()
            .map(|written| end.append(written.event, &written.subject, written.digest, at));
        insert(client, links.collect()).await?;
        Ok(Some(end))
    }
}

/// The first links of a chain: one for each end that nobody has named, or one for none.
pub(super) async fn opening(
    client: &Client,
    mut end: ChainEnd,
    unnamed: &[Link],
    now: Millis,
) -> Result<ChainEnd, Fault> {
    let mut opened = |subject: &str, mac| end.append(ChainEvent::Opened, subject, mac, now);
    let links = match unnamed {
        [] => vec![opened("", [0; 32])],
        ends => ends
            .iter()
            .map(|unnamed| opened(unnamed.boot.as_str(), unnamed.mac))
            .collect(),
    };
    insert(client, links).await?;
    Ok(end)
}

/// The last link of a chain.
pub(super) async fn closing(client: &Client, mut end: ChainEnd, now: Millis) -> Result<(), Fault> {
    let link = end.append(ChainEvent::Closed, "", [0; 32], now);
    insert(client, vec![link]).await
}

async fn insert(client: &Client, links: Vec<Link>) -> Result<(), Fault> {
    let inserted = links.iter().map(|link| async move {
        let row = values![
            link.boot.as_str(),
            link.seq,
            link.event.as_str(),
            link.subject,
            link.digest.to_vec(),
            link.at.0,
            link.mac.to_vec(),
        ];
        change(client, INSERT_LINK, &row).await
    });
    try_join_all(inserted).await.map(drop)
}

/// Whether two ends are the same place of the same chain.
pub(super) fn same(one: Option<&ChainEnd>, other: Option<&ChainEnd>) -> bool {
    let place = |end: &ChainEnd| (end.boot().clone(), end.seq(), end.mac());
    one.map(place) == other.map(place)
}
