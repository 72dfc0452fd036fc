//! Connections: credentials taken in ([`save`]), sealed ([`seal`]), confirmed by the application ([`identify`]), chosen
//! ([`choose`]) and brought from elsewhere ([`import`]).

mod choose;
mod fields;
mod identify;
mod import;
mod save;
mod seal;

pub use choose::Choice;
pub use import::imported_fields;
pub use save::NewConnection;

pub(crate) use identify::Question;
