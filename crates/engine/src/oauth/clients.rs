//! The OAuth clients that tenants register at applications. Their secrets are sealed under the installation's own key,
//! for the addresses that the connector named when they were set.

use tenon_connector::grant::{CLIENT_ID, CLIENT_SECRET};
use tenon_connector::{Connector, Way};
use tenon_vault::{Purpose, Secret};

use super::mint::needs_client;
use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{OauthClient, OauthClientId, Tenant};

/// A client as a tenant brings it.
#[derive(Debug)]
pub struct NewOauthClient {
    /// The connector's way to authenticate; its first with a grant where nobody says.
    pub auth: Option<String>,
    /// What the application calls the client.
    pub client_id: String,
    /// Its secret; nothing for a public client, or where the one that is kept shall stay.
    pub secret: Option<Secret>,
    /// The scopes that accounts are asked for; the connector's where there are none.
    pub scopes: Vec<String>,
}

/// A client whose secret is open.
pub(super) struct OpenClient {
    pub(super) id: String,
    pub(super) secret: Option<Secret>,
    pub(super) scopes: Vec<String>,
}

impl OpenClient {
    /// What a token call is filled with.
    pub(super) fn fields(&self) -> Vec<(String, Secret)> {
        let id = (CLIENT_ID.to_owned(), Secret::new(self.id.clone()));
        let secret = self.secret.clone();
        let secret = secret.map(|secret| (CLIENT_SECRET.to_owned(), secret));
        [id].into_iter().chain(secret).collect()
    }
}

impl Engine {
    /// Sets the tenant's client of an application. Connections that were granted to another `client_id` cannot be used any
    /// more, and their accounts are asked to authorize again.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for a way without a grant and for a client without an id; [`Code::Conflict`] where it was changed at the same time.
    pub async fn set_oauth_client(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        slug: &str,
        new: NewOauthClient,
    ) -> Outcomes<OauthClient> {
        let connector = self.registry.connector(slug)?;
        let (auth, way) = granting_way(&connector, new.auth.as_deref())?;
        check(&new)?;
        let now = self.clock.now();
        let old = self.store.oauth_client(tenant, slug, auth).await?;
        let kept_secret = match (&new.secret, &old) {
            (None, Some(old)) if old.client_id == new.client_id => self.open_secret(old, way)?,
            _ => None,
        };
        let mut client = OauthClient {
            id: old
                .as_ref()
                .map_or_else(OauthClientId::generate, |old| old.id.clone()),
            tenant: tenant.clone(),
            slug: slug.to_owned(),
            auth: auth.to_owned(),
            client_id: new.client_id,
            secret: None,
            scopes: new.scopes,
            version: old.as_ref().map_or(1, |old| old.version + 1),
            created_at: old.as_ref().map_or(now, |old| old.created_at),
            updated_at: now,
        };
        let secret = new.secret.or(kept_secret);
        client.secret = secret
            .map(|secret| self.seal_secret(&client, way, &secret))
            .transpose()?;
        if !self.store.put_oauth_client(&client).await? {
            let message = "The OAuth client was changed at the same time; try again";
            return Err(Error::new(Code::Conflict, message));
        }
        self.end_grants_of_others(&client).await?;
        Ok(client)
    }

    /// The tenant's clients. Their secrets stay sealed.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn oauth_clients(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
    ) -> Outcomes<Vec<OauthClient>> {
        Ok(self.store.oauth_clients(tenant).await?)
    }

    /// Removes the tenant's client of an application. Its connections are used until their access tokens end.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn delete_oauth_client(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        slug: &str,
        auth: Option<&str>,
    ) -> Outcomes<()> {
        let connector = self.registry.connector(slug)?;
        let (auth, _) = granting_way(&connector, auth)?;
        match self.store.delete_oauth_client(tenant, slug, auth).await? {
            true => Ok(()),
            false => Err(Error::new(
                Code::ResourceNotFound,
                "There is no OAuth client for this application",
            )),
        }
    }

    /// The client that tokens of this way are asked for with, open.
    pub(super) async fn client_of(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        auth: &str,
        way: &Way,
    ) -> Outcomes<OpenClient> {
        let found = self.store.oauth_client(tenant, &connector.slug, auth);
        let client = found.await?.ok_or_else(|| no_client(connector, tenant))?;
        Ok(OpenClient {
            secret: self.open_secret(&client, way)?,
            id: client.client_id,
            scopes: client.scopes,
        })
    }

    /// The same where this way needs it: nothing where the credential itself holds what it is renewed with.
    pub(super) async fn client_for(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        auth: &str,
        way: &Way,
    ) -> Outcomes<Option<OpenClient>> {
        match needs_client(way) {
            true => self.client_of(tenant, connector, auth, way).await.map(Some),
            false => Ok(None),
        }
    }

    /// The `client_id` that a new credential of this way is bound to, if the tenant has a client.
    pub(crate) async fn client_id_of(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        auth: &str,
    ) -> Outcomes<Option<String>> {
        let found = self.store.oauth_client(tenant, &connector.slug, auth);
        Ok(found.await?.map(|client| client.client_id))
    }

    async fn end_grants_of_others(&self, client: &OauthClient) -> Outcomes<()> {
        let (tenant, slug) = (&client.tenant, &client.slug);
        for connection in self.store.connections_of_application(tenant, slug).await? {
            let other = |granted: &String| *granted != client.client_id;
            if connection.auth == client.auth && connection.client.as_ref().is_some_and(other) {
                let said = "the tenant uses another OAuth client";
                self.mark_dead(&connection, "client_changed", said).await;
            }
        }
        Ok(())
    }

    fn seal_secret(&self, client: &OauthClient, way: &Way, secret: &Secret) -> Outcomes<Vec<u8>> {
        let trust = trust(way);
        let sealed = self
            .keys
            .instance()
            .seal(&purpose(client, &trust), secret.expose().as_bytes());
        sealed.map_err(Error::internal)
    }

    fn open_secret(&self, client: &OauthClient, way: &Way) -> Outcomes<Option<Secret>> {
        let Some(sealed) = &client.secret else {
            return Ok(None);
        };
        let trust = trust(way);
        let opened = self.keys.instance().open(&purpose(client, &trust), sealed);
        // Either it was tampered with, or the connector names other addresses than when it was set.
        let opened = opened.map_err(|error| {
            let message = "The OAuth client's secret was set for other addresses than the connector names now; set the client again";
            Error::new(Code::ConnectorChanged, message).because(error)
        })?;
        let text = String::from_utf8(opened.to_vec()).map_err(Error::internal)?;
        Ok(Some(Secret::new(text)))
    }
}

/// The way that is meant, which has a grant.
pub(super) fn granting_way<'a>(
    connector: &'a Connector,
    wanted: Option<&str>,
) -> Outcomes<(&'a str, &'a Way)> {
    let found = match wanted {
        Some(name) => connector.way(name),
        None => {
            let mut ways = connector.ways.iter();
            ways.find(|(_, way)| way.grant.is_some())
                .map(|(name, way)| (name.as_str(), way))
        }
    };
    found.filter(|(_, way)| way.grant.is_some()).ok_or_else(|| {
        let message = format!(
            "{} has no OAuth grant by that name; its connector.yaml says which it has",
            connector.name
        );
        Error::invalid("auth_type", "enum", message)
    })
}

fn check(new: &NewOauthClient) -> Outcomes<()> {
    let printable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    if !printable(&new.client_id) {
        let message =
            "`client_id` must be what the application calls the client, without line breaks";
        return Err(Error::invalid("client_id", "required", message));
    }
    if new
        .secret
        .as_ref()
        .is_some_and(|secret| !printable(secret.expose()))
    {
        let message = "`client_secret` must not be empty nor hold line breaks";
        return Err(Error::invalid("client_secret", "pattern", message));
    }
    if new
        .scopes
        .iter()
        .any(|scope| !printable(scope) || scope.contains(' '))
    {
        let message = "`scopes` must be a list of single scopes";
        return Err(Error::invalid("scopes", "pattern", message));
    }
    Ok(())
}

fn no_client(connector: &Connector, tenant: &Tenant) -> Error {
    let message = format!(
        "No OAuth client is set for {} in the {} environment; register one there and set it with `tenon oauth-client set {}`",
        connector.name,
        tenant.environment.as_str(),
        connector.slug
    );
    Error::new(Code::OauthClientRequired, message)
}

/// Where the secret may go: the addresses as the connector writes them.
fn trust(way: &Way) -> String {
    way.grant.as_ref().map_or_else(String::new, |grant| {
        let revoke = grant.doc.revoke.as_ref().map_or("", |revoke| &revoke.url);
        let request = grant.doc.request_token_url.as_deref().unwrap_or_default();
        format!(
            "{} {request} {revoke} {:?}",
            grant.doc.token_url, grant.doc.client_auth
        )
    })
}

fn purpose<'a>(client: &'a OauthClient, trust: &'a str) -> Purpose<'a> {
    Purpose {
        org: client.tenant.org.as_str(),
        environment: client.tenant.environment.as_str(),
        account: &client.client_id,
        subject: client.id.as_str(),
        connector: &client.slug,
        trust,
        field: "client_secret",
        version: u64::try_from(client.version).unwrap_or_default(),
    }
}
