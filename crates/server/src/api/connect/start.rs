//! Starting: every way gives an address with a single-use code, or connects at once where no browser is needed.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tenon_engine::access::AccountCaller;
use tenon_engine::connect::{Came, NewLink};
use tenon_engine::error::{Code, Error, Outcomes};

use super::browser::Coming;
use crate::api::access::Access;
use crate::api::answer::{Answer, Json};
use crate::api::applications::check;
use crate::api::body::Given;
use crate::api::credentials::{Saved, Typed, connection_id};
use crate::api::error::Failure;
use crate::api::extract::{ByAccount, Left, Path, Query};
use crate::api::route::{Operation, Route, get, post};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    let started = |id, summary| {
        Operation::new(id, summary)
            .gives::<Started>()
            .recorded_elsewhere()
    };
    vec![
        post(
            "/api/v2/public/connect-url",
            Access::Account,
            connect_url,
            Operation::new("createConnectUrl", "Make a link to the connect pages")
                .describe("The body says how the pages look and is kept as it is; its `redirect_url` has to be one that the environment allows. \
                           The address opens once, within ten minutes.")
                .takes::<Map<String, Value>>()
                .gives::<Hosted>()
                .recorded_elsewhere(),
        ),
        get(
            "/api/v2/public/hosted-properties",
            Access::Session,
            properties,
            Operation::new("getHostedProperties", "Read how the connect pages of this token look")
                .gives::<Map<String, Value>>(),
        ),
        get(
            "/api/v2/public/linked-account/integration/oauth-url/{slug}",
            Access::Account,
            by_query,
            started("getOauthUrl", "Make a link that connects one application")
                .describe("Further query values are facts of the connection, such as its region."),
        ),
        get(
            "/api/v1/{slug}/integrate",
            Access::Session,
            by_query,
            started("sdkIntegrateByQuery", "Connect an application; values stand in the query"),
        ),
        post(
            "/api/v1/{slug}/integrate",
            Access::Session,
            by_body,
            started("sdkIntegrate", "Connect an application")
                .takes::<Map<String, Value>>(),
        ),
        post(
            "/api/v2/app/{slug}/save",
            Access::Session,
            save,
            Operation::new("sdkSaveCredentials", "Store a credential")
                .takes::<Map<String, Value>>()
                .gives::<Saved>(),
        ),
    ]
}

/// A link to the connect pages.
#[derive(Debug, Serialize, JsonSchema)]
struct Hosted {
    hosted_url: String,
    link_id: String,
    /// Until when the address can be opened.
    expires_at: String,
}

/// Where to send the browser, or that nothing more is to do.
#[derive(Debug, Serialize, JsonSchema)]
struct Started {
    /// Where to send the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_url: Option<String>,
    /// Whether it is connected already.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
}

async fn connect_url(
    State(app): State<App>,
    Left(caller): ByAccount,
    Coming(came): Coming,
    Given(properties): Given<Map<String, Value>>,
) -> Answer<Hosted> {
    let redirect_url = properties.get("redirect_url").and_then(Value::as_str);
    let new = NewLink {
        redirect_url: redirect_url.map(str::to_owned),
        properties,
        ..NewLink::default()
    };
    let base = public_url(&app)?;
    let made = app.engine.make_connect_link(&caller, new, &came).await?;
    Ok(Json(Hosted {
        hosted_url: format!("{base}/connect/{}", made.code.expose()),
        link_id: made.id.to_string(),
        expires_at: made.expires_at.to_iso(),
    }))
}

async fn properties(State(app): State<App>, Left(caller): ByAccount) -> Answer<Map<String, Value>> {
    Ok(Json(app.engine.hosted_properties(&caller).await?))
}

async fn by_query(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Coming(came): Coming,
    Query(query): Query<Map<String, Value>>,
) -> Answer<Started> {
    let wish = Wish::of(query)?;
    let started = Box::pin(start(&app, &caller, slug, wish, &came, false));
    started.await
}

async fn by_body(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Coming(came): Coming,
    Given(body): Given<Map<String, Value>>,
) -> Answer<Started> {
    let wish = Wish::of(body)?;
    let started = Box::pin(start(&app, &caller, slug, wish, &came, true));
    started.await
}

/// Makes a link; where the fields of a way that needs no browser are all there, connects at once.
async fn start(
    app: &App,
    caller: &AccountCaller,
    slug: String,
    wish: Wish,
    came: &Came,
    takes_secrets: bool,
) -> Result<Json<Started>, Failure> {
    caller.check_connecting(Some(&slug))?;
    check(app, caller, &slug).await?;
    let connector = app.engine.registry().connector(&slug)?;
    let way = match &wish.auth {
        Some(auth) => connector.way(auth),
        None => connector.default_way(),
    };
    let (_, way) =
        way.ok_or_else(|| unknown_way(&connector.ways.keys().cloned().collect::<Vec<_>>()))?;
    let typed = wish
        .fields
        .keys()
        .any(|name| way.doc.fields.contains_key(name));
    let browser = way
        .grant
        .as_ref()
        .is_some_and(|grant| grant.flow().needs_browser());
    if typed && !browser {
        if !takes_secrets {
            let message =
                "Credentials do not belong into an address: send them in the body of a POST";
            return Err(Error::new(Code::BadRequest, message).into());
        }
        let saved = wish.typed().keep(app, caller, &slug).await?;
        return Ok(Json(Started {
            auth_url: None,
            connected: Some(true),
            connection_id: Some(saved.connection_id),
        }));
    }
    let base = public_url(app)?;
    let new = NewLink {
        slug: Some(slug),
        auth: wish.auth,
        replace: wish.connection.as_deref().map(connection_id).transpose()?,
        facts: wish.fields,
        redirect_url: wish.redirect_url,
        ..NewLink::default()
    };
    let made = app.engine.make_connect_link(caller, new, came).await?;
    Ok(Json(Started {
        auth_url: Some(format!("{base}/connect/{}", made.code.expose())),
        connected: None,
        connection_id: None,
    }))
}

async fn save(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Given(body): Given<Map<String, Value>>,
) -> Answer<Saved> {
    caller.check_connecting(Some(&slug))?;
    check(&app, &caller, &slug).await?;
    let typed = Wish::of(body)?.typed();
    Ok(Json(Box::pin(typed.keep(&app, &caller, &slug)).await?))
}

/// What an SDK sends: fields, and words that are none.
struct Wish {
    auth: Option<String>,
    connection: Option<String>,
    redirect_url: Option<String>,
    fields: Map<String, Value>,
}

impl Wish {
    /// Tells the reserved words from the fields.
    fn of(mut given: Map<String, Value>) -> Outcomes<Self> {
        let mut text = |name: &str| match given.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let (auth, connection) = (text("auth_type"), text("connection_id"));
        let redirect_url = text("redirect_url");
        for name in [
            "auth_profile_id",
            "user_defined_fields",
            "linked_account_id",
            "config_id",
        ] {
            given.remove(name);
        }
        match given.remove("pre_requisite_fields") {
            Some(Value::Object(fields)) => given.extend(fields),
            None | Some(Value::Null) => {}
            Some(_) => {
                let message = "`pre_requisite_fields` must be an object";
                return Err(Error::invalid("pre_requisite_fields", "type", message));
            }
        }
        Ok(Self {
            auth,
            connection,
            redirect_url,
            fields: given,
        })
    }

    fn typed(self) -> Typed {
        Typed {
            auth: self.auth,
            connection: self.connection,
            fields: self.fields,
        }
    }
}

fn unknown_way(known: &[String]) -> Error {
    let message = format!("auth_type must be one of: {}", known.join(", "));
    Error::invalid("auth_type", "enum", message)
}

/// What links begin with.
pub(super) fn public_url(app: &App) -> Outcomes<String> {
    app.settings.public_url().ok_or_else(|| {
        let message = "Tenon does not know its own address, which links are made from: start it with --public-url https://…";
        Error::new(Code::BadRequest, message)
    })
}
