//! Which operation a request is, by its method and its path.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tenon_connector::{Connector, Plan};
use url::Url;

use super::Source;
use crate::shape::Operation;

/// The operation that a request is.
pub(super) struct Match<'a> {
    /// The schemas that it refers to.
    pub(super) defs: &'a Map<String, Value>,
    servers: &'a [String],
    pub(super) operation: Cow<'a, Operation>,
    /// The values of the path's variables, decoded.
    pub(super) segments: Vec<(String, String)>,
    /// What stands before the operation's path in the request's.
    prefix: String,
}

impl Match<'_> {
    /// What the vendor calls it.
    pub(super) fn name(&self) -> String {
        let line = || format!("{} {}", self.operation.method, self.operation.path);
        self.operation.id.clone().unwrap_or_else(line)
    }

    /// Says so where the description has the operation at another address. One that each customer brings cannot be compared.
    pub(super) fn elsewhere(&self, connector: &Connector, plan: &Plan) -> Option<String> {
        let own = &self.operation.servers;
        let servers = if own.is_empty() { self.servers } else { own };
        if servers.is_empty() || connector.has_varying_address() {
            return None;
        }
        let here = |server: &String| {
            let (host, path) = host_and_path(server);
            let same_host = host.is_none_or(|host| {
                host.contains('{') || plan.url.host_str() == Some(host.as_str())
            });
            same_host && (path.contains('{') || path == self.prefix)
        };
        (!servers.iter().any(here)).then(|| {
            format!(
                "requests go to {}{}, and the description says {}",
                plan.url.host_str().unwrap_or_default(),
                self.prefix,
                servers.join(", ")
            )
        })
    }
}

/// Host and path of a server's address, which may be relative or have variables.
fn host_and_path(server: &str) -> (Option<String>, String) {
    let Some((_, rest)) = server.split_once("://") else {
        return (None, server.trim_end_matches('/').to_owned());
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    let path = if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    };
    (Some(host.to_ascii_lowercase()), path)
}

/// Finds it: the one whose path has the most literal segments wins.
pub(super) fn find<'a>(
    connector: &Connector,
    sources: &'a [Source],
    plan: &Plan,
) -> Option<Match<'a>> {
    let mut best: Option<((bool, usize), Match<'a>)> = None;
    for source in sources {
        let Source::Operations(description) = source else {
            continue;
        };
        let same = |operation: &&Operation| operation.method == plan.method.as_str();
        for operation in description.operations.iter().filter(same) {
            let media = operation.media.iter().flat_map(|media| &media.uploads);
            let paths = std::iter::once(&operation.path).chain(media.map(|upload| &upload.path));
            for path in paths {
                let Some((prefix, segments, literal)) = fits(path, &plan.url) else {
                    continue;
                };
                let matched = Match {
                    defs: &description.defs,
                    servers: &description.servers,
                    operation: Cow::Borrowed(operation),
                    segments,
                    prefix,
                };
                let rank = (matched.elsewhere(connector, plan).is_none(), literal);
                if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                    best = Some((rank, matched));
                }
            }
        }
    }
    let modelled = || {
        sources
            .iter()
            .find_map(|source| in_model(connector, source, plan))
    };
    best.map(|(_, matched)| matched).or_else(modelled)
}

/// The operation that a path through an entity model comes to.
fn in_model<'a>(connector: &Connector, source: &'a Source, plan: &Plan) -> Option<Match<'a>> {
    let Source::Odata(model) = source else {
        return None;
    };
    let base = connector.base_path();
    let path = plan.url.path().strip_prefix(&base)?;
    let operation = model.operation(plan.method.as_str(), path)?;
    Some(Match {
        defs: &model.defs,
        servers: &[],
        operation: Cow::Owned(operation),
        segments: Vec::new(),
        prefix: base,
    })
}

/// What stands before the path, the values of its variables, and how many of its segments are literal.
type Fit = (String, Vec<(String, String)>, usize);

/// Whether a request's path ends as the operation's does.
fn fits(template: &str, url: &Url) -> Option<Fit> {
    let wanted: Vec<&str> = template.trim_matches('/').split('/').collect();
    let path = url.path().trim_matches('/');
    let given: Vec<&str> = path.split('/').collect();
    let before = given.len().checked_sub(wanted.len())?;
    let (prefix, own) = given.split_at_checked(before)?;
    let (mut values, mut literal) = (Vec::new(), 0);
    for (wanted, given) in wanted.iter().zip(own) {
        let plain = wanted.eq_ignore_ascii_case(given);
        match variable(wanted, given) {
            Some(value) => values.push(value),
            None if plain => literal += 1,
            None => return None,
        }
    }
    let prefix = prefix.iter().map(|segment| format!("/{segment}")).collect();
    (literal > 0 || before == 0).then_some((prefix, values, literal))
}

/// The value of a segment's one variable: `{id}`, `{id}.json`, `$value:{id}`.
fn variable(template: &str, given: &str) -> Option<(String, String)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    // Several variables in one segment: what comes between them is not compared.
    let after = after.rsplit_once('}').map_or(after, |(_, last)| last);
    let value = given.strip_prefix(before)?.strip_suffix(after)?;
    let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    let name = name.trim_start_matches('+');
    (!value.is_empty()).then(|| (name.to_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(template: &str, address: &str) -> Option<Fit> {
        fits(template, &Url::parse(address).unwrap())
    }

    #[test]
    fn a_path_fits_by_its_end_and_gives_its_variables() {
        let (prefix, values, literal) = fit(
            "/notes/{id}.json",
            "https://x.example/api/v2/notes/a%20b.json",
        )
        .unwrap();
        assert_eq!((prefix.as_str(), literal), ("/api/v2", 1));
        assert_eq!(values, [("id".to_owned(), "a b".to_owned())]);
        assert!(fit("/notes/{id}", "https://x.example/note/1").is_none());
        assert!(fit("/notes/{id}/tags", "https://x.example/notes/1").is_none());
    }
}
