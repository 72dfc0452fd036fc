//! Sealing credentials for the hosts and places that their connector names, and opening them only for those.

use tenon_connector::{Connector, Way};
use tenon_vault::{Credential, Purpose};

use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::keychain::KeyChainError;
use crate::model::{Connection, ConnectionEventKind, SealedCredential, Tenant};

use super::changed_meanwhile;

impl Engine {
    pub(crate) async fn seal(
        &self,
        connection: &Connection,
        credential: &Credential,
    ) -> Outcomes<SealedCredential> {
        let (id, key) = self.keys.of_tenant(&connection.tenant).await?;
        let blob = key
            .seal_credential(&purpose(connection), credential)
            .map_err(Error::internal)?;
        Ok(SealedCredential { key: id, blob })
    }

    /// Opens a connection's credential, if the connector still sends it where it was sealed for.
    ///
    /// # Errors
    /// [`Code::ConnectorChanged`] where it does not.
    pub(crate) async fn unlock(
        &self,
        connection: &Connection,
        connector: &Connector,
        way: &Way,
    ) -> Outcomes<Credential> {
        let client = connection.client.as_deref();
        let trust = connector.trust_of_client(way, &connection.facts, client)?;
        if trust != connection.trust {
            return Err(Error::of(Code::ConnectorChanged));
        }
        self.open(connection).await
    }

    /// Opens a connection's credential. One that does not open was tampered with, or its key is gone: that is written
    /// into the audit log, and nothing is sent.
    ///
    /// # Errors
    /// [`Code::CredentialUnreadable`].
    async fn open(&self, connection: &Connection) -> Outcomes<Credential> {
        let blob = &connection.credential.blob;
        let opened = match self.keys.by_id(&connection.credential.key).await {
            Ok(key) => key
                .open_credential(&purpose(connection), blob)
                .map_err(|error| error.to_string()),
            Err(error @ KeyChainError::Missing(_)) => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        match opened {
            Ok(credential) => Ok(credential),
            Err(reason) => {
                self.report_unreadable(&connection.tenant, connection.id.as_str(), &reason)
                    .await;
                Err(Error::of(Code::CredentialUnreadable))
            }
        }
    }

    /// Seals the tenant's credentials at an application for the places that its connector now names. An operator's deliberate act.
    ///
    /// # Errors
    /// Where a credential cannot be opened.
    pub async fn approve_connector(&self, tenant: &Tenant, slug: &str) -> Outcomes<u64> {
        let connector = self.registry.connector(slug)?;
        let mut approved = 0;
        for connection in self.store.connections_of_application(tenant, slug).await? {
            let Some((auth, way)) = connector.way(&connection.auth) else {
                continue;
            };
            // Tokens that were imported before the tenant had a client are renewed with it from now on.
            let client = match (&connection.client, &way.grant) {
                (None, Some(grant)) if !connection.sandbox && grant.flow().needs_browser() => {
                    self.client_id_of(tenant, &connector, auth).await?
                }
                (client, _) => client.clone(),
            };
            let trust = connector.trust_of_client(way, &connection.facts, client.as_deref())?;
            if trust != connection.trust {
                let connection = Connection {
                    client,
                    ..connection
                };
                self.reseal(connection, trust).await?;
                approved += 1;
            }
        }
        Ok(approved)
    }

    /// Seals a connection's credential under the tenant's newest data key. `false` where the connection was changed or
    /// removed meanwhile.
    ///
    /// # Errors
    /// Where the credential does not open.
    pub(crate) async fn renew_seal(&self, connection: Connection) -> Outcomes<bool> {
        let credential = self.open(&connection).await?;
        let mut next = Connection {
            version: connection.version + 1,
            ..connection
        };
        next.credential = self.seal(&next, &credential).await?;
        Ok(self.store.reseal_connection(&next, None).await?)
    }

    async fn reseal(&self, connection: Connection, trust: String) -> Outcomes<()> {
        let credential = self.open(&connection).await?;
        let mut next = Connection {
            trust,
            version: connection.version + 1,
            ..connection
        };
        next.credential = self.seal(&next, &credential).await?;
        let event = self.event_of(&next, ConnectionEventKind::Approved);
        if self.store.reseal_connection(&next, Some(&event)).await? {
            Ok(())
        } else {
            Err(changed_meanwhile())
        }
    }
}

/// What a connection's credential is sealed for.
fn purpose(connection: &Connection) -> Purpose<'_> {
    Purpose {
        org: connection.tenant.org.as_str(),
        environment: connection.tenant.environment.as_str(),
        account: connection.account.as_str(),
        subject: connection.id.as_str(),
        connector: &connection.slug,
        trust: &connection.trust,
        field: "credential",
        version: u64::try_from(connection.version).unwrap_or_default(),
    }
}
