//! Lookups: what to ask an application to find out whether an execution happened, and what its answer says.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::answer::{Answer, Seen, Verdict, answer_names};
use crate::connector::{Connector, Facts};
use crate::document::LookupDoc;
use crate::expr::{Expr, Scope};
use crate::problem::Fault;
use crate::request::PlanError;
use crate::template::{Entry, compile_entries, render_map};

/// A compiled lookup.
#[derive(Debug)]
pub struct Lookup {
    /// The action that asks.
    pub action: String,
    /// How long after the execution an answer that finds nothing is not believed yet.
    pub settles_after: Duration,
    params: Vec<Entry>,
    found: Expr,
}

/// What an answer says of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It left its mark.
    Found,
    /// It did not.
    Absent,
    /// The answer says neither.
    Unclear,
}

impl Lookup {
    pub(crate) fn compile(doc: &LookupDoc) -> Result<Self, Fault> {
        let known = |name: &str| name == "idempotency_key" || name == "connection";
        let params: Map<String, Value> = doc.params.clone().into_iter().collect();
        Ok(Self {
            action: doc.action.clone(),
            settles_after: Duration::from_secs(doc.settles_after_seconds.into()),
            params: compile_entries(&params, &known).map_err(|fault| fault.under("params"))?,
            found: Expr::compile(&doc.found, &answer_names)
                .map_err(|fault| fault.under("found"))?,
        })
    }

    /// The parameters of the question.
    ///
    /// # Errors
    /// Where the facts do not make them.
    pub fn params(
        &self,
        connector: &Connector,
        facts: &Facts,
    ) -> Result<Map<String, Value>, PlanError> {
        let connection = connector.facts_value(&facts.connection);
        let key = Value::String(facts.idempotency_key.clone());
        let scope = Scope::new([("connection", &connection), ("idempotency_key", &key)]);
        Ok(render_map(&self.params, &scope)?)
    }

    /// What the answer says. Only success and 404 say anything: a refusal is about the question.
    pub fn finding(&self, answer: &Answer, verdict: &Verdict) -> Finding {
        let seen = Seen::of(answer);
        match (verdict, answer.status) {
            (Verdict::Success, _) => match self.found.holds(&seen.scope()) {
                Ok(true) => Finding::Found,
                Ok(false) => Finding::Absent,
                Err(_unfit) => Finding::Unclear,
            },
            (Verdict::Failed(_), 404) => Finding::Absent,
            _ => Finding::Unclear,
        }
    }
}
