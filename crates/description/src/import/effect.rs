//! What an operation does to the vendor's data, where it can be told.

use crate::import::names::words;
use crate::shape::Operation;

/// Words for reading. Only both the path and the name together are believed: a write that is taken for a read would be
/// sent twice.
const READS: [&str; 9] = [
    "search", "query", "lookup", "list", "find", "count", "read", "get", "filter",
];
/// Words for what cannot be undone. One is enough.
const DESTROYS: [&str; 10] = [
    "delete",
    "remove",
    "archive",
    "purge",
    "destroy",
    "revoke",
    "cancel",
    "terminate",
    "void",
    "wipe",
];

/// The effect, where it is another than the method says.
pub(crate) fn of(operation: &Operation) -> Option<&'static str> {
    let named = operation.id.as_deref().map(words).unwrap_or_default();
    let last = operation
        .path
        .rsplit('/')
        .find(|segment| !segment.contains('{'));
    let last = last.map(words).unwrap_or_default();
    let any =
        |list: &[String], known: &[&str]| list.iter().any(|word| known.contains(&word.as_str()));
    match operation.method.as_str() {
        "POST" if any(&last, &DESTROYS) || any(&named, &DESTROYS) => Some("destructive"),
        "POST" if any(&last, &READS) && reads_first(&named, &operation.summary) => Some("read"),
        "PUT" | "PATCH" if any(&last, &DESTROYS) => Some("destructive"),
        _ => None,
    }
}

fn reads_first(named: &[String], summary: &Option<String>) -> bool {
    let summary = summary.as_deref().map(words).unwrap_or_default();
    let verbs = named.iter().chain(summary.first());
    let found = verbs.into_iter().any(|word| READS.contains(&word.as_str()));
    let writes = [
        "create", "update", "add", "set", "save", "replace", "insert", "start", "run",
    ];
    found && !named.iter().any(|word| writes.contains(&word.as_str()))
}
