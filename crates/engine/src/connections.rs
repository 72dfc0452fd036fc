//! Connections: credentials taken in ([`save`]), sealed ([`seal`]), confirmed by the application ([`identify`]), chosen
//! ([`choose`]) and brought from elsewhere ([`import`]).

mod choose;
mod fields;
mod health;
mod identify;
mod import;
mod remove;
mod save;
mod seal;

pub use choose::Choice;
pub use import::imported_fields;
pub use remove::Removed;
pub use save::{NewConnection, Wish};

pub use health::{Description, Health};
pub use identify::Identity;

pub(crate) use identify::Question;

use crate::Engine;
use crate::error::{Code, Error};
use crate::model::{Connection, ConnectionEvent, ConnectionEventKind};

impl Engine {
    /// A line of the connection's timeline, of now.
    pub(crate) fn event_of(
        &self,
        connection: &Connection,
        kind: ConnectionEventKind,
    ) -> ConnectionEvent {
        ConnectionEvent::of(connection, kind, self.clock.now())
    }
}

fn changed_meanwhile() -> Error {
    let message = "The connection was changed at the same time; try again";
    Error::new(Code::Conflict, message)
}
