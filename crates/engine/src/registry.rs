//! The connectors at hand: an immutable snapshot, swapped as a whole. A run holds on to the one that it began with.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tenon_connector::{Action, Bundle, Connector, Problem, README_FILE};

use crate::error::{Code, Error, Outcomes};

/// How many actions are compiled when they are read, to say what is wrong with them. Of more, each is when it is first used.
const MOST_LOOKED_AT: usize = 500;

/// The present snapshot.
#[derive(Default)]
pub struct Registry {
    current: ArcSwap<Snapshot>,
}

/// All connectors at one moment.
#[derive(Default)]
pub struct Snapshot {
    connectors: BTreeMap<String, Arc<Connector>>,
    sources: BTreeMap<String, Arc<Bundle>>,
    problems: BTreeMap<String, Vec<Problem>>,
}

impl Registry {
    /// The present snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Replaces the snapshot by what these bundles compile to.
    ///
    /// A bundle that does not compile is reported and its application keeps serving from what compiled last, if
    /// anything did. A bundle that did not change is not compiled again. Of those that were compiled before the program was
    /// built, and of thousands of actions, only the connectors are looked at: an action whose file cannot be used is found out
    /// when it is called.
    pub fn replace(&self, bundles: impl IntoIterator<Item = Bundle>) -> Arc<Snapshot> {
        let before = self.snapshot();
        let mut next = Snapshot::default();
        let bundles: Vec<_> = bundles.into_iter().map(Arc::new).collect();
        let unknown = bundles.iter().filter(|bundle| !bundle.proven);
        let few = unknown.map(|bundle| bundle.action_count()).sum::<usize>() <= MOST_LOOKED_AT;
        for bundle in bundles {
            next.take(bundle, few, &before);
        }
        self.current.store(Arc::new(next));
        self.snapshot()
    }

    /// A connector by slug.
    ///
    /// # Errors
    /// [`Code::ApplicationNotFound`], in the words that the vendor-compatible API documents.
    pub fn connector(&self, slug: &str) -> Outcomes<Arc<Connector>> {
        let found = self.current.load().connectors.get(slug).cloned();
        found.ok_or_else(|| Error::new(Code::ApplicationNotFound, "Integration slug not found"))
    }

    /// An action by slug and id.
    ///
    /// # Errors
    /// [`Code::ApplicationNotFound`] or [`Code::ActionNotFound`], both in the words that the vendor-compatible API
    /// documents for the pair.
    pub fn action(&self, slug: &str, action: &str) -> Outcomes<(Arc<Connector>, Arc<Action>)> {
        let missing = |code| {
            let message = "Action not found for the specified slug and action_id";
            move || Error::new(code, message)
        };
        let connector = self
            .current
            .load()
            .connectors
            .get(slug)
            .cloned()
            .ok_or_else(missing(Code::ApplicationNotFound))?;
        if let Some(action) = connector.action(action).cloned() {
            return Ok((connector, action));
        }
        Err(match connector.actions.problem(action) {
            Some(problem) => Error::new(
                Code::ActionNotFound,
                format!("The action's file cannot be used: {problem}"),
            ),
            None => missing(Code::ActionNotFound)(),
        })
    }
}

impl Snapshot {
    fn take(&mut self, bundle: Arc<Bundle>, few: bool, before: &Self) {
        let slug = bundle.slug.clone();
        let unchanged =
            before.sources.get(&slug) == Some(&bundle) && !before.problems.contains_key(&slug);
        let last = before.connectors.get(&slug).cloned();
        match last {
            Some(connector) if unchanged => {
                self.connectors.insert(slug.clone(), connector);
            }
            last => match read(&bundle, few) {
                Ok(connector) => {
                    self.connectors.insert(slug.clone(), Arc::new(connector));
                }
                Err(problems) => {
                    self.problems.insert(slug.clone(), problems);
                    self.connectors
                        .extend(last.map(|connector| (slug.clone(), connector)));
                }
            },
        }
        self.sources.insert(slug, bundle);
    }

    /// The connectors in the order of their slugs.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.connectors.values()
    }

    /// A connector by slug.
    pub fn connector(&self, slug: &str) -> Option<&Arc<Connector>> {
        self.connectors.get(slug)
    }

    /// What an operator reads before setting a connector up, in Markdown.
    pub fn readme(&self, slug: &str) -> Option<&str> {
        let files = &self.sources.get(slug)?.files;
        files.get(README_FILE).map(String::as_str)
    }

    /// What is wrong with connectors, by slug.
    pub fn problems(&self) -> &BTreeMap<String, Vec<Problem>> {
        &self.problems
    }
}

/// What is compiled to be looked at is not kept: what is never used need not be held.
fn read(bundle: &Arc<Bundle>, few: bool) -> Result<Connector, Vec<Problem>> {
    if few && !bundle.proven {
        bundle.compile()?;
    }
    bundle.open()
}
