//! Webhooks from outside: what an endpoint gets, when, and how often, while the clock stands still until a test moves it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tenon_engine::connections::Choice;
use tenon_engine::error::Code;
use tenon_engine::execute::ExecuteRequest;
use tenon_engine::model::{Delivery, DeliveryState, Paging, Webhook, WebhookEvent};
use tenon_engine::webhooks::{MASK, WebhookChanges};
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_vault::Secret;

use crate::fixture::{World, account};

const EVERYTHING: [&str; 3] = [
    "Connection Created",
    "connection-deleted",
    "connection-expired",
];

/// An endpoint that answers with the status that a test sets last.
struct Endpoint {
    recorder: Recorder,
    status: Arc<AtomicU16>,
}

impl Endpoint {
    async fn start() -> Self {
        Self::with_headers("").await
    }

    /// Its answers have these headers, each with its line break.
    async fn with_headers(headers: &'static str) -> Self {
        let status = Arc::new(AtomicU16::new(204));
        let says = Arc::clone(&status);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let recorder = Recorder::answering(address, move |_| {
            answer(says.load(Ordering::SeqCst), headers)
        });
        Self {
            recorder: recorder.await,
            status,
        }
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn got(&self) -> Vec<Received> {
        self.recorder.take()
    }
}

fn said(url: &str) -> WebhookChanges {
    WebhookChanges {
        url: Some(format!("{url}/hook?key=k")),
        events: Some(EVERYTHING.map(str::to_owned).into()),
        ..WebhookChanges::default()
    }
}

impl World {
    /// An endpoint that wants everything, after what the world began with was told to nobody.
    async fn listen(&self, endpoint: &Endpoint) -> (Webhook, Secret) {
        self.listen_with(said(&endpoint.recorder.base)).await
    }

    async fn listen_with(&self, wanted: WebhookChanges) -> (Webhook, Secret) {
        self.engine.announce_events().await.unwrap();
        let made = self.engine.create_webhook(&self.tenant, &wanted).await;
        made.unwrap()
    }

    /// Both jobs, as far as they come now.
    async fn tell(&self) {
        self.engine.announce_events().await.unwrap();
        let begun = self.engine.deliver_webhooks().await.unwrap();
        begun.wait().await;
    }

    async fn log(&self, webhook: &Webhook) -> Vec<Delivery> {
        let paging = Paging {
            page: 1,
            limit: 100,
        };
        let listed = self
            .engine
            .deliveries(&self.tenant, webhook.id.as_str(), None, paging);
        listed.await.unwrap().items
    }

    async fn only(&self, webhook: &Webhook) -> Delivery {
        let mut all = self.log(webhook).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn disconnect(&self) {
        let (tenant, whose, choice) = (self.tenant.tenant(), account(), Choice::default());
        let removed = self
            .engine
            .delete_connections(tenant, &whose, "acme", &choice);
        assert_eq!(removed.await.unwrap().len(), 1);
    }

    async fn change(&self, webhook: &Webhook, changes: WebhookChanges) -> Webhook {
        let id = webhook.id.as_str();
        let changed = self.engine.change_webhook(&self.tenant, id, &changes).await;
        changed.unwrap()
    }
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

fn header(received: &Received, name: &str) -> String {
    let values = received.header(name);
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    values.into_iter().next().unwrap()
}

/// HMAC-SHA-256 as RFC 2104 defines it, from the hash alone: another computation than the one under test.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let sha = |bytes: &[u8]| tenon_vault::digest::sha256(&[bytes]);
    assert!(key.len() <= 64);
    let pad = |with: u8| {
        let mut block = [with; 64];
        block
            .iter_mut()
            .zip(key)
            .for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = sha(&[pad(0x36).as_slice(), message].concat());
    sha(&[pad(0x5c).as_slice(), &inner].concat())
}

/// The signature that a receiver computes by the text of Standard Webhooks.
fn expected_signature(secret: &Secret, received: &Received) -> String {
    let key = STANDARD
        .decode(secret.expose().strip_prefix("whsec_").unwrap())
        .unwrap();
    assert_eq!(key.len(), 32);
    let (id, time) = (
        header(received, "webhook-id"),
        header(received, "webhook-timestamp"),
    );
    let message = [format!("{id}.{time}.").as_bytes(), &received.body].concat();
    format!("v1,{}", STANDARD.encode(hmac(&key, &message)))
}

#[tokio::test]
async fn a_connection_that_is_made_is_told_word_for_word_and_signed() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, secret) = world.listen(&endpoint).await;
    world.disconnect().await;
    world.connect().await;
    world.tell().await;
    let mut got = endpoint.got();
    assert_eq!(got.len(), 2);
    got.sort_by_key(|received| body(received)["event"].to_string());
    let (made, gone) = (&got[0], &got[1]);
    assert_eq!(made.line(), ("POST".to_owned(), "/hook?key=k".to_owned()));
    assert_eq!(header(made, "content-type"), "application/json");
    let connection = world
        .engine
        .connections(world.tenant.tenant(), &account(), None)
        .await;
    let connection = connection.unwrap().remove(0);
    let expected = json!({
        "linked_account_id": "ada@example.com",
        "org_id": world.tenant.tenant().org.as_str(),
        "environment": "test",
        "type": "General",
        "event": "Connection Created",
        "slug": "acme",
        "createdAt": "Tue, 14 Jul 2026 03:33:20 GMT",
        "event_id": header(made, "webhook-id"),
        "connection_id": connection.id.as_str(),
        "timestamp": "2026-07-14T03:33:20.000Z",
        "auth_type": "token",
    });
    assert_eq!(String::from_utf8_lossy(&made.body), expected.to_string());
    assert_eq!(body(gone)["event"], "Connection Deleted");
    assert_ne!(body(gone)["connection_id"], expected["connection_id"]);
    for received in &got {
        let signature = header(received, "webhook-signature");
        assert_eq!(signature, expected_signature(&secret, received));
        assert_eq!(header(received, "webhook-timestamp"), "1784000000");
        assert!(received.header("x-cobalt-signature").is_empty());
    }
    let log = world.log(&webhook).await;
    assert!(log.iter().all(|one| one.state == DeliveryState::Delivered));
    assert_eq!(log[0].attempts[0].http_status, Some(204));
    world.tell().await;
    assert_eq!(endpoint.got(), [], "told once");
}

#[tokio::test]
async fn a_connection_that_expires_is_told_with_its_reason() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    world.listen(&endpoint).await;
    world.application.refuse();
    let body_of_call = json!({"path": "refuse"});
    let call = ExecuteRequest::new("acme", "get", body_of_call);
    world.engine.execute(&world.caller, call).await.unwrap();
    world.tell().await;
    let got = endpoint.got();
    assert_eq!(got.len(), 1);
    let told = body(&got[0]);
    assert_eq!(told["event"], "Connection Expired");
    assert!(told["reason"].is_string(), "{told}");
}

#[tokio::test]
async fn whoever_authorizes_again_is_told_as_connected_with_the_reason() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    world.listen(&endpoint).await;
    world.connect().await;
    world.tell().await;
    let told = body(&endpoint.got()[0]);
    assert_eq!(
        (&told["event"], &told["reason"]),
        (&json!("Connection Created"), &json!("reauthorized"))
    );
}

#[tokio::test]
async fn an_endpoint_that_fails_is_tried_again_later_and_later_with_one_id() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, secret) = world.listen(&endpoint).await;
    endpoint.says(500);
    world.disconnect().await;
    world.tell().await;
    let first = endpoint.got().remove(0);
    let waits = [5, 30, 120, 900, 3_600, 14_400, 43_200, 86_400];
    for (number, wait) in waits.into_iter().enumerate() {
        world.clock.pass(wait * 1000 - 1);
        world.tell().await;
        assert_eq!(endpoint.got(), [], "attempt {number} comes too early");
        world.clock.pass(wait * 200 + 1);
        world.tell().await;
        let again = endpoint.got();
        assert_eq!(again.len(), 1, "attempt {number}");
        assert_eq!(again[0].body, first.body);
        assert_eq!(
            header(&again[0], "webhook-id"),
            header(&first, "webhook-id")
        );
        let signature = header(&again[0], "webhook-signature");
        assert_eq!(signature, expected_signature(&secret, &again[0]));
        assert_ne!(
            signature,
            header(&first, "webhook-signature"),
            "it is signed for its own time"
        );
    }
    let failed = world.only(&webhook).await;
    assert_eq!(
        (failed.state, failed.attempts.len()),
        (DeliveryState::Failed, 9)
    );
    assert_eq!(failed.attempts[8].response.as_deref(), Some("{}"));
    world.clock.pass(7 * 86_400_000);
    world.tell().await;
    assert_eq!(endpoint.got(), [], "it is given up");

    endpoint.says(200);
    let (id, delivery) = (webhook.id.as_str(), failed.id.as_str());
    let sent = world
        .engine
        .redeliver(&world.tenant, id, delivery)
        .await
        .unwrap();
    assert_eq!(
        (sent.state, sent.attempts.len()),
        (DeliveryState::Delivered, 10)
    );
    let by_hand = endpoint.got();
    assert_eq!(
        header(&by_hand[0], "webhook-id"),
        header(&first, "webhook-id")
    );
    assert_eq!(world.only(&webhook).await, sent);
}

#[tokio::test]
async fn a_redelivery_that_fails_begins_the_schedule_anew() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    world.disconnect().await;
    world.tell().await;
    let delivered = world.only(&webhook).await;
    endpoint.says(503);
    let (id, delivery) = (webhook.id.as_str(), delivered.id.as_str());
    let again = world
        .engine
        .redeliver(&world.tenant, id, delivery)
        .await
        .unwrap();
    assert_eq!(
        (again.state, again.tries, again.finished_at),
        (DeliveryState::Pending, 1, None)
    );
    endpoint.says(200);
    world.clock.pass(6_000);
    world.tell().await;
    assert_eq!(endpoint.got().len(), 3);
    assert_eq!(world.only(&webhook).await.state, DeliveryState::Delivered);
    world.change(&webhook, disabled()).await;
    let refused = world
        .engine
        .redeliver(&world.tenant, id, delivery)
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::BadRequest);
    let unknown = world
        .engine
        .redeliver(&world.tenant, id, "whd_1")
        .await
        .unwrap_err();
    assert_eq!(unknown.code, Code::ResourceNotFound);
}

fn disabled() -> WebhookChanges {
    WebhookChanges {
        is_enabled: Some(false),
        ..WebhookChanges::default()
    }
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    let (world, endpoint) = (
        World::new().await,
        Endpoint::with_headers("retry-after: 60\r\n").await,
    );
    world.listen(&endpoint).await;
    endpoint.says(429);
    world.disconnect().await;
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
    world.clock.pass(59_999);
    world.tell().await;
    assert_eq!(endpoint.got(), []);
    world.clock.pass(1);
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_until_its_tenant_enables_it() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    endpoint.says(410);
    world.disconnect().await;
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
    assert_eq!(world.only(&webhook).await.state, DeliveryState::Failed);
    let seen = world
        .engine
        .webhook(&world.tenant, webhook.id.as_str())
        .await
        .unwrap();
    assert!(!seen.is_enabled && seen.disabled_because.unwrap().contains("410"));
    world.connect().await;
    world.tell().await;
    assert_eq!(endpoint.got(), []);
    endpoint.says(200);
    let enabled = WebhookChanges {
        is_enabled: Some(true),
        ..WebhookChanges::default()
    };
    let seen = world.change(&webhook, enabled).await;
    assert_eq!((seen.is_enabled, seen.disabled_because), (true, None));
    world.tell().await;
    assert_eq!(endpoint.got(), [], "what happened meanwhile is not told");
    world.disconnect().await;
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
}

#[tokio::test]
async fn what_waits_for_a_disabled_endpoint_waits_until_it_is_enabled() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    endpoint.says(500);
    world.disconnect().await;
    world.tell().await;
    world.change(&webhook, disabled()).await;
    world.clock.pass(86_400_000);
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
    endpoint.says(200);
    let enabled = WebhookChanges {
        is_enabled: Some(true),
        ..WebhookChanges::default()
    };
    world.change(&webhook, enabled).await;
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1);
}

#[tokio::test]
async fn each_endpoint_gets_what_it_wants_and_nothing_else() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let at = |path: &str| Some(format!("{}/{path}", endpoint.recorder.base));
    let want = |path: &str, event: &str| WebhookChanges {
        url: at(path),
        events: Some(vec![event.to_owned()]),
        ..WebhookChanges::default()
    };
    let elsewhere = WebhookChanges {
        slug: Some(Some("elsewhere".to_owned())),
        ..want("elsewhere", "Connection Deleted")
    };
    let here = WebhookChanges {
        slug: Some(Some("acme".to_owned())),
        ..want("here", "Connection Deleted")
    };
    let all = [
        want("deleted", "Connection Deleted"),
        want("created", "Connection Created"),
        want("never", "Workflow Completed"),
        elsewhere,
        here,
    ];
    for wanted in all {
        world.listen_with(wanted).await;
    }
    world.disconnect().await;
    world.tell().await;
    let mut paths: Vec<_> = endpoint.got().iter().map(|one| one.line().1).collect();
    paths.sort();
    assert_eq!(paths, ["/deleted", "/here"]);
}

#[tokio::test]
async fn two_processes_that_work_at_the_same_time_tell_once() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    let other = crate::fixture::engine_beside(&world).await;
    for _ in 0..10 {
        world.disconnect().await;
        world.connect().await;
    }
    let tell = async |engine: &Arc<tenon_engine::Engine>| {
        engine.announce_events().await.unwrap();
        engine.deliver_webhooks().await.unwrap().wait().await;
    };
    tokio::join!(tell(&world.engine), tell(&other), tell(&world.engine));
    // One of them may have found everything in the other's hands.
    world.tell().await;
    let got = endpoint.got();
    let mut ids: Vec<_> = got.iter().map(|one| header(one, "webhook-id")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((got.len(), ids.len()), (20, 20));
    let log = world.log(&webhook).await;
    assert!(log.iter().all(|one| one.state == DeliveryState::Delivered));
}

#[tokio::test]
async fn a_process_that_stopped_in_the_middle_leaves_the_delivery_to_another() {
    use tenon_engine::ports::Deliveries as _;
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    world.disconnect().await;
    world.engine.announce_events().await.unwrap();
    // Somebody takes it in hand and is never heard of again.
    let waiting = world.only(&webhook).await;
    assert!(world.store.take_delivery(&waiting, 100).await.unwrap());
    world.tell().await;
    assert_eq!(endpoint.got(), [], "it is in another's hand");
    let limit = std::time::Instant::now() + Duration::from_secs(20);
    while endpoint.recorder.count() == 0 && std::time::Instant::now() < limit {
        world.tell().await;
    }
    let got = endpoint.got();
    assert_eq!(got.len(), 1);
    assert_eq!(header(&got[0], "webhook-id"), waiting.event.as_str());
}

#[tokio::test]
async fn an_endpoint_that_hangs_holds_up_no_other() {
    let world = World::new().await;
    let hanging = Recorder::acting(SocketAddr::from(([127, 0, 0, 1], 0)), |_| {
        std::future::pending()
    })
    .await;
    let endpoint = Endpoint::start().await;
    let (slow, _) = world.listen_with(said(&hanging.base)).await;
    let (quick, _) = world.listen(&endpoint).await;
    world.disconnect().await;
    world.engine.announce_events().await.unwrap();
    let first = world.engine.deliver_webhooks().await.unwrap();
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, async {
        while world.only(&quick).await.state != DeliveryState::Delivered {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    world.connect().await;
    world.engine.announce_events().await.unwrap();
    // The hanging endpoint's lane is taken: this round is the other's alone.
    let round = world.engine.deliver_webhooks().await.unwrap();
    tokio::time::timeout(limit, round.wait()).await.unwrap();
    assert_eq!(endpoint.got().len(), 2);
    assert!(
        !first.is_empty(),
        "the hanging endpoint is still waited for"
    );
    let waiting = world.log(&slow).await;
    assert!(waiting.iter().all(|one| one.attempts.is_empty()));
}

#[tokio::test]
async fn a_secret_is_replaced_without_a_gap() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, old) = world.listen(&endpoint).await;
    let rotated = world
        .engine
        .rotate_webhook_secret(&world.tenant, webhook.id.as_str())
        .await;
    let rotated = rotated.unwrap();
    world.disconnect().await;
    world.tell().await;
    let both = endpoint.got().remove(0);
    let signatures = header(&both, "webhook-signature");
    let expected = [
        expected_signature(&rotated.secret, &both),
        expected_signature(&old, &both),
    ];
    assert_eq!(signatures, expected.join(" "));
    world.clock.pass(24 * 3600 * 1000);
    assert_eq!(world.engine.clock().now(), rotated.old_until);
    world.connect().await;
    world.tell().await;
    let after = endpoint.got().remove(0);
    assert_eq!(
        header(&after, "webhook-signature"),
        expected_signature(&rotated.secret, &after)
    );
    for _ in 0..4 {
        let again = world
            .engine
            .rotate_webhook_secret(&world.tenant, webhook.id.as_str());
        again.await.unwrap();
    }
    let again = world
        .engine
        .rotate_webhook_secret(&world.tenant, webhook.id.as_str());
    assert_eq!(again.await.unwrap_err().code, Code::Conflict);
}

#[tokio::test]
async fn the_compatible_signature_comes_only_where_a_key_is_given() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    let key = "tk1234-an-older-key";
    let with_key = |key: Option<&str>| WebhookChanges {
        compat_signature_key: Some(key.map(Secret::new)),
        ..WebhookChanges::default()
    };
    let seen = world.change(&webhook, with_key(Some(key))).await;
    assert!(seen.definition.compat_signature);
    world.disconnect().await;
    world.tell().await;
    let got = endpoint.got().remove(0);
    let expected = tenon_vault::digest::hex(&hmac(key.as_bytes(), &got.body));
    assert_eq!(header(&got, "x-cobalt-signature"), expected);
    assert_eq!(got.header("webhook-signature").len(), 1);
    world.change(&webhook, with_key(None)).await;
    world.connect().await;
    world.tell().await;
    assert!(endpoint.got()[0].header("x-cobalt-signature").is_empty());
}

#[tokio::test]
async fn a_body_and_headers_are_made_as_the_tenant_wants_them() {
    let (world, endpoint) = (
        World::new().await,
        Endpoint::with_headers("x-echo: hidden-canary-9\r\n").await,
    );
    let secret = tenon_testkit::SECRET;
    let wanted = WebhookChanges {
        body: Some(
            json!({"text": "{{linked_account_name}} at {{event.slug}}", "all": "{{event}}"}),
        ),
        method: Some("put".to_owned()),
        headers: Some(
            [
                ("X-Event", "{{event.event}}/{{event.slug}}"),
                ("authorization", secret),
                ("content-type", "application/vnd.ours+json"),
            ]
            .map(|(name, text)| (name.to_owned(), Secret::new(text)))
            .into(),
        ),
        ..said(&endpoint.recorder.base)
    };
    let (webhook, _) = world.listen_with(wanted).await;
    assert_eq!(webhook.definition.headers.get("authorization"), Some(&None));
    world.disconnect().await;
    world.tell().await;
    let got = endpoint.got().remove(0);
    assert_eq!(got.line().0, "PUT");
    assert_eq!(header(&got, "x-event"), "Connection Deleted/acme");
    assert_eq!(header(&got, "authorization"), secret);
    assert_eq!(header(&got, "content-type"), "application/vnd.ours+json");
    let sent = body(&got);
    assert_eq!(sent["text"], "ada@example.com at acme");
    assert_eq!(sent["all"]["event"], "Connection Deleted");
    // Sent back as it was shown, the hidden header stays what it was.
    let changed = WebhookChanges {
        headers: Some([("authorization".to_owned(), Secret::new(MASK))].into()),
        ..WebhookChanges::default()
    };
    world.change(&webhook, changed).await;
    world.connect().await;
    world.tell().await;
    let got = endpoint.got().remove(0);
    assert_eq!(header(&got, "authorization"), secret);
    assert!(got.header("x-event").is_empty());
}

#[tokio::test]
async fn an_echo_of_a_hidden_header_is_not_kept() {
    let world = World::new().await;
    let echo = Recorder::answering(SocketAddr::from(([127, 0, 0, 1], 0)), |received| {
        let text = received.header("x-api-key").join("");
        let length = text.len();
        format!("HTTP/1.1 500 x\r\ncontent-length: {length}\r\n\r\n{text}")
    });
    let echo = echo.await;
    let wanted = WebhookChanges {
        headers: Some([("x-api-key".to_owned(), Secret::new(tenon_testkit::SECRET))].into()),
        ..said(&echo.base)
    };
    let (webhook, _) = world.listen_with(wanted).await;
    world.disconnect().await;
    world.tell().await;
    let kept = world.only(&webhook).await;
    assert_eq!(kept.attempts[0].response.as_deref(), Some("***"));
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_said_all_at_once() {
    let world = World::new().await;
    let none = world
        .engine
        .create_webhook(&world.tenant, &WebhookChanges::default())
        .await;
    let none = none.unwrap_err();
    let named: Vec<_> = none
        .errors
        .iter()
        .map(|error| error.param.as_str())
        .collect();
    assert_eq!(named, ["webhook_url", "webhook_events"]);
    let wrong = WebhookChanges {
        url: Some("http://ada:pw@example.com/".to_owned()),
        method: Some("GET".to_owned()),
        body: Some(json!("{{events}}")),
        ..said("x")
    };
    let wrong = world
        .engine
        .create_webhook(&world.tenant, &wrong)
        .await
        .unwrap_err();
    let named: Vec<_> = wrong
        .errors
        .iter()
        .map(|error| error.param.as_str())
        .collect();
    assert_eq!(named, ["webhook_url", "method", "webhook_body"]);
    assert!(!wrong.message.contains("pw"), "{}", wrong.message);
    let event = WebhookChanges {
        events: Some(vec!["Connection Errored".to_owned()]),
        ..said("https://example.com")
    };
    let event = world
        .engine
        .create_webhook(&world.tenant, &event)
        .await
        .unwrap_err();
    assert_eq!(event.code, Code::InvalidEvent);
    assert_eq!(
        event.message,
        "Invalid event. Check events list in documentation."
    );
    for url in [
        "",
        "example.com",
        "ftp://example.com",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://intranet/x",
    ] {
        let wanted = WebhookChanges {
            url: Some(url.to_owned()),
            ..said("x")
        };
        let refused = world
            .engine
            .create_webhook(&world.tenant, &wanted)
            .await
            .unwrap_err();
        assert_eq!(refused.errors[0].param, "webhook_url", "{url}");
    }
}

#[tokio::test]
async fn a_test_is_sent_once_and_is_in_the_log() {
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, secret) = world.listen(&endpoint).await;
    let id = webhook.id.as_str();
    let tested = world
        .engine
        .test_webhook(&world.tenant, id, None)
        .await
        .unwrap();
    assert_eq!(tested.state, DeliveryState::Delivered);
    let got = endpoint.got().remove(0);
    assert_eq!(
        header(&got, "webhook-signature"),
        expected_signature(&secret, &got)
    );
    let told = body(&got);
    assert_eq!(
        (&told["test"], &told["event"]),
        (&json!(true), &json!("Connection Created"))
    );
    endpoint.says(500);
    let expired = Some(WebhookEvent::ConnectionExpired);
    let failed = world
        .engine
        .test_webhook(&world.tenant, id, expired)
        .await
        .unwrap();
    assert_eq!((failed.state, failed.due_at), (DeliveryState::Failed, None));
    assert_eq!(failed.attempts[0].http_status, Some(500));
    assert_eq!(world.log(&webhook).await, [failed.clone(), tested.clone()]);
    let again = world
        .engine
        .redeliver(&world.tenant, id, failed.id.as_str());
    assert_eq!(
        again.await.unwrap().state,
        DeliveryState::Failed,
        "no schedule is begun"
    );
    world.clock.pass(31 * 86_400_000);
    assert_eq!(world.engine.forget_deliveries().await.unwrap(), 2);
    assert_eq!(world.log(&webhook).await, []);
}

#[tokio::test]
async fn a_redirect_is_no_success_and_is_not_followed() {
    let world = World::new().await;
    let (endpoint, trap) = (
        Endpoint::with_headers("location: /trap\r\n").await,
        Endpoint::start().await,
    );
    endpoint.says(307);
    let (webhook, _) = world.listen(&endpoint).await;
    world.disconnect().await;
    world.tell().await;
    let kept = world.only(&webhook).await;
    assert_eq!(
        (kept.state, kept.attempts[0].http_status),
        (DeliveryState::Pending, Some(307))
    );
    assert!(
        kept.attempts[0]
            .error
            .as_deref()
            .unwrap()
            .contains("redirect")
    );
    assert_eq!((endpoint.got().len(), trap.got().len()), (1, 0));
}

#[tokio::test]
async fn secrets_that_were_altered_sign_nothing_and_are_reported() {
    use tenon_engine::ports::Webhooks as _;
    let (world, endpoint) = (World::new().await, Endpoint::start().await);
    let (webhook, _) = world.listen(&endpoint).await;
    let (other, _) = world.listen(&endpoint).await;
    let swapped = Webhook {
        version: 2,
        secrets: other.secrets,
        ..webhook.clone()
    };
    assert!(world.store.update_webhook(&swapped).await.unwrap());
    world.disconnect().await;
    world.tell().await;
    assert_eq!(endpoint.got().len(), 1, "the other endpoint's");
    let kept = world.only(&webhook).await;
    assert!(
        kept.attempts[0]
            .error
            .as_deref()
            .unwrap()
            .contains("do not open")
    );
}
