//! The management API, for whoever holds the admin key: the operator, the command line, a console.
//!
//! Everything but organizations and connectors is about one environment, which the query chooses. Unknown members of
//! bodies are refused: nobody but our own tools depends on these shapes. Webhooks are the exception: they have the public routes' shapes.

mod accounts;
mod applications;
mod audit;
mod backups;
mod connections;
mod connectors;
mod environments;
mod executions;
mod journal;
mod key_ring;
mod keys;
mod oauth_clients;
mod organizations;
mod sandbox;

use super::route::Route;
use super::webhooks;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        organizations::routes(),
        environments::routes(),
        keys::routes(),
        applications::routes(),
        oauth_clients::routes(),
        accounts::routes(),
        connections::routes(),
        executions::routes(),
        journal::routes(),
        backups::routes(),
        connectors::routes(),
        sandbox::routes(),
        key_ring::routes(),
        audit::routes(),
        webhooks::admin_routes(),
    ]
    .into_iter()
    .flatten()
    .map(|route| route.tagged("Management"))
    .collect()
}
