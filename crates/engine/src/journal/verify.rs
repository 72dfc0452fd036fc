//! The check of the chains: every link against its hash and its place, every chain's end against the chains that name
//! it, every row against the last link that names it.
//!
//! What it cannot see is written in `docs/security.md`: links and rows that are cut off together at the very end, while
//! no process runs whose chain would name that end.

use std::collections::BTreeMap;

use crate::model::{Attested, BootId, ChainEvent, Link};
use crate::ports::{Notary, Store, Stored};

/// How many links or rows are read at once.
const AT_ONCE: u32 = 1_000;

/// How many findings are listed; the rest are counted.
const LISTED: usize = 10_000;

words!(
    /// What is wrong with something.
    Suspicion {
        /// The row is not what the last link says of it.
        Altered = "altered",
        /// The row is gone, and no link says that it was purged.
        Missing = "missing",
        /// A purged row is there again.
        Returned = "returned",
        /// No link names the row.
        Unattested = "unattested",
        /// The link's hash is not that of its fields and of the link before.
        LinkAltered = "link_altered",
        /// Links are gone from within a chain.
        LinkMissing = "link_missing",
        /// The end of a chain that a later one names is gone.
        ChainCut = "chain_cut",
    }
);

/// One thing that is not as the program left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of the execution, audit entry or boot.
    pub subject: String,
    /// What is wrong.
    pub suspicion: Suspicion,
    /// Where, in words.
    pub place: String,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The process whose chain it is.
    pub boot: BootId,
    /// The place of its last link.
    pub seq: i64,
    /// The last link's hash.
    pub mac: [u8; 32],
}

/// What a check saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// How many chains there are: one for each life of a process.
    pub chains: u64,
    /// How many links.
    pub links: u64,
    /// Where each chain ends. Kept elsewhere, they show later whether the whole database was put back to an earlier state.
    pub heads: Vec<Head>,
    /// How many rows were compared with their links.
    pub rows: u64,
    /// What is wrong, in the order in which it was seen; at most 10,000.
    pub findings: Vec<Finding>,
    /// How much is wrong in all.
    pub suspicious: u64,
}

impl Proof {
    fn suspect(&mut self, subject: &str, suspicion: Suspicion, place: String) {
        self.suspicious += 1;
        if self.findings.len() < LISTED {
            self.findings.push(Finding {
                subject: subject.to_owned(),
                suspicion,
                place,
            });
        }
    }
}

/// The ends of chains that later chains name, and by whom; an end that was seen is taken out.
type NamedEnds = BTreeMap<(String, [u8; 32]), BootId>;

/// Checks everything that the chains say.
///
/// # Errors
/// Where the store does not answer.
pub async fn verify(store: &dyn Store, notary: &dyn Notary) -> Stored<Proof> {
    let mut proof = Proof::default();
    let boots = store.chains().await?;
    let mut ends = named_ends(store, &boots).await?;
    for boot in &boots {
        proof.chains += 1;
        check_chain(store, notary, boot, &mut ends, &mut proof).await?;
    }
    for ((boot, _), namer) in ends {
        let place = format!("the end of its chain that the chain of {namer} names is gone");
        proof.suspect(&boot, Suspicion::ChainCut, place);
    }
    check_rows(store, &mut proof).await?;
    for id in store.unattested(u32::MAX).await? {
        let place = "no link names it".to_owned();
        proof.suspect(&id, Suspicion::Unattested, place);
    }
    Ok(proof)
}

/// Every chain begins with the ends that it found.
async fn named_ends(store: &dyn Store, boots: &[BootId]) -> Stored<NamedEnds> {
    let mut ends = NamedEnds::new();
    for boot in boots {
        let mut after = 0;
        loop {
            let page = store.links(boot, after, AT_ONCE).await?;
            let opening = page
                .iter()
                .take_while(|link| link.event == ChainEvent::Opened);
            let found = opening.clone().filter(|link| !link.subject.is_empty());
            ends.extend(found.map(|link| ((link.subject.clone(), link.digest), boot.clone())));
            match page.last() {
                Some(last) if last.event == ChainEvent::Opened => after = last.seq,
                _ => break,
            }
        }
    }
    Ok(ends)
}

async fn check_chain(
    store: &dyn Store,
    notary: &dyn Notary,
    boot: &BootId,
    ends: &mut NamedEnds,
    proof: &mut Proof,
) -> Stored<()> {
    let (mut seq, mut mac) = (0, [0; 32]);
    loop {
        let page = store.links(boot, seq, AT_ONCE).await?;
        for link in &page {
            proof.links += 1;
            check_link(notary, link, (seq, &mac), proof);
            (seq, mac) = (link.seq, link.mac);
            ends.remove(&(boot.as_str().to_owned(), mac));
        }
        if page.is_empty() {
            let boot = boot.clone();
            proof.heads.push(Head { boot, seq, mac });
            return Ok(());
        }
    }
}

/// Checks a link against the one before it. After a gap the one before is not known, and the gap is the finding.
fn check_link(notary: &dyn Notary, link: &Link, before: (i64, &[u8; 32]), proof: &mut Proof) {
    let (seq, mac) = before;
    let named = if link.subject.is_empty() {
        link.boot.as_str()
    } else {
        &link.subject
    };
    if link.seq != seq.saturating_add(1) {
        let (from, to) = (seq.saturating_add(1), link.seq.saturating_sub(1));
        let place = format!(
            "links {from} to {to} are gone, and link {} ({named}) cannot be checked",
            link.seq
        );
        proof.suspect(link.boot.as_str(), Suspicion::LinkMissing, place);
    } else if notary.mac(&link.signed_bytes(mac)) != link.mac {
        let place = format!(
            "link {} of {}, {}",
            link.seq,
            link.boot,
            link.event.as_str()
        );
        proof.suspect(named, Suspicion::LinkAltered, place);
    }
}

async fn check_rows(store: &dyn Store, proof: &mut Proof) -> Stored<()> {
    let mut after = String::new();
    loop {
        let page = store.attested(&after, AT_ONCE).await?;
        for row in &page {
            proof.rows += 1;
            check_row(row, proof);
        }
        match page.into_iter().last() {
            Some(last) => after = last.subject,
            None => return Ok(()),
        }
    }
}

fn check_row(row: &Attested, proof: &mut Proof) {
    let purged = row.event == ChainEvent::Purged;
    let (suspicion, place) = match row.present {
        None if purged => return,
        None => (Suspicion::Missing, "the row is gone"),
        Some(_) if purged => (Suspicion::Returned, "it was purged"),
        Some(Attested::UNREADABLE) => (Suspicion::Altered, "the row cannot be read"),
        Some(present) if present != row.digest => {
            (Suspicion::Altered, "the row is not what its last link says")
        }
        Some(_) => return,
    };
    let place = format!("{place} (last event: {})", row.event.as_str());
    proof.suspect(&row.subject, suspicion, place);
}
