//! Connections: credentials taken in, sealed, chosen and removed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tenon_connector::document::AuthKind;
use tenon_connector::{Answer, Connector, Facts, FieldError, Verdict, Way};
use tenon_vault::{Credential, Purpose, Secret};

use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AccountId, Connection, ConnectionId, ConnectionStatus, SealedCredential, Tenant,
};

/// How long the application may take to say whose a new credential is.
const VERIFY_LIMIT: Duration = Duration::from_secs(5);

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

/// Which connection a call means.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// By id.
    pub connection: Option<String>,
    /// By way to authenticate, or its family.
    pub auth: Option<String>,
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
        let identifier = self.verify(&connector, way, &credential, &facts).await?;
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

    /// Makes a connection whose calls go to the sandbox. Its credential is made up and good for nothing else.
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
        let facts = connector
            .facts
            .iter()
            .map(|(name, fact)| (name.clone(), fact.example.clone()))
            .collect();
        let draft = Draft {
            tenant,
            account,
            connector: &connector,
            way_name,
            way,
            facts,
            sandbox: true,
        };
        let credential = Credential::from_fields(fields);
        Ok(self
            .keep(
                draft,
                &credential,
                None,
                Some("Sandbox".to_owned()),
                Some("sandbox".to_owned()),
            )
            .await?
            .0)
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
        connection.trust = draft
            .connector
            .trust(draft.way, &draft.facts)
            .map_err(bad_facts)?;
        connection.facts = draft.facts;
        connection.label = label.or(connection.label);
        connection.identifier = identifier.or(connection.identifier);
        connection.status = ConnectionStatus::Active;
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
            return Ok(self.store.add_connection(connection).await?);
        }
        self.egress
            .forget(&partition(&connection.tenant, connection.id.as_str()));
        let kept = self.store.update_connection(connection).await?;
        if kept {
            Ok(())
        } else {
            Err(Error::new(
                Code::Conflict,
                "The connection was changed at the same time; try again",
            ))
        }
    }

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
    pub(crate) fn unlock(
        &self,
        connection: &Connection,
        connector: &Connector,
        way: &Way,
    ) -> Outcomes<Credential> {
        let trust = connector.trust(way, &connection.facts).map_err(bad_facts)?;
        if trust != connection.trust {
            return Err(Error::of(Code::ConnectorChanged));
        }
        let missing = || Error::internal("the connection's data key is not in the database");
        let key = self
            .keys
            .by_id(&connection.credential.key)
            .ok_or_else(missing)?;
        key.open_credential(&purpose(connection), &connection.credential.blob)
            .map_err(Error::internal)
    }

    /// Asks the application whose the credential is. Only its own refusal counts against it: one that cannot be reached proves nothing.
    async fn verify(
        &self,
        connector: &Connector,
        way: &Way,
        credential: &Credential,
        facts: &BTreeMap<String, String>,
    ) -> Outcomes<Option<String>> {
        let limit = Instant::now() + VERIFY_LIMIT;
        match self
            .identify(connector, way, credential, facts, None, "verify", limit)
            .await
        {
            Some((Verdict::CredentialRejected(failure), _)) => Err(Error::new(
                Code::BadRequest,
                format!("Failed to verify credentials: {}", failure.message),
            )),
            Some((Verdict::Success, answer)) => Ok(connector.identifier(&answer)),
            _ => Ok(None),
        }
    }

    /// The connections of an account, at one application or at all.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: Option<&str>,
    ) -> Outcomes<Vec<Connection>> {
        Ok(self.store.connections(tenant, account, slug).await?)
    }

    /// Removes an account's connections at an application: the one with this id, those of this way, or all.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn delete_connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        choice: &Choice,
    ) -> Outcomes<u64> {
        let connector = self.registry.connector(slug).ok();
        let all = self.store.connections(tenant, account, Some(slug)).await?;
        let ids: Vec<_> = all
            .into_iter()
            .filter(|one| choice.fits(one, connector.as_deref()))
            .map(|one| one.id)
            .collect();
        for id in &ids {
            self.egress.forget(&partition(tenant, id.as_str()));
        }
        Ok(self.store.delete_connections(tenant, &ids).await?)
    }

    /// The one connection that a call means.
    ///
    /// # Errors
    /// [`Code::ConnectionRequired`], [`Code::ConnectionAmbiguous`], [`Code::ReauthRequired`].
    pub(crate) async fn choose_connection(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        connector: &Connector,
        choice: &Choice,
    ) -> Outcomes<Connection> {
        let all = self
            .store
            .connections(tenant, account, Some(&connector.slug))
            .await?;
        let mut fitting = all
            .into_iter()
            .filter(|one| choice.fits(one, Some(connector)));
        let name = &connector.name;
        let connection = match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            (None, _) if choice.connection.is_some() => {
                return Err(Error::of(Code::ConnectionNotFound));
            }
            (None, _) => {
                return Err(Error::new(
                    Code::ConnectionRequired,
                    format!("The linked account is not connected to {name}"),
                ));
            }
            (Some(_), Some(_)) => return Err(Error::of(Code::ConnectionAmbiguous)),
        };
        match connection.status {
            ConnectionStatus::Active => Ok(connection),
            ConnectionStatus::ReauthRequired => Err(Error::new(
                Code::ReauthRequired,
                format!(
                    "{name} refused the connection's credential; the linked account has to connect again"
                ),
            )),
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
            let Some((_, way)) = connector.way(&connection.auth) else {
                continue;
            };
            let trust = connector.trust(way, &connection.facts).map_err(bad_facts)?;
            if trust != connection.trust {
                self.reseal(connection, trust).await?;
                approved += 1;
            }
        }
        Ok(approved)
    }

    async fn reseal(&self, connection: Connection, trust: String) -> Outcomes<()> {
        let key = self
            .keys
            .by_id(&connection.credential.key)
            .ok_or_else(|| Error::internal("data key not found"))?;
        let credential = key
            .open_credential(&purpose(&connection), &connection.credential.blob)
            .map_err(Error::internal)?;
        let mut next = Connection {
            trust,
            version: connection.version + 1,
            ..connection
        };
        next.credential = self.seal(&next, &credential).await?;
        self.put(&next, false).await
    }

    /// Sends the application's identity request, if it has one. `None` where there is none or no answer came.
    #[expect(
        clippy::too_many_arguments,
        reason = "these are the parts of one request; a struct would be used once"
    )]
    pub(crate) async fn identify(
        &self,
        connector: &Connector,
        way: &Way,
        credential: &Credential,
        facts: &BTreeMap<String, String>,
        sandbox: Option<std::net::SocketAddr>,
        pool: &str,
        deadline: Instant,
    ) -> Option<(Verdict, Answer)> {
        let facts = Facts {
            connection: facts.clone(),
            idempotency_key: String::new(),
        };
        let plan = connector.identity_plan(way, &facts).ok()??;
        let hosts = connector.host_set(&facts.connection).ok()?;
        let route = sandbox.map_or(tenon_egress::Route::Network, tenon_egress::Route::Sandbox);
        let call = tenon_egress::Call {
            plan: &plan,
            credential: Some(credential),
            hosts: &hosts,
            partition: pool,
            route,
            deadline,
        };
        let answer = crate::execute::answer(self.egress.send(call).await.ok()?);
        Some((connector.interpret(&answer, self.clock.now().0), answer))
    }
}

impl Choice {
    fn fits(&self, connection: &Connection, connector: Option<&Connector>) -> bool {
        let by_auth = |wanted: &String| {
            let kind = connector
                .and_then(|connector| connector.way(&connection.auth))
                .map(|(_, way)| way.kind().as_str());
            connection.auth == *wanted || kind == Some(wanted.as_str())
        };
        self.connection
            .as_ref()
            .is_none_or(|id| connection.id.as_str() == id)
            && self.auth.as_ref().is_none_or(by_auth)
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
    fn connection(&self, credential: SealedCredential, now: crate::model::Millis) -> Connection {
        Connection {
            id: ConnectionId::generate(),
            tenant: self.tenant.clone(),
            account: self.account.clone(),
            slug: self.connector.slug.clone(),
            auth: self.way_name.to_owned(),
            label: None,
            facts: BTreeMap::new(),
            identifier: None,
            status: ConnectionStatus::Active,
            sandbox: self.sandbox,
            trust: String::new(),
            version: 1,
            credential,
            created_at: now,
            connected_at: now,
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

fn bad_facts(error: tenon_connector::PlanError) -> Error {
    Error::new(Code::ValidationError, error.to_string())
}

fn choose_way<'a>(connector: &'a Connector, wanted: Option<&str>) -> Outcomes<(&'a str, &'a Way)> {
    let found = match wanted {
        Some(name) => connector.way(name),
        None => connector.default_way(),
    };
    let known = || {
        connector
            .ways
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    found.ok_or_else(|| {
        Error::new(
            Code::ValidationError,
            format!("auth_type must be one of: {}", known()),
        )
    })
}

/// Tells the credential's fields from the connection's facts, and checks that all are there and none is unknown.
fn split_fields(
    connector: &Connector,
    way: &Way,
    fields: &Map<String, Value>,
) -> Outcomes<(Credential, BTreeMap<String, String>)> {
    let (mut secrets, mut facts, mut errors) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (name, value) in fields {
        let Some(text) = text(value) else {
            errors.push(field(name, "type", format!("'{name}' must be a text")));
            continue;
        };
        if way.doc.fields.contains_key(name) {
            secrets.push((name.clone(), Secret::new(text)));
        } else if connector.facts.contains_key(name) {
            facts.insert(name.clone(), text);
        } else {
            errors.push(field(
                name,
                "unknown",
                format!("'{name}' is not a field of this application's credentials"),
            ));
        }
    }
    let given = |name: &String| {
        secrets
            .iter()
            .any(|(given, secret)| given == name && !secret.is_empty())
    };
    let missing = way
        .doc
        .fields
        .iter()
        .filter(|(name, doc)| !doc.optional && !given(name));
    errors.extend(missing.map(|(name, _)| {
        field(
            name,
            "required",
            format!("Required parameter '{name}' is missing"),
        )
    }));
    errors.extend(connector.check_facts(&facts).err().into_iter().flatten());
    if errors.is_empty() {
        Ok((Credential::from_fields(secrets), facts))
    } else {
        Err(Error::validation(errors))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn field(param: &str, code: &str, message: String) -> FieldError {
    FieldError {
        param: param.to_owned(),
        code: code.to_owned(),
        message,
    }
}

/// A token that was granted elsewhere, as a caller brings it: flat, or under the name of its way to authenticate.
///
/// # Errors
/// In the words that the vendor-compatible API documents.
pub fn imported_fields(
    connector: &Connector,
    object: &Map<String, Value>,
) -> Outcomes<(Option<String>, Map<String, Value>)> {
    let nested = object.iter().next().filter(|_| object.len() == 1);
    if let Some((name, Value::Object(fields))) = nested {
        return check_imported(connector, Some(name), fields)
            .map(|()| (Some(name.clone()), fields.clone()));
    }
    let way = fitting_way(connector, object);
    check_imported(connector, way, object)?;
    Ok((way.map(str::to_owned), object.clone()))
}

/// The first way that knows every field.
fn fitting_way<'a>(connector: &'a Connector, object: &Map<String, Value>) -> Option<&'a str> {
    let knows = |way: &Way| {
        object
            .keys()
            .all(|name| way.doc.fields.contains_key(name) || connector.facts.contains_key(name))
    };
    connector
        .ways
        .iter()
        .find(|(_, way)| knows(way))
        .map(|(name, _)| name.as_str())
}

fn check_imported(
    connector: &Connector,
    way: Option<&str>,
    fields: &Map<String, Value>,
) -> Outcomes<()> {
    let refuse = |message: String| Err(Error::new(Code::BadRequest, message));
    if fields.values().any(|value| !value.is_string()) {
        return refuse("auth_object values must be valid strings".to_owned());
    }
    let oauth = connector
        .ways
        .values()
        .any(|way| way.kind() == AuthKind::Oauth2);
    let tokens = |name: &&String| matches!(name.as_str(), "access_token" | "refresh_token");
    let known = way.and_then(|name| connector.way(name));
    let unknown: Vec<_> = fields
        .keys()
        .filter(|name| {
            !known.is_some_and(|(_, way)| way.doc.fields.contains_key(*name))
                && !connector.facts.contains_key(*name)
        })
        .map(String::as_str)
        .collect();
    if !oauth && known.is_none() && fields.keys().any(|name| tokens(&name)) {
        return refuse("access_token and/or refresh_token only permitted in auth_object for OAuth2 based applications".to_owned());
    }
    if !unknown.is_empty() {
        let allowed = connector
            .ways
            .values()
            .flat_map(|way| way.doc.fields.keys().map(String::as_str))
            .collect::<Vec<_>>()
            .join(", ");
        return refuse(format!(
            "{allowed} only permitted in auth_object of auth_type: key_based for application {}.",
            connector.slug
        ));
    }
    Ok(())
}
