//! The OAuth clients that a tenant registered at applications.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::OauthClient;
use tenon_engine::oauth::NewOauthClient;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::{Given, GivenSecret};
use crate::api::connect::callback_address;
use crate::api::extract::{Managed, Path, Query};
use crate::api::route::{Operation, Route, delete, get, put};
use crate::app::App;

const ONE: &str = "/api/v2/admin/oauth-clients/{slug}";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).managed();
    vec![
        get(
            "/api/v2/admin/oauth-clients",
            Admin,
            list,
            operation("adminListOauthClients", "List OAuth clients")
                .describe("Their secrets are never shown.")
                .gives::<Vec<ClientBody>>(),
        ),
        put(
            ONE,
            Admin,
            set,
            operation("adminSetOauthClient", "Set the OAuth client of an application")
                .describe("A secret that is left out stays, if the `client_id` is the same. With another `client_id`, connections that were granted to the old one have to be authorized again.")
                .takes::<SetBody>()
                .gives::<ClientBody>(),
        ),
        delete(
            ONE,
            Admin,
            remove,
            operation("adminDeleteOauthClient", "Remove the OAuth client of an application")
                .query::<Which>()
                .gives::<Removed>(),
        ),
    ]
}

/// A client to set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetBody {
    /// The connector's way to authenticate; its first with a grant where nobody says.
    auth_type: Option<String>,
    /// What the application calls the client.
    client_id: String,
    /// Its secret.
    #[schemars(with = "Option<String>")]
    client_secret: Option<GivenSecret>,
    /// The scopes that accounts are asked for; the connector's where there are none.
    #[serde(default)]
    scopes: Vec<String>,
}

/// Which client.
#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Of this way to authenticate; the connector's first with a grant where nobody says.
    auth_type: Option<String>,
}

/// A client.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OauthClient")]
struct ClientBody {
    slug: String,
    auth_type: String,
    client_id: String,
    has_secret: bool,
    scopes: Vec<String>,
    /// What to register at the application as its callback or redirect URL; null where `public_url` is not set.
    redirect_uri: Option<String>,
    created_at: String,
    updated_at: String,
}

/// A client is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OauthClientRemoved")]
struct Removed {
    success: bool,
}

impl ClientBody {
    fn new(app: &App, client: OauthClient) -> Self {
        let base = app.settings.public_url();
        let redirect_uri = base.map(|base| callback_address(&base, &client.slug));
        Self {
            redirect_uri,
            slug: client.slug,
            auth_type: client.auth,
            client_id: client.client_id,
            has_secret: client.secret.is_some(),
            scopes: client.scopes,
            created_at: client.created_at.to_iso(),
            updated_at: client.updated_at.to_iso(),
        }
    }
}

async fn list(State(app): State<App>, managed: Managed) -> Answer<Vec<ClientBody>> {
    let Managed { admin, tenant } = managed;
    let all = app.engine.oauth_clients(admin, &tenant).await?;
    let all = all.into_iter().map(|one| ClientBody::new(&app, one));
    Ok(Json(all.collect()))
}

async fn set(
    State(app): State<App>,
    managed: Managed,
    Path(slug): Path<String>,
    Given(body): Given<SetBody>,
) -> Answer<ClientBody> {
    let Managed { admin, tenant } = managed;
    let new = NewOauthClient {
        auth: body.auth_type,
        client_id: body.client_id,
        secret: body.client_secret.map(|given| given.0),
        scopes: body.scopes,
    };
    let setting = app.engine.set_oauth_client(admin, &tenant, &slug, new);
    let client = setting.await?;
    Ok(Json(ClientBody::new(&app, client)))
}

async fn remove(
    State(app): State<App>,
    managed: Managed,
    Path(slug): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Removed> {
    let Managed { admin, tenant } = managed;
    app.engine
        .delete_oauth_client(admin, &tenant, &slug, which.auth_type.as_deref())
        .await?;
    Ok(Json(Removed { success: true }))
}
