//! Tenants' endpoints: made, changed, removed, and their secrets replaced.

use tenon_connector::FieldError;
use tenon_vault::Secret;

use super::definition::{self, WebhookChanges};
use super::secrets::Secrets;
use crate::Engine;
use crate::access::TenantCaller;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Millis, Webhook, WebhookId};

/// How many endpoints an environment may have.
const MOST: usize = 100;

/// How many secrets that were replaced may sign at once.
const MOST_OLD_SECRETS: usize = 4;

/// An endpoint whose secret was replaced.
#[derive(Debug)]
pub struct Rotated {
    /// The endpoint.
    pub webhook: Webhook,
    /// Its new secret.
    pub secret: Secret,
    /// Until when the old one signs too.
    pub old_until: Millis,
}

impl Engine {
    /// All endpoints of the environment, oldest first.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn webhooks(&self, caller: &TenantCaller) -> Outcomes<Vec<Webhook>> {
        Ok(self.store.webhooks(caller.tenant()).await?)
    }

    /// One endpoint.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    pub async fn webhook(&self, caller: &TenantCaller, id: &str) -> Outcomes<Webhook> {
        self.existing_webhook(caller.tenant(), id).await
    }

    /// Makes an endpoint. Its secret is returned this once.
    ///
    /// # Errors
    /// [`Code::InvalidEvent`], or [`Code::ValidationError`] with all that is wrong.
    pub async fn create_webhook(
        &self,
        caller: &TenantCaller,
        wanted: &WebhookChanges,
    ) -> Outcomes<(Webhook, Secret)> {
        check_new(wanted)?;
        if self.webhooks(caller).await?.len() >= MOST {
            let message = format!("An environment has at most {MOST} webhooks; delete one first");
            return Err(Error::new(Code::BadRequest, message));
        }
        let now = self.clock.now();
        let mut webhook = Webhook {
            id: WebhookId::generate(),
            tenant: caller.tenant().clone(),
            definition: definition::blank(),
            is_enabled: true,
            disabled_because: None,
            secrets: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut secrets = Secrets::new();
        self.apply_to_webhook(wanted, &mut webhook, &mut secrets)?;
        self.store.add_webhook(&webhook).await?;
        Ok((webhook, secrets.current))
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`], and as [`Self::create_webhook`].
    pub async fn change_webhook(
        &self,
        caller: &TenantCaller,
        id: &str,
        changes: &WebhookChanges,
    ) -> Outcomes<Webhook> {
        let webhook = self.existing_webhook(caller.tenant(), id).await?;
        self.alter_webhook(webhook, changes).await
    }

    /// Removes an endpoint, and gives those that remain. What was not delivered yet never is.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    pub async fn delete_webhook(&self, caller: &TenantCaller, id: &str) -> Outcomes<Vec<Webhook>> {
        let webhook = self.existing_webhook(caller.tenant(), id).await?;
        if !self
            .store
            .delete_webhook(&webhook.tenant, &webhook.id)
            .await?
        {
            return Err(Error::of(Code::WebhookNotFound));
        }
        self.egress
            .forget(&partition(&webhook.tenant, webhook.id.as_str()));
        self.webhooks(caller).await
    }

    /// Gives endpoints a common label, or none, and returns those that exist.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for a label that is too long.
    pub async fn group_webhooks(
        &self,
        caller: &TenantCaller,
        ids: &[String],
        group: Option<String>,
    ) -> Outcomes<Vec<Webhook>> {
        let changes = WebhookChanges {
            group: Some(group),
            ..WebhookChanges::default()
        };
        let mut grouped = Vec::new();
        for webhook in self.webhooks(caller).await? {
            if ids.iter().any(|id| id == webhook.id.as_str()) {
                grouped.push(self.alter_webhook(webhook, &changes).await?);
            }
        }
        Ok(grouped)
    }

    /// Replaces an endpoint's secret. The old one signs beside it for a day.
    ///
    /// # Errors
    /// [`Code::Conflict`] where it was replaced too often lately.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &TenantCaller,
        id: &str,
    ) -> Outcomes<Rotated> {
        let mut webhook = self.existing_webhook(caller.tenant(), id).await?;
        let mut secrets = self.open_secrets(&webhook).await?;
        let now = self.clock.now();
        if secrets.signing(now).count() > MOST_OLD_SECRETS {
            let message = "The secret was replaced too often in the last 24 hours; its predecessors still sign";
            return Err(Error::new(Code::Conflict, message));
        }
        let old_until = secrets.rotate(now);
        self.keep_webhook(&mut webhook, &secrets).await?;
        Ok(Rotated {
            webhook,
            secret: secrets.current,
            old_until,
        })
    }

    /// Changes an endpoint as it was read.
    pub(super) async fn alter_webhook(
        &self,
        mut webhook: Webhook,
        changes: &WebhookChanges,
    ) -> Outcomes<Webhook> {
        let mut secrets = self.open_secrets(&webhook).await?;
        let moved = changes.url.is_some();
        self.apply_to_webhook(changes, &mut webhook, &mut secrets)?;
        self.keep_webhook(&mut webhook, &secrets).await?;
        if moved {
            self.egress
                .forget(&partition(&webhook.tenant, webhook.id.as_str()));
        }
        Ok(webhook)
    }

    /// Puts changes into an endpoint and seals it for its version.
    fn apply_to_webhook(
        &self,
        changes: &WebhookChanges,
        webhook: &mut Webhook,
        secrets: &mut Secrets,
    ) -> Outcomes<()> {
        let kept = &secrets.headers;
        let headers =
            definition::apply(changes, &mut webhook.definition, kept, self.egress.as_ref())?;
        if let Some(headers) = headers {
            secrets.headers = headers;
        }
        if let Some(key) = &changes.compat_signature_key {
            secrets.compat.clone_from(key);
        }
        if let Some(is_enabled) = changes.is_enabled {
            webhook.is_enabled = is_enabled;
            webhook.disabled_because = None;
        }
        self.seal_secrets(webhook, secrets)
    }

    async fn keep_webhook(&self, webhook: &mut Webhook, secrets: &Secrets) -> Outcomes<()> {
        webhook.version = webhook.version.saturating_add(1);
        webhook.updated_at = self.clock.now();
        self.seal_secrets(webhook, secrets)?;
        if self.store.update_webhook(webhook).await? {
            return Ok(());
        }
        let message = "The webhook was changed at the same time; try again";
        Err(Error::new(Code::Conflict, message))
    }
}

/// What a new endpoint cannot do without.
fn check_new(wanted: &WebhookChanges) -> Outcomes<()> {
    let missing = |param: &str| {
        FieldError::new(
            param,
            "required",
            format!("Required parameter '{param}' is missing"),
        )
    };
    let mut problems = Vec::new();
    if wanted
        .url
        .as_deref()
        .is_none_or(|url| url.trim().is_empty())
    {
        problems.push(missing("webhook_url"));
    }
    if wanted.events.as_deref().is_none_or(<[_]>::is_empty) {
        problems.push(missing("webhook_events"));
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::validation(problems)),
    }
}
