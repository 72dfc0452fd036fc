//! Descriptions that are a list of paths with the permissions that they need, and say nothing of bodies: a JSON list of
//! `{pathPattern, method, scopes}`, with the scopes of delegated access.

use serde::Deserialize;
use tenon_connector::{Connector, Plan};

/// The list.
pub struct PathList(Vec<Entry>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    path_pattern: String,
    method: String,
    #[serde(default)]
    scopes: Vec<Words>,
    #[serde(default)]
    work_scopes: Vec<Words>,
}

/// One permission, or several that go together.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Together(Vec<String>),
}

impl Words {
    fn each(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Together(all) => all.as_slice(),
        }
        .iter()
    }
}

/// An entry that a request reaches.
pub struct Reached {
    /// Method and path.
    pub name: String,
    /// What it needs: one of these.
    pub scopes: Vec<String>,
}

impl PathList {
    /// Reads the list.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(Self)
    }

    /// The entry that a request is, below the connector's base address.
    pub fn reached(&self, connector: &Connector, plan: &Plan) -> Option<Reached> {
        let base = connector.base_path();
        let path = plan
            .url
            .path()
            .strip_prefix(&base)
            .unwrap_or(plan.url.path());
        let entry = self.0.iter().find(|entry| {
            entry.method.eq_ignore_ascii_case(plan.method.as_str())
                && fits(&entry.path_pattern, path)
        })?;
        let scopes = entry.scopes.iter().chain(&entry.work_scopes);
        Some(Reached {
            name: format!(
                "{} {}",
                entry.method.to_ascii_uppercase(),
                entry.path_pattern
            ),
            scopes: scopes.flat_map(Words::each).cloned().collect(),
        })
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let wanted = pattern.trim_matches('/').split('/');
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    let wanted: Vec<&str> = wanted.collect();
    wanted.len() == given.len()
        && wanted.iter().zip(given).all(|(wanted, given)| {
            let literal = wanted.split('{').next().unwrap_or_default();
            match wanted.contains('{') {
                true => given.starts_with(literal),
                false => *wanted == given,
            }
        })
}
