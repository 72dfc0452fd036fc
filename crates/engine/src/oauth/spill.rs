//! New tokens that the store could not write, kept in a sealed file until it can: a rotated token exists nowhere else.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::error::Outcomes;
use crate::model::{
    Connection, ConnectionEventKind, ConnectionId, DataKeyId, LeaseOwner, Millis, Renewal,
    SealedCredential, Tenant,
};

/// A place for a few small files of this process. What is kept there is on disk (`fsync`) when [`Spill::keep`] returns.
pub trait Spill: Send + Sync {
    /// Keeps these bytes under a name of letters, digits and `_`, in place of what was there.
    ///
    /// # Errors
    /// Where the disk cannot be written.
    fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Everything that is kept.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn all(&self) -> io::Result<Vec<Vec<u8>>>;
    /// Forgets what is kept under a name.
    fn forget(&self, name: &str);
}

/// What is written of a refreshed connection. The tokens are sealed, as in the database.
#[derive(Serialize, Deserialize)]
struct Spilled {
    org: String,
    environment: String,
    connection: String,
    owner: String,
    version: i64,
    data_key: String,
    credential: String,
    scopes: Vec<String>,
    expires_at: Option<i64>,
    due_at: Option<i64>,
}

impl Engine {
    /// Keeps new tokens in a file; says whether they are.
    pub(super) fn spill(&self, next: &Connection, owner: &LeaseOwner) -> bool {
        let Some(spill) = &self.spill else {
            return false;
        };
        let spilled = Spilled {
            org: next.tenant.org.to_string(),
            environment: next.tenant.environment.as_str().to_owned(),
            connection: next.id.to_string(),
            owner: owner.as_str().to_owned(),
            version: next.version,
            data_key: next.credential.key.to_string(),
            credential: STANDARD.encode(&next.credential.blob),
            scopes: next.scopes.clone(),
            expires_at: next.renewal.expires_at.map(|time| time.0),
            due_at: next.renewal.due_at.map(|time| time.0),
        };
        let bytes = serde_json::to_vec(&spilled).unwrap_or_default();
        match spill.keep(next.id.as_str(), &bytes) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(connection = %next.id, %error, "new tokens could not be kept in a file either");
                false
            }
        }
    }

    pub(super) fn unspill(&self, spilled: bool, next: &Connection) {
        if let Some(spill) = self.spill.as_ref().filter(|_| spilled) {
            spill.forget(next.id.as_str());
        }
    }

    /// Writes the tokens that an earlier life of the process could not, where nobody has renewed them since; says how many.
    ///
    /// # Errors
    /// Where the store does not answer; then they stay in their files.
    pub async fn recover_spilled(&self) -> Outcomes<u64> {
        let Some(spill) = &self.spill else {
            return Ok(0);
        };
        let mut recovered = 0;
        for bytes in spill.all().map_err(crate::error::Error::internal)? {
            let Ok(spilled) = serde_json::from_slice::<Spilled>(&bytes) else {
                tracing::error!("a file of spilled tokens cannot be read; it is left");
                continue;
            };
            recovered += u64::from(self.recover(&spilled).await?);
            spill.forget(&spilled.connection);
        }
        Ok(recovered)
    }

    async fn recover(&self, spilled: &Spilled) -> Outcomes<bool> {
        let Some((tenant, id, key)) = spilled.names() else {
            return Ok(false);
        };
        let Some(current) = self.store.connection(&tenant, &id).await? else {
            return Ok(false);
        };
        let next = Connection {
            version: spilled.version,
            scopes: spilled.scopes.clone(),
            credential: SealedCredential {
                key,
                blob: STANDARD.decode(&spilled.credential).unwrap_or_default(),
            },
            renewal: Renewal {
                expires_at: spilled.expires_at.map(Millis),
                due_at: spilled.due_at.map(Millis),
                ..Renewal::default()
            },
            reason: None,
            ..current
        };
        let owner = LeaseOwner::stored(spilled.owner.clone());
        let event = self
            .event_of(&next, ConnectionEventKind::Refreshed)
            .because("recovered");
        Ok(self.store.finish_refresh(&next, &owner, &event).await?)
    }
}

impl Spilled {
    fn names(&self) -> Option<(Tenant, ConnectionId, DataKeyId)> {
        let tenant = Tenant {
            org: crate::model::OrgId::parse(&self.org)?,
            environment: crate::model::Environment::parse(&self.environment)?,
        };
        let key = DataKeyId::parse(&self.data_key)?;
        Some((tenant, ConnectionId::parse(&self.connection)?, key))
    }
}
