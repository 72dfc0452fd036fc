//! The HTTP API: one table of routes, and the handlers behind it.
//!
//! The table ([`routes`]) is the source of routing, of authorization, of the OpenAPI document and of the routes that
//! answer 501. A route cannot be added without saying who may call it. Handlers translate; the engine decides.

mod access;
mod accounts;
mod actions;
mod admin;
mod answer;
mod app_credentials;
mod applications;
mod audit;
mod body;
mod connect;
mod connections;
mod cors;
mod credentials;
mod date;
mod docs;
mod error;
mod execute;
mod executions;
mod extract;
mod files;
mod instances;
mod left_out;
mod listing;
mod openapi;
mod paging;
mod preference;
mod prefix;
mod presented;
mod refusal;
mod route;
mod router;
mod sdk;
mod sessions;
mod shape;
mod switch;
mod system;
mod table;
mod text;
mod webhooks;
mod your_app;

pub use access::Access;
pub(crate) use audit::Peer;
pub use openapi::{openapi, openapi_of};
pub(crate) use refusal::{busy, unparsed};
pub use route::{Operation, Route};
pub use router::router;
pub use table::routes;
