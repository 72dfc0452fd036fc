//! What the vendor is when it behaves: records by path, made, read, replaced, changed and removed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::request::Request;

/// Where the vendor says who a credential belongs to. No fault shows there.
pub(super) const IDENTITY: &str = "/me";

/// Records by path.
#[derive(Default)]
pub(super) struct Crm {
    records: Mutex<BTreeMap<String, Map<String, Value>>>,
}

impl Crm {
    /// Does what the request asks for: status and body.
    pub(super) fn answer(&self, request: &Request) -> (u16, String) {
        if request.path == IDENTITY {
            return (200, json!({"id": "vendor-7"}).to_string());
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.path.clone();
        let given = serde_json::from_slice(&request.body).unwrap_or_default();
        match request.method.as_str() {
            "POST" | "PUT" => {
                records.insert(path.clone(), given);
            }
            "PATCH" => records.entry(path.clone()).or_default().extend(given),
            "DELETE" => {
                records.remove(&path);
            }
            _ => {}
        }
        let record = records.get(&path).cloned().unwrap_or_default();
        (200, json!({"path": path, "record": record}).to_string())
    }
}
