//! The journal as evidence.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use tenon_engine::journal::{Finding, Head, Proof};
use tenon_vault::digest;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::route::{Operation, Route, get};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![get(
        "/api/v2/admin/journal/verify",
        Admin,
        verify,
        Operation::new("adminVerifyJournal", "Look for tampering with the journal")
            .describe("Compares every execution and every line of the audit log with the chain of keyed hashes over them, and the chains with each other. It reads everything, which takes its time.")
            .gives::<Verification>(),
    )]
}

/// What the check saw.
#[derive(Debug, Serialize, JsonSchema)]
struct Verification {
    /// Whether nothing is wrong.
    clean: bool,
    /// How many chains there are: one for each life of a process.
    chains: u64,
    /// How many links they have.
    links: u64,
    /// Where each chain ends. Kept elsewhere, they show later whether the whole database was put back to an earlier state.
    heads: Vec<HeadBody>,
    /// How many rows were compared with them.
    rows: u64,
    /// How much is wrong.
    suspicious: u64,
    /// What is wrong; at most 10,000.
    findings: Vec<FindingBody>,
}

/// One thing that is not as the program left it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct FindingBody {
    /// The id of the execution, the line of the audit log, or the process whose chain it is.
    subject: String,
    /// What is wrong: `altered`, `missing`, `returned`, `unattested`, `link_altered`, `link_missing` or `chain_cut`.
    suspicion: &'static str,
    /// Where, in words.
    place: String,
}

/// The end of a chain.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Head")]
struct HeadBody {
    /// The process whose chain it is.
    boot: String,
    /// The place of its last link.
    seq: i64,
    /// The last link's hash, in hexadecimal.
    mac: String,
}

impl From<Head> for HeadBody {
    fn from(head: Head) -> Self {
        Self {
            boot: head.boot.to_string(),
            seq: head.seq,
            mac: digest::hex(&head.mac),
        }
    }
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            subject: finding.subject,
            suspicion: finding.suspicion.as_str(),
            place: finding.place,
        }
    }
}

impl From<Proof> for Verification {
    fn from(proof: Proof) -> Self {
        Self {
            clean: proof.suspicious == 0,
            chains: proof.chains,
            links: proof.links,
            heads: proof.heads.into_iter().map(Into::into).collect(),
            rows: proof.rows,
            suspicious: proof.suspicious,
            findings: proof.findings.into_iter().map(Into::into).collect(),
        }
    }
}

async fn verify(State(app): State<App>) -> Answer<Verification> {
    Ok(Json(app.engine.verify_journal().await?.into()))
}
