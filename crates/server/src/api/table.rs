//! The table of routes: everything that the API can do, in one list.

use super::route::Route;
use super::{
    accounts, actions, admin, app_credentials, applications, connect, connections, credentials,
    docs, executions, files, instances, left_out, listing, sdk, sessions, system, webhooks,
};

/// Every route of the API.
pub fn routes() -> Vec<Route> {
    [
        actions::routes(),
        listing::routes(),
        applications::routes(),
        accounts::routes(),
        credentials::routes(),
        app_credentials::routes(),
        connections::routes(),
        sessions::routes(),
        executions::routes(),
        files::routes(),
        instances::routes(),
        sdk::routes(),
        connect::routes(),
        docs::routes(),
        webhooks::routes(),
        admin::routes(),
        system::routes(),
        left_out::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
