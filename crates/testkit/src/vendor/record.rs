//! What the vendor saw: one line for each request, on disk before the vendor does anything else.

use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::request::Request;

/// A request that was read completely enough to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its number, from 1.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The path with the query.
    pub path: String,
    /// The key of the execution that it carried.
    pub key: Option<String>,
    /// Whether the vendor will say that it did nothing (429).
    pub refused: bool,
}

/// The record of one vendor.
#[derive(Clone)]
pub struct Record {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    file: File,
    received: Vec<Received>,
}

impl Record {
    pub(super) fn new() -> Self {
        let file = tempfile::tempfile().expect("a temporary file");
        let inner = Inner {
            file,
            received: Vec::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Writes a request down, and returns once it is on disk.
    pub(super) async fn write(&self, request: &Request, refused: bool) {
        let (record, request) = (self.clone(), request.clone());
        let written = tokio::task::spawn_blocking(move || record.write_now(&request, refused));
        written.await.expect("the record can be written");
    }

    fn write_now(&self, request: &Request, refused: bool) {
        let mut inner = self.inner.lock().expect("no writer panics");
        let received = Received {
            number: inner.received.len() as u64 + 1,
            method: request.method.clone(),
            path: request.path.clone(),
            key: request.header("x-tenon-key").map(str::to_owned),
            refused,
        };
        let line = json!({
            "number": received.number, "method": received.method, "path": received.path,
            "key": received.key, "refused": refused,
        });
        writeln!(inner.file, "{line}").expect("the record's file takes a line");
        inner.file.sync_data().expect("the record's file syncs");
        inner.received.push(received);
    }

    /// Everything so far, in order.
    ///
    /// # Panics
    /// Never: no writer panics while it holds the record.
    pub fn received(&self) -> Vec<Received> {
        let inner = self.inner.lock().expect("no writer panics");
        inner.received.clone()
    }
}
