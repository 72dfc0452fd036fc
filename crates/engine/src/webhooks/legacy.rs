//! The calls of the compatible API that know of one endpoint only: they mean the environment's only one.

use super::definition::{self, WebhookChanges};
use crate::Engine;
use crate::access::TenantCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::Webhook;

impl Engine {
    /// The environment's only endpoint.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`] where there is none, [`Code::BadRequest`] where there are several.
    pub async fn only_webhook(&self, caller: &TenantCaller) -> Outcomes<Webhook> {
        let mut all = self.webhooks(caller).await?.into_iter();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(Error::of(Code::WebhookNotFound)),
            (Some(_), Some(_)) => {
                let message = "The environment has several webhooks, and this route means the only one; name one in the path of another route";
                Err(Error::new(Code::BadRequest, message))
            }
        }
    }

    /// Has the environment's only endpoint told of these events too, or no longer.
    ///
    /// # Errors
    /// [`Code::InvalidEvent`], and as [`Self::only_webhook`].
    pub async fn subscribe_webhook(
        &self,
        caller: &TenantCaller,
        names: &[String],
        wanted: bool,
    ) -> Outcomes<Webhook> {
        let named = definition::events(names)?;
        let webhook = self.only_webhook(caller).await?;
        let mut events = webhook.definition.events.clone();
        events.retain(|event| !named.contains(event));
        if wanted {
            events.extend(named);
        }
        let names = events.iter().map(|event| event.as_str().to_owned());
        let changes = WebhookChanges {
            events: Some(names.collect()),
            ..WebhookChanges::default()
        };
        self.alter_webhook(webhook, &changes).await
    }
}
