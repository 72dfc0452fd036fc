//! An account with a connection to an emulator, and what it did there.

use std::collections::BTreeSet;

use serde_json::Value;
use tempfile::TempDir;
use tenon_testkit::{Caller, Emulator, Options, Server, emulated};

use crate::TENON;
use crate::overlay::{copy, root};

const ACCOUNT: &str = "ada@example.com";

/// One application, played by one emulator.
pub(super) struct Story {
    slug: &'static str,
    counterpart: String,
    server: Server,
    caller: Caller,
    succeeded: BTreeSet<String>,
    _emulator: Emulator,
    _connectors: TempDir,
}

impl Story {
    /// Connects the shipped connector to the emulator: each first text of `vendor` is replaced by its second, in which
    /// `{base}` is the emulator's address; `fields` are the connection's.
    pub(super) fn begin(
        slug: &'static str,
        emulator: Emulator,
        vendor: &[(&str, &str)],
        fields: &[&str],
    ) -> Self {
        Self::begin_without(slug, emulator, vendor, fields, &[])
    }

    /// The same where the emulator lacks things: each first text of `gaps` is replaced by its second in the connector's copy.
    pub(super) fn begin_without(
        slug: &'static str,
        emulator: Emulator,
        vendor: &[(&str, &str)],
        fields: &[&str],
        gaps: &[(&str, &str)],
    ) -> Self {
        let here: Vec<_> = vendor
            .iter()
            .map(|(from, to)| (*from, to.replace("{base}", &emulator.base)))
            .collect();
        let mut replace: Vec<_> = here.iter().map(|(from, to)| (*from, to.as_str())).collect();
        replace.extend(gaps);
        let connectors = copy(&root().join("connectors").join(slug), &replace);
        let server = Server::start(
            TENON,
            Options {
                connectors: Some(connectors.path().into()),
                allow_loopback: true,
                ..Options::default()
            },
        );
        let caller = server.connect(slug, ACCOUNT, fields);
        let counterpart = match gaps {
            [] => emulator.name.to_owned(),
            _ => format!("{}, with what it lacks left out", emulator.name),
        };
        Self {
            slug,
            counterpart,
            server,
            caller,
            succeeded: BTreeSet::new(),
            _emulator: emulator,
            _connectors: connectors,
        }
    }

    /// Executes an action that must succeed, and returns its data.
    pub(super) async fn run(&mut self, action: &str, input: Value) -> Value {
        let answer = self.try_run(action, &[], input).await;
        assert_eq!(
            answer["node_status"], "Success",
            "{}.{action}: {answer}",
            self.slug
        );
        self.succeeded.insert(action.to_owned());
        answer["data"].clone()
    }

    /// Executes an action with further headers, and returns the whole answer.
    pub(super) async fn try_run(
        &self,
        action: &str,
        headers: &[(&str, &str)],
        input: Value,
    ) -> Value {
        self.caller
            .execute(self.slug, action, headers, &input)
            .await
            .body
    }

    /// Sends a request that no action has, to bring the emulator into a state or to look at one.
    pub(super) async fn arrange(&self, request: Value) -> Value {
        let answer = self.try_run("httprequest", &[], request).await;
        assert_eq!(answer["node_status"], "Success", "{answer}");
        answer["data"].clone()
    }

    /// Ends it: these actions and no others succeeded, and no credential shows.
    pub(super) async fn end(self, count: usize) {
        assert_eq!(self.succeeded.len(), count, "{:?}", self.succeeded);
        emulated::executed(self.slug, &self.counterpart, &self.succeeded);
        self.server.finish().await;
    }
}
