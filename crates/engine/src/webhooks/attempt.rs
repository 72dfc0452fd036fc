//! One attempt of one delivery: the request, and what is kept of its answer.

use std::time::Duration;

use tenon_connector::auth::{Placement, Slot, SlotPart, SlotText};
use tenon_connector::document::{AuthKind, Effect};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::plan::{Body, Method, Plan};
use tenon_connector::wait::{self, WaitUnit};
use tenon_egress::{Call, Response, Route};
use tenon_vault::{Credential, Secret, signature};
use tokio::time::Instant;
use url::Url;

use super::secrets::Secrets;
use super::template;
use crate::Engine;
use crate::accounts::partition;
use crate::model::{Delivery, DeliveryAttempt, Millis, Webhook, WebhookMethod};

/// The header of the compatible API's signature.
pub(super) const COMPAT_SIGNATURE: &str = "x-cobalt-signature";

/// How long an endpoint may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// How much of an answer is read, so that an echo of a header is masked whole, and how much of it is kept.
const READ: usize = 16 * 1024;
const KEPT: usize = 1024;

/// What came of an attempt, and how long the endpoint asks to wait.
pub(super) struct Attempted {
    pub(super) kept: DeliveryAttempt,
    pub(super) asked: Option<Duration>,
}

impl Engine {
    /// Sends the delivery once.
    pub(super) async fn knock(&self, webhook: &Webhook, delivery: &Delivery) -> Attempted {
        let (at, begun) = (self.clock.now(), Instant::now());
        let answered = match self.signed_request(webhook, delivery, at).await {
            Ok(request) => self.send_to_endpoint(webhook, &request).await,
            Err(problem) => Err(problem),
        };
        let (response, error) = match answered {
            Ok(response) => (Some(response), None),
            Err(problem) => (None, Some(problem)),
        };
        let status = response.as_ref().map(|response| response.status);
        let redirect = status.is_some_and(|status| (300..400).contains(&status));
        let kept = DeliveryAttempt {
            at,
            duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            http_status: status,
            error: error.or_else(|| redirect.then(|| "a redirect is not followed".to_owned())),
            response: response.as_ref().map(|response| excerpt(&response.body)),
        };
        let asked = response.and_then(|response| asked(&response, at));
        Attempted { kept, asked }
    }

    async fn signed_request(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        at: Millis,
    ) -> Result<Request, String> {
        let secrets = self
            .open_secrets(webhook)
            .await
            .map_err(|error| error.message)?;
        Request::new(webhook, delivery, &secrets, at)
    }

    async fn send_to_endpoint(
        &self,
        webhook: &Webhook,
        request: &Request,
    ) -> Result<Response, String> {
        let hosts = HostSet::new(HostPattern::of(&request.plan.url));
        let partition = partition(&webhook.tenant, webhook.id.as_str());
        let call = Call {
            plan: &request.plan,
            credential: Some(&request.hidden),
            hosts: &hosts,
            partition: &partition,
            route: Route::Network,
            deadline: Instant::now() + PATIENCE,
        };
        let sent = self.egress.notify(call, READ).await;
        sent.map_err(|error| error.message())
    }
}

/// A request to an endpoint.
struct Request {
    plan: Plan,
    /// The values of headers that nobody may see, which egress puts in and masks in the answer.
    hidden: Credential,
}

impl Request {
    fn new(
        webhook: &Webhook,
        delivery: &Delivery,
        secrets: &Secrets,
        at: Millis,
    ) -> Result<Self, String> {
        let definition = &webhook.definition;
        let body = template::Body::parse(&definition.body)?.fill(&delivery.payload);
        let shown = definition.headers.iter().filter_map(|(name, text)| {
            let text = text.as_deref()?;
            Some((name.clone(), header_text(text, delivery)))
        });
        let mut headers: Vec<_> = shown.collect();
        headers.extend(signed(delivery, secrets, at, &body)?);
        let hidden = secrets.headers.iter().map(|(name, text)| {
            let text = header_text(text.expose(), delivery);
            (name.clone(), Secret::new(text))
        });
        let url = Url::parse(&definition.url).map_err(|error| error.to_string())?;
        Ok(Self {
            plan: Plan {
                step: "webhook".to_owned(),
                method: method(definition.method),
                url,
                headers,
                body: Body::Raw {
                    content_type: "application/json".to_owned(),
                    content: body.into(),
                },
                placement: placement(secrets).into(),
                effect: Effect::Write,
                // An endpoint may be told twice, so a connection that was idle for a while may be used.
                idempotent: true,
            },
            hidden: Credential::from_fields(hidden),
        })
    }
}

fn method(method: WebhookMethod) -> Method {
    match method {
        WebhookMethod::Post => Method::Post,
        WebhookMethod::Put => Method::Put,
        WebhookMethod::Patch => Method::Patch,
    }
}

/// A header's value: what no header may carry becomes a question mark.
fn header_text(text: &str, delivery: &Delivery) -> String {
    let carried = |sign: char| {
        if (' '..='~').contains(&sign) {
            sign
        } else {
            '?'
        }
    };
    template::fill_text(text, &delivery.payload)
        .chars()
        .map(carried)
        .collect()
}

/// The headers that say which message it is, from when, and that it comes from here.
fn signed(
    delivery: &Delivery,
    secrets: &Secrets,
    at: Millis,
    body: &str,
) -> Result<Vec<(String, String)>, String> {
    let (id, timestamp) = (delivery.event.as_str(), at.seconds());
    let sign = |secret: &Secret| signature::standard(secret, id, timestamp, body.as_bytes());
    let signatures: Option<Vec<_>> = secrets.signing(at).map(sign).collect();
    let signatures = signatures.ok_or_else(|| "the secret is none that can sign".to_owned())?;
    let compat = secrets.compat.as_ref();
    let compat = compat.map(|key| (COMPAT_SIGNATURE, signature::of_body(key, body.as_bytes())));
    let headers = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let headers = headers.into_iter().chain(compat);
    Ok(headers
        .map(|(name, text)| (name.to_owned(), text))
        .collect())
}

fn placement(secrets: &Secrets) -> Placement {
    let slot = |name: &String| {
        let value = SlotText(vec![SlotPart::Field(name.clone())]);
        Slot::Header(name.clone(), value)
    };
    Placement {
        name: "webhook".to_owned(),
        kind: AuthKind::Keybased,
        slots: secrets.headers.keys().map(slot).collect(),
    }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(KEPT).collect()
}

fn asked(response: &Response, now: Millis) -> Option<Duration> {
    let mut headers = response.headers.iter();
    let (_, text) = headers.find(|(name, _)| name == "retry-after")?;
    wait::read(text, WaitUnit::Seconds, now.0)
}
