//! Applications as one linked account sees them.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use tenon_connector::Connector;
use tenon_engine::access::AccountCaller;
use tenon_engine::error::{Code, Error, Outcomes};

use super::access::Access;
use super::answer::{Answer, Json};
use super::extract::{ByAccount, Left, Path, Query};
use super::route::{Operation, Route, get};
use super::shape::Application;
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let list = |id| {
        Operation::new(id, "List applications")
            .describe("Those that are switched on, and whether the linked account is connected.")
            .query::<Filter>()
            .gives::<Vec<Application>>()
    };
    let read = |id| Operation::new(id, "Read one application").gives::<Application>();
    [
        get(
            "/api/v2/public/application",
            Access::Account,
            all,
            list("listApplications"),
        ),
        get(
            "/api/v2/public/application/{slug}",
            Access::Account,
            one,
            read("getApplication"),
        ),
        get(
            "/api/v2/f-sdk/application",
            Access::Session,
            all,
            list("sdkListApplications"),
        ),
        get(
            "/api/v2/f-sdk/application/{slug}",
            Access::Session,
            one,
            read("sdkGetApplication"),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Applications"))
    .collect()
}

/// Which applications. Several values stand with commas between them.
#[derive(Debug, Deserialize, JsonSchema)]
struct Filter {
    /// With one of these slugs.
    slug: Option<String>,
    /// With one of these tags.
    tags: Option<String>,
    /// With this way to authenticate, or one of this family.
    auth_type: Option<String>,
}

impl Filter {
    fn fits(&self, connector: &Connector) -> bool {
        let names = |list: &str, name: &str| list.split(',').any(|one| one.trim() == name);
        let tagged = |list: &String| connector.tags.iter().any(|tag| names(list, tag));
        self.slug
            .as_ref()
            .is_none_or(|list| names(list, &connector.slug))
            && self.tags.as_ref().is_none_or(tagged)
            && self
                .auth_type
                .as_ref()
                .is_none_or(|way| connector.way(way).is_some())
    }
}

async fn all(
    State(app): State<App>,
    Left(caller): ByAccount,
    Query(filter): Query<Filter>,
) -> Answer<Vec<Application>> {
    let settings = app.engine.application_settings(caller.tenant()).await?;
    let account = &caller.account().account_id;
    let connections = app
        .engine
        .connections(caller.tenant(), account, None)
        .await?;
    let enabled = |slug: &str| settings.get(slug).is_none_or(|decided| decided.enabled);
    let snapshot = app.engine.registry().snapshot();
    let shown = snapshot.connectors().filter(|connector| {
        enabled(&connector.slug)
            && caller.check_application(&connector.slug).is_ok()
            && filter.fits(connector)
    });
    Ok(Json(
        shown
            .map(|connector| Application::new(connector, &connections))
            .collect(),
    ))
}

async fn one(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
) -> Answer<Application> {
    let connector = app.engine.registry().connector(&slug)?;
    check(&app, &caller, &slug).await?;
    let account = &caller.account().account_id;
    let connections = app
        .engine
        .connections(caller.tenant(), account, Some(&slug))
        .await?;
    Ok(Json(Application::new(&connector, &connections)))
}

/// Refuses an application that the tenant switched off or that the token does not cover.
pub(super) async fn check(app: &App, caller: &AccountCaller, slug: &str) -> Outcomes<()> {
    caller.check_application(slug)?;
    let settings = app.engine.application_settings(caller.tenant()).await?;
    match settings.get(slug) {
        Some(decided) if !decided.enabled => Err(Error::of(Code::ApplicationDisabled)),
        _ => Ok(()),
    }
}
