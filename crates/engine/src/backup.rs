//! Copies of everything that is kept, while it is in use.

use std::path::Path;

use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Code, Error, Outcomes};

impl Engine {
    /// Writes a consistent copy of the database into a new file. What was acknowledged before this was called is in it,
    /// and it opens for nobody without the key ring.
    ///
    /// # Errors
    /// [`Code::BadRequest`] where the database has tools of its own for that; where the copy cannot be written.
    pub async fn back_up(&self, _admin: AdminCaller, to: &Path) -> Outcomes<()> {
        if self.store.snapshot(to).await? {
            return Ok(());
        }
        let message = "A PostgreSQL database is copied by its own tools: pg_dump --format=custom";
        Err(Error::new(Code::BadRequest, message))
    }
}
