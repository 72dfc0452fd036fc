//! Webhooks: the tenant's endpoints, what they were told, and their secrets. The compatible API's routes, Tenon's own beside
//! them, and the same again for an operator: one handler for both doors.

mod asked;
mod legacy;

use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::access::TenantCaller;
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{DeliveryState, WebhookEvent};
use tenon_engine::webhooks::{Rotated, webhook_event};

use self::asked::WebhookAsked;
use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::error::Failure;
use super::extract::{ByKey, Managed, Path, Query};
use super::paging::{PageQuery, Paged};
use super::route::{Operation, Route, delete, get, post, put};
use super::shape::{DeliveryBody, WebhookBody};
use super::text::one_of;
use crate::app::App;

const STATUSES: &str = "pending, delivered, failed";

macro_rules! paths {
    ($base:literal) => {
        Paths {
            all: $base,
            one: concat!($base, "/{webhook_id}"),
            deliveries: concat!($base, "/{webhook_id}/deliveries"),
            redeliver: concat!($base, "/{webhook_id}/deliveries/{delivery_id}/redeliver"),
            test: concat!($base, "/{webhook_id}/test"),
            rotate: concat!($base, "/{webhook_id}/secret/rotate"),
        }
    };
}

struct Paths {
    all: &'static str,
    one: &'static str,
    deliveries: &'static str,
    redeliver: &'static str,
    test: &'static str,
    rotate: &'static str,
}

/// The routes for an API key.
pub(super) fn routes() -> Vec<Route> {
    let plain = |public: &'static str, _: &'static str, summary| Operation::new(public, summary);
    let own = door(&paths!("/api/v2/public/webhook"), Access::Tenant, plain);
    own.into_iter()
        .chain(legacy::routes())
        .map(|route| route.tagged("Webhooks"))
        .collect()
}

/// The same for an operator.
pub(super) fn admin_routes() -> Vec<Route> {
    let managed =
        |_: &'static str, admin: &'static str, summary| Operation::new(admin, summary).managed();
    door(&paths!("/api/v2/admin/webhooks"), Access::Admin, managed)
}

fn door(
    at: &Paths,
    access: Access,
    operation: impl Fn(&'static str, &'static str, &'static str) -> Operation,
) -> Vec<Route> {
    let listing =
        operation("listWebhooks", "adminListWebhooks", "List webhooks").gives::<Vec<WebhookBody>>();
    let creating = operation("createWebhook", "adminCreateWebhook", "Register a webhook")
        .describe("`secret` signs every message as Standard Webhooks says. It is shown this once.")
        .takes::<WebhookAsked>()
        .demanding(asked::new_webhook)
        .gives::<Made>();
    let reading =
        operation("getWebhook", "adminGetWebhook", "Read a webhook").gives::<WebhookBody>();
    let changing = operation("updateWebhook", "adminUpdateWebhook", "Change a webhook")
        .describe(
            "What is left out stays. A header that is sent back as it was shown (`***`) stays too.",
        )
        .takes::<WebhookAsked>()
        .gives::<WebhookBody>();
    let deleting = operation("deleteWebhook", "adminDeleteWebhook", "Delete a webhook")
        .describe("Answers with those that remain. What was not delivered yet never is.")
        .gives::<Vec<WebhookBody>>();
    let logging = operation(
        "listWebhookDeliveries",
        "adminListWebhookDeliveries",
        "List what a webhook was told",
    )
    .describe("Newest first, with every attempt. Kept for 30 days.")
    .query::<PageQuery>()
    .query::<DeliveryQuery>()
    .gives::<Paged<DeliveryBody>>();
    let redelivering = operation("redeliver", "adminRedeliver", "Send a delivery again, now")
        .describe("Under the same `webhook-id`. Where that fails, its attempts begin anew.")
        .gives::<DeliveryBody>();
    let testing = operation("testWebhook", "adminTestWebhook", "Send a made-up event")
        .describe("Once. Whether the endpoint took it is in the answer, and in the log.")
        .takes::<TestAsked>()
        .gives::<DeliveryBody>();
    let rotating = operation(
        "rotateWebhookSecret",
        "adminRotateWebhookSecret",
        "Replace a webhook's secret",
    )
    .describe("The new one is shown this once. For 24 hours messages carry the signatures of both.")
    .gives::<RotatedBody>();
    vec![
        get(at.all, access, list, listing),
        post(at.all, access, create, creating),
        get(at.one, access, read, reading),
        put(at.one, access, change, changing),
        delete(at.one, access, remove, deleting),
        get(at.deliveries, access, deliveries, logging),
        post(at.redeliver, access, redeliver, redelivering),
        post(at.test, access, test, testing),
        post(at.rotate, access, rotate, rotating),
    ]
}

/// Whoever may act for a whole environment: an API key's owner, or an admin for the environment that the query chooses.
struct ForTenant(TenantCaller);

impl FromRequestParts<App> for ForTenant {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if parts.extensions.get::<TenantCaller>().is_some() {
            let caller = ByKey::from_request_parts(parts, app).await?;
            return Ok(Self(caller.0));
        }
        let Managed { admin, tenant } = Managed::from_request_parts(parts, app).await?;
        Ok(Self(app.engine.tenant_for_admin(admin, tenant)))
    }
}

/// A webhook that was just made.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MadeWebhook")]
struct Made {
    #[serde(flatten)]
    webhook: WebhookBody,
    /// What its messages are signed with. It cannot be read again.
    secret: String,
}

/// A secret was replaced.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RotatedWebhookSecret")]
struct RotatedBody {
    webhook_id: String,
    /// The new secret. It cannot be read again.
    secret: String,
    /// Until then messages carry the old secret's signature too.
    old_secret_valid_until: String,
}

/// Which deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
struct DeliveryQuery {
    /// `pending`, `delivered` or `failed`.
    #[schemars(extend("enum" = one_of(STATUSES)))]
    status: Option<String>,
}

/// What to send.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct TestAsked {
    /// The event; the first that the webhook wants where nobody says.
    event: Option<String>,
}

/// An event by its name.
fn event(name: &str) -> Outcomes<WebhookEvent> {
    webhook_event(name).ok_or_else(|| Error::of(Code::InvalidEvent))
}

async fn list(State(app): State<App>, ForTenant(caller): ForTenant) -> Answer<Vec<WebhookBody>> {
    let all = app.engine.webhooks(&caller).await?;
    Ok(Json(all.into_iter().map(WebhookBody::from).collect()))
}

async fn create(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Given(asked): Given<WebhookAsked>,
) -> Answer<Made> {
    let (webhook, secret) = app.engine.create_webhook(&caller, &asked.changes()).await?;
    Ok(Json(Made {
        webhook: webhook.into(),
        secret: secret.expose().to_owned(),
    }))
}

async fn read(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
) -> Answer<WebhookBody> {
    Ok(Json(app.engine.webhook(&caller, &id).await?.into()))
}

async fn change(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
    Given(asked): Given<WebhookAsked>,
) -> Answer<WebhookBody> {
    let changed = app
        .engine
        .change_webhook(&caller, &id, &asked.changes())
        .await?;
    Ok(Json(changed.into()))
}

async fn remove(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
) -> Answer<Vec<WebhookBody>> {
    let remaining = app.engine.delete_webhook(&caller, &id).await?;
    Ok(Json(remaining.into_iter().map(WebhookBody::from).collect()))
}

async fn deliveries(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
    Query(which): Query<DeliveryQuery>,
) -> Answer<Paged<DeliveryBody>> {
    let paging = page.paging();
    let state = state(which.status.as_deref())?;
    let found = app.engine.deliveries(&caller, &id, state, paging).await?;
    Ok(Json(Paged::new(found, paging, DeliveryBody::from)))
}

fn state(word: Option<&str>) -> Outcomes<Option<DeliveryState>> {
    let Some(word) = word.filter(|word| !word.is_empty()) else {
        return Ok(None);
    };
    let unknown = || {
        let message = format!("`status` in the query must be one of {STATUSES}");
        Error::invalid("status", "enum", message)
    };
    DeliveryState::parse(word).map(Some).ok_or_else(unknown)
}

async fn redeliver(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path((id, delivery)): Path<(String, String)>,
) -> Answer<DeliveryBody> {
    let sent = app.engine.redeliver(&caller, &id, &delivery).await?;
    Ok(Json(sent.into()))
}

async fn test(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
    Given(asked): Given<TestAsked>,
) -> Answer<DeliveryBody> {
    let told = asked.event.as_deref().map(event).transpose()?;
    let sent = app.engine.test_webhook(&caller, &id, told).await?;
    Ok(Json(sent.into()))
}

async fn rotate(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Path(id): Path<String>,
) -> Answer<RotatedBody> {
    let Rotated {
        webhook,
        secret,
        old_until,
    } = app.engine.rotate_webhook_secret(&caller, &id).await?;
    Ok(Json(RotatedBody {
        webhook_id: webhook.id.to_string(),
        secret: secret.expose().to_owned(),
        old_secret_valid_until: old_until.to_iso(),
    }))
}
