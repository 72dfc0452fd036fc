//! `your_app`: credentials that the compatible API keeps for calls to the tenant's own application. Tenon makes no such
//! calls and keeps nothing of them; what the compatible API refuses is refused in the same words.

use std::collections::HashSet;

use serde_json::Value;
use tenon_engine::error::{Code, Error, Outcomes};

/// Checks the member of a new account.
pub(super) fn check_for_create(your_app: Option<&Value>) -> Outcomes<()> {
    match your_app {
        Some(value) if credentials(value).is_none() => Err(Error::new(
            Code::BadRequest,
            "Valid App ID and Auth credentials required in your_app",
        )),
        Some(value) => check_names(value),
        None => Ok(()),
    }
}

/// Checks the member of a change.
pub(super) fn check_for_upsert(your_app: Option<&Value>) -> Outcomes<()> {
    match your_app {
        Some(value) if value.as_object().is_none_or(|map| map.is_empty()) => {
            Err(Error::new(Code::BadRequest, "A valid app_id is required"))
        }
        Some(value) => check_names(value),
        None => Ok(()),
    }
}

fn credentials(your_app: &Value) -> Option<&Value> {
    your_app
        .get("auth_credentials")
        .filter(|value| value.is_object() || value.is_array())
}

/// As a list, credentials can name a key twice.
fn check_names(your_app: &Value) -> Outcomes<()> {
    let list = credentials(your_app).and_then(Value::as_array);
    let mut seen = HashSet::new();
    let names = list
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("key_name")?.as_str());
    for name in names {
        if !seen.insert(name) {
            let message = "Duplicate Auth key_name not allowed";
            return Err(Error::new(Code::BadRequest, message));
        }
    }
    Ok(())
}
