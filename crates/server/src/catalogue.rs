//! Where connectors come from: the catalogue inside the binary, and the operator's folder over it.
//!
//! A connector of the folder replaces a shipped one of the same slug. One that cannot be read or compiled is reported,
//! and what it was before keeps serving.

pub mod folder;
mod shipped;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenon_connector::{Bundle, Connector, Problem};
use tenon_engine::registry::{Registry, Snapshot};

use folder::Fingerprint;

/// What cannot be read, by slug.
pub(crate) type Unreadable = BTreeMap<String, Vec<Problem>>;

/// Both sources. An operator's connector replaces a shipped one of the same slug.
#[derive(Debug, Default)]
pub struct Catalogue {
    folder: Option<PathBuf>,
    seen: Mutex<Option<Fingerprint>>,
}

impl Catalogue {
    /// The shipped connectors, with an operator's folder over them.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            seen: Mutex::default(),
        }
    }

    /// The operator's folder.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The files of every connector that can be read.
    pub fn bundles(&self) -> Vec<Bundle> {
        self.read().0
    }

    /// A registry of its own, for tools that serve nothing.
    pub fn registry(&self) -> Registry {
        self.examine().0
    }

    /// A registry of its own, and what cannot even be read.
    pub(crate) fn examine(&self) -> (Registry, Unreadable) {
        let (bundles, unreadable) = self.read();
        let registry = Registry::default();
        registry.replace(bundles);
        (registry, unreadable)
    }

    /// Compiles everything again that has changed, and logs what is wrong.
    pub fn reload(&self, registry: &Registry) -> Arc<Snapshot> {
        // Taken before the files are read: what changes meanwhile is seen by the next look.
        let seen = self.fingerprint();
        self.seen().clone_from(&seen);
        let (bundles, unreadable) = self.read();
        let snapshot = registry.replace(bundles);
        for (slug, problems) in unreadable.iter().chain(snapshot.problems()) {
            for problem in problems {
                tracing::error!(connector = slug, %problem, "a connector is not usable as it stands");
            }
        }
        snapshot
    }

    /// Reloads if the operator's folder looks different than it did the last time.
    pub(crate) fn reload_if_changed(&self, registry: &Registry) {
        if *self.seen() != self.fingerprint() {
            self.reload(registry);
            tracing::info!("reloaded the connectors");
        }
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.folder().map(Fingerprint::of)
    }

    fn seen(&self) -> MutexGuard<'_, Option<Fingerprint>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> (Vec<Bundle>, Unreadable) {
        let mut bundles = shipped::bundles();
        let mut unreadable = BTreeMap::new();
        for (slug, bundle) in self.own() {
            match bundle {
                Ok(bundle) => {
                    bundles.insert(slug, bundle);
                }
                Err(problems) => {
                    unreadable.insert(slug, problems);
                }
            }
        }
        (bundles.into_values().collect(), unreadable)
    }

    fn own(&self) -> folder::Found {
        let Some(folder) = &self.folder else {
            return folder::Found::new();
        };
        folder::read(folder).unwrap_or_else(|error| {
            tracing::error!(folder = %folder.display(), %error, "the folder of connectors cannot be read");
            folder::Found::new()
        })
    }
}

/// What an author could do better in a document that compiles.
pub fn lint(connector: &Arc<Connector>) -> Vec<String> {
    let mut advice = tenon_connector::lint::lint(connector);
    advice.extend(tenon_sandbox::check(connector));
    advice
}
