//! Routes that the compatible API has beside: labels for many, and those that mean the environment's only webhook.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::error::{Error, Outcomes};
use tenon_engine::model::Webhook;

use super::{ForTenant, WebhookBody};
use crate::api::access::Access;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::route::{Operation, Route, delete, post, put};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    vec![
        put(
            "/api/v2/public/webhooks/group/edit",
            Access::Tenant,
            group,
            Operation::new("groupWebhooks", "Give webhooks a common label")
                .describe("An empty `group` takes it away. Answers with those that exist.")
                .takes::<GroupAsked>()
                .gives::<Vec<WebhookBody>>(),
        ),
        delete(
            "/api/v2/public/webhook",
            Access::Tenant,
            remove_only,
            Operation::new("deleteOnlyWebhook", "Delete the only webhook")
                .describe("As older clients do. Refused where there are several.")
                .gives::<Vec<WebhookBody>>(),
        ),
        post(
            "/api/v2/public/webhook/subscribe",
            Access::Tenant,
            subscribe,
            Operation::new("subscribeWebhook", "Have the only webhook told of more")
                .describe("As older clients do. Refused where there are several.")
                .takes::<EventsAsked>()
                .gives::<Subscribed>(),
        ),
        post(
            "/api/v2/public/webhook/unsubscribe",
            Access::Tenant,
            unsubscribe,
            Operation::new("unsubscribeWebhook", "Have the only webhook told of less")
                .describe("As older clients do. Refused where there are several.")
                .takes::<EventsAsked>()
                .gives::<Subscribed>(),
        ),
    ]
}

/// Which webhooks, and their label.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct GroupAsked {
    /// The webhooks.
    #[serde(default, rename = "webhookIds")]
    #[schemars(required, length(min = 1))]
    ids: Vec<String>,
    /// The label.
    group: Option<String>,
}

/// Which events.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct EventsAsked {
    /// The events, such as `connection-created`.
    webhook_events: Option<Vec<String>>,
    /// One event.
    webhook_event: Option<String>,
}

/// What the webhook is told from now on.
#[derive(Debug, Serialize, JsonSchema)]
struct Subscribed {
    webhook_url: String,
    webhook_events: Vec<&'static str>,
}

impl EventsAsked {
    fn names(self) -> Outcomes<Vec<String>> {
        let names: Vec<_> = self
            .webhook_events
            .into_iter()
            .flatten()
            .chain(self.webhook_event)
            .collect();
        match names.is_empty() {
            true => Err(Error::invalid(
                "webhook_events",
                "required",
                "webhook_events is required",
            )),
            false => Ok(names),
        }
    }
}

impl From<Webhook> for Subscribed {
    fn from(webhook: Webhook) -> Self {
        let events = webhook.definition.events.iter();
        Self {
            webhook_events: events.map(|event| event.as_str()).collect(),
            webhook_url: webhook.definition.url,
        }
    }
}

async fn group(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Given(asked): Given<GroupAsked>,
) -> Answer<Vec<WebhookBody>> {
    if asked.ids.is_empty() {
        let missing = Error::invalid("webhookIds", "required", "webhookIds is required");
        return Err(missing.into());
    }
    let grouped = app.engine.group_webhooks(&caller, &asked.ids, asked.group);
    let grouped = grouped.await?.into_iter();
    Ok(Json(grouped.map(WebhookBody::from).collect()))
}

async fn remove_only(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
) -> Answer<Vec<WebhookBody>> {
    let only = app.engine.only_webhook(&caller).await?;
    let remaining = app.engine.delete_webhook(&caller, only.id.as_str()).await?;
    Ok(Json(remaining.into_iter().map(WebhookBody::from).collect()))
}

async fn subscribe(
    state: State<App>,
    caller: ForTenant,
    asked: Given<EventsAsked>,
) -> Answer<Subscribed> {
    change_events(state, caller, asked, true).await
}

async fn unsubscribe(
    state: State<App>,
    caller: ForTenant,
    asked: Given<EventsAsked>,
) -> Answer<Subscribed> {
    change_events(state, caller, asked, false).await
}

async fn change_events(
    State(app): State<App>,
    ForTenant(caller): ForTenant,
    Given(asked): Given<EventsAsked>,
    told: bool,
) -> Answer<Subscribed> {
    let names = asked.names()?;
    let changed = app.engine.subscribe_webhook(&caller, &names, told);
    Ok(Json(changed.await?.into()))
}
