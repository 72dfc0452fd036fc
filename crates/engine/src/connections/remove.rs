//! Taking connections away.

use crate::Engine;
use crate::accounts::partition;
use crate::error::Outcomes;
use crate::model::{Connection, ConnectionEventKind};

impl Engine {
    /// Removes a connection: nobody can use it from here on. `false` where somebody else did.
    pub(super) async fn remove_connection(&self, connection: Connection) -> Outcomes<bool> {
        let pool = partition(&connection.tenant, connection.id.as_str());
        let event = self.event_of(&connection, ConnectionEventKind::Deleted);
        if !self.store.retire_connection(&connection, &event).await? {
            return Ok(false);
        }
        self.egress.forget(&pool);
        self.store.delete_connection(&connection, None).await?;
        Ok(true)
    }
}
