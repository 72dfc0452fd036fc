//! A connector's actions by id, each compiled when it is first asked for.
//!
//! A catalogue of thousands of actions is at hand at once, and costs what is used of it. Which actions there are is known from the
//! names of their files.

use std::fmt;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::action::Action;
use crate::bundle::Bundle;
use crate::compile::{self, Context};
use crate::problem::Problem;

/// The actions of a connector.
#[derive(Default)]
pub struct Actions {
    cells: IndexMap<String, OnceLock<Option<Arc<Action>>>>,
    unread: Option<Unread>,
}

/// What actions that nobody asked for yet are made from.
struct Unread {
    bundle: Arc<Bundle>,
    context: Context,
}

impl Actions {
    /// Actions that are compiled already.
    pub(crate) fn ready(actions: impl IntoIterator<Item = Action>) -> Self {
        let cell = |action: Action| (action.id.clone(), OnceLock::from(Some(Arc::new(action))));
        let mut cells: IndexMap<_, _> = actions.into_iter().map(cell).collect();
        cells.sort_keys();
        Self {
            cells,
            unread: None,
        }
    }

    /// Those of a bundle, to be compiled when they are asked for, and one that is there already.
    pub(crate) fn unread(bundle: Arc<Bundle>, context: Context, ready: Action) -> Self {
        let ids = bundle
            .actions()
            .map(|(id, _, _)| (id.to_owned(), OnceLock::new()));
        let mut cells: IndexMap<_, _> = ids.collect();
        cells.insert(ready.id.clone(), OnceLock::from(Some(Arc::new(ready))));
        cells.sort_keys();
        Self {
            cells,
            unread: Some(Unread { bundle, context }),
        }
    }

    /// An action by its id. One whose file cannot be used is not there; [`Actions::problem`] says why.
    pub fn get(&self, id: &str) -> Option<&Arc<Action>> {
        let (id, cell) = self.cells.get_key_value(id)?;
        let read = || {
            let (id, file, text) = self.file(id)?;
            let context = &self.unread.as_ref()?.context;
            compile::action(id, file, text, context).ok().map(Arc::new)
        };
        cell.get_or_init(read).as_ref()
    }

    /// Why an action's file cannot be used.
    pub fn problem(&self, id: &str) -> Option<Problem> {
        let (id, file, text) = self.file(id)?;
        compile::action(id, file, text, &self.unread.as_ref()?.context).err()
    }

    fn file(&self, id: &str) -> Option<(&str, &str, &str)> {
        self.unread.as_ref()?.bundle.action(id)
    }

    /// The ids in their order, also of actions that nobody asked for yet.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.cells.keys()
    }

    /// The actions in the order of their ids. Compiles all.
    pub fn values(&self) -> impl Iterator<Item = &Arc<Action>> {
        self.cells.keys().filter_map(|id| self.get(id))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.cells.keys()).finish()
    }
}
