//! Verification: whether what a connector's actions send and expect is what the vendor describes.
//!
//! Each example's request, and the request with every parameter filled in, must be a valid call of an operation of the
//! description: method and path, no query value, header or body member that the vendor does not know, every required one
//! reachable, and values that fit. The example's answer and the action's `output` must fit the vendor's answer.

mod address;
mod answers;
mod body;
mod exceptions;
mod filled;
mod graphql;
mod knows;
mod outside;
mod paths;
mod permissions;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use tenon_connector::document::ExampleDoc;
use tenon_connector::{Action, Connector, HTTP_REQUEST, Plan, example};

pub use exceptions::{ExceptionDoc, excuse};
pub use graphql::Graphql;
pub use paths::{PathList, Reached};

use self::address::Match;
use crate::odata::Odata;
use crate::shape::{Answer, Description};

/// What an application's vendor publishes, in whichever form.
pub enum Source {
    /// Operations with parameters and schemas.
    Operations(Box<Description>),
    /// A GraphQL schema.
    Graphql(Box<Graphql>),
    /// An entity model.
    Odata(Box<Odata>),
    /// Paths and permissions, and nothing else.
    Paths(PathList),
}

/// One place where action and description do not agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where: `query/limit`, `body/properties/email`, `answer/id`, `scopes`, `operation`, …
    pub at: String,
    /// What does not agree.
    pub message: String,
}

/// What came of one action.
#[derive(Debug)]
pub struct Checked {
    /// The action's id.
    pub action: String,
    /// The operations that its requests are, by the vendor's names.
    pub operations: Vec<String>,
    /// What does not agree; empty where everything does.
    pub findings: Vec<Finding>,
    /// What does not agree and is excused.
    pub excused: Vec<Finding>,
}

impl Checked {
    /// Whether a request of it is none of the description's operations, and that is excused: nothing more was looked at.
    pub fn is_beyond_description(&self) -> bool {
        self.excused.iter().any(|finding| finding.at == "operation")
    }
}

/// Verifies every action of a connector but `httprequest`, which has no request of its own.
pub fn verify(connector: &Connector, sources: &[Source]) -> Vec<Checked> {
    let own = connector
        .actions
        .values()
        .filter(|action| action.id != HTTP_REQUEST);
    own.map(|action| check(connector, action, sources))
        .collect()
}

/// What is being looked at, and what was found.
struct Look<'a> {
    connector: &'a Connector,
    action: &'a Action,
    sources: &'a [Source],
    operations: Vec<String>,
    allowed: Option<BTreeSet<String>>,
    findings: BTreeSet<Finding>,
}

impl Look<'_> {
    fn find(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.findings.insert(Finding {
            at: at.into(),
            message: message.into(),
        });
    }
}

fn check(connector: &Connector, action: &Action, sources: &[Source]) -> Checked {
    let mut look = Look {
        connector,
        action,
        sources,
        operations: Vec::new(),
        allowed: None,
        findings: BTreeSet::new(),
    };
    if action.examples.is_empty() {
        look.find("examples", "there is no example to verify");
    }
    for example in &action.examples {
        match example::plans(connector, action, example) {
            Ok(plans) => requests(&mut look, example, &plans),
            Err(message) => look.find("examples", message),
        }
    }
    if let Some(full) = filled::example(connector, action)
        && let Ok(plans) = example::plans(connector, action, &full)
    {
        plans.iter().for_each(|plan| whole_request(&mut look, plan));
    }
    permissions::check(&mut look);
    Checked {
        action: action.id.clone(),
        operations: look.operations,
        findings: look.findings.into_iter().collect(),
        excused: Vec::new(),
    }
}

/// The requests of an example and their answers.
fn requests(look: &mut Look<'_>, example: &ExampleDoc, plans: &[Plan]) {
    let answers = example.answers.as_slice();
    // An example of a refused request shows what the vendor refuses.
    let refused = example.fails.is_some();
    for (index, plan) in plans.iter().enumerate() {
        let answer = answers.get(index);
        let meant_to_fail = refused && index + 1 == plans.len();
        if let Some(found) = graphql_source(look, plan) {
            found.check(look, plan, answer.filter(|_| !meant_to_fail));
            continue;
        }
        let Some(matched) = operation(look, plan) else {
            continue;
        };
        if meant_to_fail {
            continue;
        }
        outside::check(look, plan, &matched);
        body::check(look, plan, &matched);
        if let Some(answer) = answer {
            let alone = index + 1 == plans.len() && look.action.step_count() == 1;
            answers::check(look, &matched, answer, alone);
        }
    }
}

/// The request with every parameter filled in: names only, for the values are made up.
fn whole_request(look: &mut Look<'_>, plan: &Plan) {
    if let Some(found) = graphql_source(look, plan) {
        found.check(look, plan, None);
    } else if let Some(matched) = operation(look, plan) {
        outside::check_names(look, plan, &matched);
        body::check_names(look, plan, &matched);
    }
}

fn graphql_source<'a>(look: &Look<'a>, plan: &Plan) -> Option<&'a Graphql> {
    let tenon_connector::Body::Json(body) = &plan.body else {
        return None;
    };
    body.get("query")?.as_str()?;
    look.sources.iter().find_map(|source| match source {
        Source::Graphql(found) => Some(found.as_ref()),
        _ => None,
    })
}

/// The operation that a request is. Paths without schemas are only noted.
fn operation<'a>(look: &mut Look<'a>, plan: &Plan) -> Option<Match<'a>> {
    let line = format!("{} {}", plan.method.as_str(), plan.url.path());
    let found = address::find(look.connector, look.sources, plan);
    let listed = look.sources.iter().find_map(|source| match source {
        Source::Paths(paths) => paths.reached(look.connector, plan),
        _ => None,
    });
    if let Some(reached) = &listed {
        permissions::allow(look, &reached.scopes);
    }
    match (found, listed) {
        (Some(matched), _) => {
            note(look, matched.name());
            if let Some(address) = matched.elsewhere(look.connector, plan) {
                look.find("address", address);
            }
            permissions::allow(look, &matched.operation.scopes.concat());
            return Some(matched);
        }
        (None, Some(reached)) => note(look, reached.name),
        (None, None) => look.find("operation", format!("the description has no `{line}`")),
    }
    None
}

fn note(look: &mut Look<'_>, name: String) {
    if !look.operations.contains(&name) {
        look.operations.push(name);
    }
}

/// The answer of an operation for a status: its own, its class, or the one for all others.
fn answer_for(answers: &[Answer], status: u16) -> Option<&Answer> {
    let exact = status.to_string();
    let class = format!("{}XX", status / 100);
    let by = |word: &str| {
        answers
            .iter()
            .find(|answer| answer.status.eq_ignore_ascii_case(word))
    };
    // Beside a described success, the answer for all others is an error's.
    let succeeds = |answer: &Answer| answer.status.starts_with('2');
    let others = || match (200..300).contains(&status) && answers.iter().any(succeeds) {
        true => None,
        false => by("default"),
    };
    by(&exact).or_else(|| by(&class)).or_else(others)
}
