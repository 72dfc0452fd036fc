//! Names: ids of actions, names of parameters, labels for people.

use std::collections::HashSet;

use crate::shape::Operation;

/// The longest id of an action.
const LONGEST_ID: usize = 64;

/// The longest name of a parameter: models take no longer ones.
pub(crate) const LONGEST_NAME: usize = 64;

/// Words that cannot name a parameter: they mean something else in a request's texts.
const RESERVED: [&str; 17] = [
    "connection",
    "idempotency_key",
    "steps",
    "fetch_all_up_to",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "not",
    "and",
    "or",
    "in",
    "is",
    "if",
    "else",
];

/// The words of a name in any spelling: `listUserRepos`, `repos/list-for-user`, `HTTPServer2`.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (index, c) in chars.iter().enumerate() {
        let next_lower = chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let previous = index.checked_sub(1).and_then(|at| chars.get(at));
        let after_small = previous.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let after_capital = previous.is_some_and(char::is_ascii_uppercase);
        let starts = c.is_ascii_uppercase() && (after_small || (after_capital && next_lower));
        if starts || !c.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The id of the action that an operation becomes, unlike those that are taken.
pub(crate) fn action_id(operation: &Operation, taken: &mut HashSet<String>) -> String {
    let own = operation.id.as_deref().filter(|id| is_readable(id));
    let words = match own {
        Some(id) => words(id),
        None => words_of_path(operation),
    };
    let wanted = fit(&words);
    let mut id = wanted.clone();
    let mut number = 2;
    while !taken.insert(id.clone()) {
        let suffix = format!("_{number}");
        let front: String = wanted.chars().take(LONGEST_ID - suffix.len()).collect();
        id = front + &suffix;
        number += 1;
    }
    id
}

/// Some ids are the method and the path run together.
fn is_readable(id: &str) -> bool {
    !id.contains(['{', '}']) && id.matches('/').count() < 2 && words(id).len() > 1
}

fn fit(words: &[String]) -> String {
    let mut id = String::new();
    for word in words {
        let more = usize::from(!id.is_empty()) + word.len();
        if id.len() + more > LONGEST_ID {
            break;
        }
        if !id.is_empty() {
            id.push('_');
        }
        id.push_str(word);
    }
    if id.is_empty() {
        id = words.first().map_or_else(
            || "call".to_owned(),
            |word| word.chars().take(LONGEST_ID).collect(),
        );
    }
    // An id that begins like a number reads as one in too many places.
    if id.starts_with(|c: char| c.is_ascii_digit()) {
        id = format!("call_{id}").chars().take(LONGEST_ID).collect();
    }
    id
}

/// `GET /crm/v3/objects/{type}/{id}` is `get_crm_objects_by_id`; what is only a version says nothing.
fn words_of_path(operation: &Operation) -> Vec<String> {
    let segments: Vec<&str> = operation
        .path
        .split('/')
        .filter(|one| !one.is_empty())
        .collect();
    let of_one = segments.last().is_some_and(|last| last.starts_with('{'));
    let verb = match (operation.method.as_str(), of_one) {
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "replace",
        ("PATCH", _) => "update",
        ("DELETE", _) => "delete",
        _ => "call",
    };
    let mut found = vec![verb.to_owned()];
    let version = |text: &str| {
        let rest = text.trim_start_matches('v');
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || c == '.' || c == '-')
    };
    let fixed = segments
        .iter()
        .filter(|one| !one.contains('{') && !version(one));
    found.extend(
        fixed
            .flat_map(|one| words(one))
            .filter(|word| word != "api"),
    );
    if of_one && let Some(last) = segments.last() {
        found.push("by".to_owned());
        found.extend(words(last));
    }
    found
}

/// A name that can stand in `{{ … }}`: the wire's own where it can.
pub(crate) fn param_name(wire: &str, header: bool) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '_'
        }
    };
    let mut name: String = if header {
        words(wire).join("_")
    } else {
        let spelt: String = wire.chars().map(plain).collect();
        let parts: Vec<&str> = spelt.split('_').filter(|part| !part.is_empty()).collect();
        // A leading underscore of the wire's stays.
        let front = if wire.starts_with('_') { "_" } else { "" };
        format!("{front}{}", parts.join("_"))
    };
    if name.trim_matches('_').is_empty() {
        name = "value".to_owned();
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) || RESERVED.contains(&name.as_str()) {
        name = format!("param_{name}");
    }
    name.chars().take(LONGEST_NAME).collect()
}

/// What a person reads beside an input.
pub(crate) fn label(name: &str) -> String {
    let words = words(name).into_iter().map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: Option<&str>, method: &str, path: &str) -> String {
        let operation = Operation {
            id: id.map(str::to_owned),
            method: method.to_owned(),
            path: path.to_owned(),
            ..Operation::default()
        };
        action_id(&operation, &mut HashSet::new())
    }

    #[test]
    fn ids_are_readable_whatever_the_vendor_calls_the_operation() {
        assert_eq!(
            id(Some("repos/list-for-user"), "GET", "/x"),
            "repos_list_for_user"
        );
        assert_eq!(id(Some("getHTTPServers"), "GET", "/x"), "get_http_servers");
        let path = "/crm/v3/objects/contacts/{contactId}";
        let ugly = "get-/crm/v3/objects/contacts/{contactId}_getById";
        assert_eq!(
            id(Some(ugly), "GET", path),
            "get_crm_objects_contacts_by_contact_id"
        );
        assert_eq!(id(None, "POST", "/v1/charges"), "create_charges");
        let long = "a_rather_long_word_".repeat(9);
        assert!(id(Some(&long), "GET", "/x").len() <= 64);
    }

    #[test]
    fn names_of_parameters_can_stand_in_expressions() {
        assert_eq!(param_name("filter[name]", false), "filter_name");
        assert_eq!(param_name("$top", false), "top");
        assert_eq!(param_name("_id", false), "_id");
        assert_eq!(param_name("X-Trace-Id", true), "x_trace_id");
        assert_eq!(param_name("not", false), "param_not");
        assert_eq!(param_name("2fa", false), "param_2fa");
        assert_eq!(param_name("…", false), "value");
    }
}
