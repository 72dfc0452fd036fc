//! Lists that go on: the further pages of one execution, for a caller who wants all entries up to a number.
//!
//! Each page is a request of its own among the execution's attempts, sent like any other; what the caller gets is the last
//! page's answer with the entries of all pages in it.

use std::sync::Arc;

use serde_json::json;
use tenon_connector::{Answer, Plan, Verdict};
use tenon_vault::Credential;

use super::run::{Run, Sent};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{NodeStatus, Outcome};

/// The most requests that one execution makes for a list.
const MOST_PAGES: usize = 100;
/// The most that the entries of all pages may take in memory.
const MOST_BYTES: usize = 64 * 1024 * 1024;

impl Engine {
    /// Follows the pages after the first one, where the caller asked for it, and says what the next call would have to be.
    pub(super) async fn more_pages(
        &self,
        run: &mut Run,
        index: usize,
        mut answer: Answer,
        credential: &Credential,
    ) -> Sent {
        let action = Arc::clone(&run.action);
        run.next = action.next_page(&run.params, &answer);
        let Some(wanted) = action.fetch_all(&run.params) else {
            return Ok((answer, Verdict::Success));
        };
        let (mut entries, mut bytes) = (Vec::new(), 0_usize);
        for _ in 0..MOST_PAGES {
            bytes = bytes.saturating_add(answer.size());
            entries.append(&mut action.take_items(&mut answer));
            let Some(next) = run.next.take_if(|_| entries.len() < wanted) else {
                break;
            };
            if bytes > MOST_BYTES {
                return Err(too_large());
            }
            run.params = next;
            let sent = match run.page(index) {
                Ok(plan) => self.send_step(run, &plan, credential).await,
                Err(error) => return Err((error, NodeStatus::Failed, Outcome::Failed)),
            };
            answer = match sent {
                Ok((answer, Verdict::Success)) => answer,
                refused => return refused,
            };
            run.next = action.next_page(&run.params, &answer);
        }
        if entries.len() > wanted {
            // The rest of this page is not in the answer, so whoever goes on begins with this page again.
            run.next = Some(run.params.clone());
            entries.truncate(wanted);
        }
        action.put_items(&mut answer, entries);
        Ok((answer, Verdict::Success))
    }
}

impl Run {
    /// The request for the page that the parameters name.
    fn page(&self, index: usize) -> Outcomes<Plan> {
        let (connector, way, nothing) = (&self.connector, self.way()?, json!({}));
        let planned =
            self.action
                .plan(index, connector, way, &self.params, &self.facts, &nothing)?;
        planned.ok_or_else(|| Error::of(Code::Internal))
    }
}

fn too_large() -> (Error, NodeStatus, Outcome) {
    let message = "The entries of all pages together are too large; ask for fewer, or page by page";
    let error = Error::new(Code::UpstreamTooLarge, message);
    (error, NodeStatus::Failed, Outcome::Failed)
}
