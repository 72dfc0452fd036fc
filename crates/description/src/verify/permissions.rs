//! The permissions that an action says it needs, against those that the vendor names for its operations.

use super::Look;

/// Takes note of what an operation's description names. One that names nothing says nothing.
pub(super) fn allow(look: &mut Look<'_>, scopes: &[String]) {
    if !scopes.is_empty() {
        let allowed = look.allowed.get_or_insert_default();
        allowed.extend(scopes.iter().cloned());
    }
}

/// Every permission of the action is one of those, and there is one where the vendor wants some.
pub(super) fn check(look: &mut Look<'_>) {
    let Some(allowed) = look.allowed.take() else {
        return;
    };
    let known = allowed
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let strays: Vec<String> = look
        .action
        .scopes
        .iter()
        .filter(|scope| !allowed.contains(*scope))
        .cloned()
        .collect();
    for stray in strays {
        let message = format!("`{stray}` is not among those that the description names: {known}");
        look.find("scopes", message);
    }
    if look.action.scopes.is_empty() {
        look.find("scopes", format!("the description names some: {known}"));
    }
}
