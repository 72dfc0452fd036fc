//! The journal as evidence: this process's chain over it, from its start to its end, and the check of all chains.
//!
//! The chain's key is derived from the installation's own key, which the key ring wraps: nobody who has only the
//! database can make a link.

mod verify;

use std::sync::Arc;

use tenon_vault::MacKey;

use crate::Engine;
use crate::error::Outcomes;
use crate::model::ReplicaNote;
use crate::ports::Notary;

pub use verify::{Finding, Head, Proof, Suspicion, verify};

/// What the chain's hashes are keyed for.
const LABEL: &str = "journal";

/// Makes the chain's hashes under the installation's key.
struct InstanceNotary(MacKey);

impl Notary for InstanceNotary {
    fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.0.mac(bytes)
    }
}

impl Engine {
    /// Begins this life of the process: gives its first sign of life and opens its chain. Before it nothing can be
    /// executed.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn begin_life(&self) -> Outcomes<()> {
        self.heartbeat(false).await?;
        let notary = Arc::new(InstanceNotary(self.keys.instance().mac_key(LABEL)));
        self.store
            .open_chain(&self.boot, notary, self.clock.now())
            .await?;
        Ok(())
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn heartbeat(&self, draining: bool) -> Outcomes<()> {
        let note = ReplicaNote {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key_ids: self.keys.ring_ids(),
            draining,
        };
        Ok(self.store.heartbeat(&self.boot, &note).await?)
    }

    /// Ends this life: closes the chain, and leaves what still runs to the sweep of whoever lives on.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn end_life(&self) -> Outcomes<()> {
        self.store.close_chain(self.clock.now()).await?;
        Ok(self.store.leave(&self.boot).await?)
    }

    /// Checks the journal and the audit log against the chains over them, row by row.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn verify_journal(&self) -> Outcomes<Proof> {
        let notary = InstanceNotary(self.keys.instance().mac_key(LABEL));
        Ok(verify(self.store.as_ref(), &notary).await?)
    }
}
