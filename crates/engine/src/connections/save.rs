//! Taking credentials in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use tenon_connector::{Connector, Way};
use tenon_vault::{Credential, Secret};

use super::fields::{choose_way, split_fields};
use super::{Identity, changed_meanwhile};
use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AccountId, Connection, ConnectionEventKind, ConnectionId, ConnectionStatus, Millis, Renewal,
    SealedCredential, Tenant,
};
use crate::oauth::Granted;

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

/// What becomes of the account's other connections of the application.
#[derive(Debug, Default)]
pub struct Wish {
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
        let granted = self.grant_of_fields(tenant, slug, new.auth.as_deref(), &new.fields);
        let granted = granted.await?;
        let wish = Wish {
            replace: new.replace,
            another: new.another,
            label: new.label,
        };
        self.keep_granted(tenant, account, granted, wish).await
    }

    /// The credential that somebody typed: checked, with the tokens that it earns, and whose it is. Nothing is kept yet.
    ///
    /// # Errors
    /// As [`Engine::save_connection`].
    pub(crate) async fn grant_of_fields(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: Option<&str>,
        fields: &Map<String, Value>,
    ) -> Outcomes<Granted> {
        let connector = self.registry.connector(slug)?;
        let (way_name, way) = choose_way(&connector, auth)?;
        let (credential, facts) = split_fields(&connector, way, fields)?;
        let named = (way_name, way);
        match way.grant.as_ref().map(|grant| grant.flow()) {
            Some(flow) if flow.mints() => {
                let granting = self.granted_to_typed(tenant, &connector, named, credential, facts);
                granting.await
            }
            _ => {
                let taking = self.taken_as_it_is(tenant, &connector, named, credential, facts);
                taking.await
            }
        }
    }

    /// Keeps tokens that the account agreed to. An account's connection of the same way is replaced (its id stays) unless
    /// another is wished for. Says whether a connection was added.
    ///
    /// # Errors
    /// [`Code::ConnectionNotFound`] where the one to replace is gone.
    pub async fn keep_granted(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        granted: Granted,
        wish: Wish,
    ) -> Outcomes<(Connection, bool)> {
        let connector = self.registry.connector(&granted.slug)?;
        let (way_name, way) = choose_way(&connector, Some(&granted.auth))?;
        let old = self
            .connection_to_replace(tenant, account, &granted.slug, way_name, &wish)
            .await?;
        let draft = Draft {
            tenant,
            account,
            connector: &connector,
            way_name,
            way,
            granted,
            sandbox: false,
        };
        self.keep(draft, old, wish.label).await
    }

    /// A credential that was typed or granted elsewhere. Where the tenant has a client, tokens are renewed with it.
    async fn taken_as_it_is(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        (auth, way): (&str, &Way),
        credential: Credential,
        facts: BTreeMap<String, String>,
    ) -> Outcomes<Granted> {
        let identity = self
            .verify(tenant, connector, way, &credential, &facts)
            .await?;
        let client = match way.grant {
            Some(_) => self.client_id_of(tenant, connector, auth).await?,
            None => None,
        };
        Ok(Granted {
            slug: connector.slug.clone(),
            auth: auth.to_owned(),
            facts,
            scopes: Vec::new(),
            identity,
            credential,
            client,
            renewal: Renewal::default(),
        })
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
        let granted = Granted {
            slug: slug.to_owned(),
            auth: way_name.to_owned(),
            facts: connector.example_facts(),
            scopes: Vec::new(),
            identity: Identity {
                identifier: Some("sandbox".to_owned()),
                name: None,
            },
            credential: Credential::from_fields(fields),
            client: None,
            renewal: Renewal::default(),
        };
        let draft = Draft {
            tenant,
            account,
            connector: &connector,
            way_name,
            way,
            granted,
            sandbox: true,
        };
        let existing = self.store.connections(tenant, account, Some(slug)).await?;
        let old = existing.into_iter().find(|connection| connection.sandbox);
        let kept = self.keep(draft, old, Some("Sandbox".to_owned())).await?;
        Ok(kept.0)
    }

    async fn connection_to_replace(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        way: &str,
        wish: &Wish,
    ) -> Outcomes<Option<Connection>> {
        let existing = self.store.connections(tenant, account, Some(slug)).await?;
        if let Some(id) = &wish.replace {
            let found = existing.into_iter().find(|connection| connection.id == *id);
            return found
                .map(Some)
                .ok_or_else(|| Error::of(Code::ConnectionNotFound));
        }
        Ok(existing
            .into_iter()
            .find(|connection| !wish.another && connection.auth == way && !connection.sandbox))
    }

    async fn keep(
        &self,
        draft: Draft<'_>,
        old: Option<Connection>,
        label: Option<String>,
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
        let Granted {
            facts,
            scopes,
            identity,
            credential,
            client,
            renewal,
            ..
        } = draft.granted;
        connection.auth = draft.way_name.to_owned();
        connection.sandbox = draft.sandbox;
        connection.trust = draft
            .connector
            .trust_of_client(draft.way, &facts, client.as_deref())?;
        connection.facts = facts;
        connection.label = label.or(connection.label);
        // A credential that could not be verified may be another account's.
        connection.identifier = identity.identifier;
        connection.account_name = identity.name;
        connection.scopes = scopes;
        connection.client = client;
        connection.renewal = renewal;
        connection.status = ConnectionStatus::Active;
        connection.reason = None;
        connection.connected_at = now;
        connection.credential = self.seal(&connection, &credential).await?;
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
    granted: Granted,
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
