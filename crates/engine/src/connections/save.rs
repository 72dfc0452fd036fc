//! Taking credentials in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use tenon_connector::{Connector, Way};
use tenon_vault::{Credential, Secret};

use super::changed_meanwhile;
use super::fields::{choose_way, split_fields};
use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AccountId, Connection, ConnectionEventKind, ConnectionId, ConnectionStatus, Millis, Renewal,
    SealedCredential, Tenant,
};

/// What a connection is made of.
#[derive(Debug, Default)]
pub struct NewConnection {
    /// The connector's way to authenticate, or its family; the default where nobody says.
    pub auth: Option<String>,
    /// The credential's fields and the connection's facts, by name.
    pub fields: Map<String, Value>,
    /// Replace the credential of this connection.
    pub replace: Option<ConnectionId>,
    /// Make another connection even where there is one of this way already.
    pub another: bool,
    /// A name for people.
    pub label: Option<String>,
}

impl Engine {
    /// Takes a credential in: checks its fields, asks the application whose it is, seals it.
    ///
    /// An account's connection of the same way is replaced (its id stays) unless another is asked for. Says whether a connection was added.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for fields that are missing or unknown; [`Code::BadRequest`] where the application refuses the credential.
    pub async fn save_connection(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        new: NewConnection,
    ) -> Outcomes<(Connection, bool)> {
        let connector = self.registry.connector(slug)?;
        let (way_name, way) = choose_way(&connector, new.auth.as_deref())?;
        let (credential, facts) = split_fields(&connector, way, &new.fields)?;
        let identifier = self
            .verify(tenant, &connector, way, &credential, &facts)
            .await?;
        let old = self
            .connection_to_replace(tenant, account, slug, way_name, &new)
            .await?;
        let draft = Draft {
            tenant,
            account,
            connector: &connector,
            way_name,
            way,
            facts,
            sandbox: false,
        };
        self.keep(draft, &credential, old, new.label, identifier)
            .await
    }

    /// Makes a connection whose calls go to the sandbox, or gives the account's sandbox connection a new credential and
    /// so a new world. The credential is made up and good for nothing else.
    ///
    /// # Errors
    /// Where the application does not exist or the store does not answer.
    pub async fn create_sandbox_connection(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
    ) -> Outcomes<Connection> {
        let connector = self.registry.connector(slug)?;
        let (way_name, way) = choose_way(&connector, None)?;
        let token = format!("sandbox_{}", ConnectionId::generate());
        let fields = way
            .doc
            .fields
            .keys()
            .map(|name| (name.clone(), Secret::new(token.clone())));
        let draft = Draft {
            tenant,
            account,
            connector: &connector,
            way_name,
            way,
            facts: connector.example_facts(),
            sandbox: true,
        };
        let credential = Credential::from_fields(fields);
        let existing = self.store.connections(tenant, account, Some(slug)).await?;
        let old = existing.into_iter().find(|connection| connection.sandbox);
        let (label, identifier) = (Some("Sandbox".to_owned()), Some("sandbox".to_owned()));
        let kept = self
            .keep(draft, &credential, old, label, identifier)
            .await?;
        Ok(kept.0)
    }

    async fn connection_to_replace(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        way: &str,
        new: &NewConnection,
    ) -> Outcomes<Option<Connection>> {
        let existing = self.store.connections(tenant, account, Some(slug)).await?;
        if let Some(id) = &new.replace {
            let found = existing.into_iter().find(|connection| connection.id == *id);
            return found
                .map(Some)
                .ok_or_else(|| Error::of(Code::ConnectionNotFound));
        }
        Ok(existing
            .into_iter()
            .find(|connection| !new.another && connection.auth == way && !connection.sandbox))
    }

    async fn keep(
        &self,
        draft: Draft<'_>,
        credential: &Credential,
        old: Option<Connection>,
        label: Option<String>,
        identifier: Option<String>,
    ) -> Outcomes<(Connection, bool)> {
        let now = self.clock.now();
        let added = old.is_none();
        let mut connection = match old {
            Some(old) => Connection {
                version: old.version + 1,
                ..old
            },
            None => draft.connection(self.no_credential(draft.tenant).await?, now),
        };
        connection.auth = draft.way_name.to_owned();
        connection.sandbox = draft.sandbox;
        connection.trust = draft.connector.trust(draft.way, &draft.facts)?;
        connection.facts = draft.facts;
        connection.label = label.or(connection.label);
        // A credential that could not be verified may be another account's.
        connection.identifier = identifier;
        connection.status = ConnectionStatus::Active;
        connection.reason = None;
        connection.connected_at = now;
        connection.credential = self.seal(&connection, credential).await?;
        self.put(&connection, added).await?;
        Ok((connection, added))
    }

    async fn no_credential(&self, tenant: &Tenant) -> Outcomes<SealedCredential> {
        Ok(SealedCredential {
            key: self.keys.of_tenant(tenant).await?.0,
            blob: Vec::new(),
        })
    }

    async fn put(&self, connection: &Connection, added: bool) -> Outcomes<()> {
        if added {
            let event = self.event_of(connection, ConnectionEventKind::Created);
            return Ok(self.store.add_connection(connection, &event).await?);
        }
        self.egress
            .forget(&partition(&connection.tenant, connection.id.as_str()));
        let event = self.event_of(connection, ConnectionEventKind::Reauthorized);
        if self.store.update_connection(connection, &event).await? {
            Ok(())
        } else {
            Err(changed_meanwhile())
        }
    }
}

/// Everything that is known of a connection before its credential is sealed.
struct Draft<'a> {
    tenant: &'a Tenant,
    account: &'a AccountId,
    connector: &'a Arc<Connector>,
    way_name: &'a str,
    way: &'a Way,
    facts: BTreeMap<String, String>,
    sandbox: bool,
}

impl Draft<'_> {
    fn connection(&self, credential: SealedCredential, now: Millis) -> Connection {
        Connection {
            id: ConnectionId::generate(),
            tenant: self.tenant.clone(),
            account: self.account.clone(),
            slug: self.connector.slug.clone(),
            auth: self.way_name.to_owned(),
            label: None,
            facts: BTreeMap::new(),
            identifier: None,
            account_name: None,
            is_default: false,
            status: ConnectionStatus::Active,
            reason: None,
            client: None,
            scopes: Vec::new(),
            renewal: Renewal::default(),
            sandbox: self.sandbox,
            trust: String::new(),
            version: 1,
            credential,
            created_at: now,
            connected_at: now,
        }
    }
}
