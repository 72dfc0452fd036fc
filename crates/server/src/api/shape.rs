//! The bodies of answers: what the compatible API documents, and what Tenon adds to it.

use tenon_engine::registry::Registry;

mod application;
mod connection;
mod connector;
mod execution;
mod instance;
mod linked_account;
mod webhook;

pub(super) use application::{Application, ways_by_type};
pub(super) use connection::{ConnectionBody, Revocation};
pub(super) use connector::ConnectorBody;
pub(super) use execution::{ExecutionBody, ExecutionDetail};
pub(super) use instance::{Instance, InstanceDetail, status as instance_status};
pub(super) use linked_account::LinkedAccount;
pub(super) use webhook::{DeliveryBody, WebhookBody};

/// An application's name and picture; where its connector is gone, the slug.
fn name_and_icon(registry: &Registry, slug: &str) -> (String, Option<String>) {
    match registry.connector(slug) {
        Ok(connector) => (connector.name.clone(), connector.icon.clone()),
        Err(_gone) => (slug.to_owned(), None),
    }
}
