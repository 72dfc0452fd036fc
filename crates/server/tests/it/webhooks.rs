//! Webhooks over HTTP: the compatible API's routes with its words, the log, and secrets that show only where they are issued.

use serde_json::{Value, json};
use tenon_testkit::SECRET;
use tenon_testkit::recorder::{Recorder, answer};

use crate::world::{ADA, Answer, World};

const WEBHOOKS: &str = "/api/v2/public/webhook";
const ADMIN: &str = "/api/v2/admin/webhooks";

async fn create(world: &World, wanted: Value) -> Answer {
    world.post(WEBHOOKS).key().json(wanted).await
}

/// A webhook at this place of the application, told of everything.
async fn made(world: &World, at: &str) -> Value {
    let url = format!("{}/{at}", world.application.base);
    let events = [
        "Connection Created",
        "Connection Deleted",
        "Connection Expired",
    ];
    create(world, json!({"webhook_url": url, "webhook_events": events}))
        .await
        .ok()
}

fn path(webhook: &Value, more: &str) -> String {
    format!("{WEBHOOKS}/{}{more}", webhook["_id"].as_str().unwrap())
}

async fn list(world: &World) -> Vec<Value> {
    let all = world.get(WEBHOOKS).key().send().await.ok();
    all.as_array().unwrap().clone()
}

/// Both jobs, as far as they come now.
async fn tell(world: &World) {
    world.app.engine.announce_events().await.unwrap();
    world
        .app
        .engine
        .deliver_webhooks()
        .await
        .unwrap()
        .wait()
        .await;
}

#[tokio::test]
async fn a_webhook_has_the_shape_of_the_compatible_api() {
    let world = World::new().await;
    let url = format!("{}/hook", world.application.base);
    let wanted = json!({
        "webhook_url": url,
        "webhook_events": ["Connection Created", "workflow-timed-out", "Connection Created"],
        "workflow_ids": ["w1"],
        "group": "ours",
        "description": "For us",
        "webhook_headers": {"X-Team": "{{event.slug}}", "Authorization": SECRET},
        "unknown": 1,
    });
    let mut webhook = create(&world, wanted).await.ok();
    let secret = webhook["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);
    let id = webhook["_id"].clone();
    assert!(id.as_str().unwrap().starts_with("wh_"));
    let org = webhook["org_id"].clone();
    webhook.as_object_mut().unwrap().remove("secret");
    let expected = json!({
        "_id": id,
        "webhook_id": id,
        "org_id": org,
        "environment": "test",
        "is_enabled": true,
        "webhook_events": ["Connection Created", "Workflow Timed Out"],
        "workflow_ids": ["w1"],
        "webhook_url": url,
        "webhook_body": "{{event}}",
        "webhook_headers": {"x-team": "{{event.slug}}", "authorization": "***"},
        "description": "For us",
        "method": "POST",
        "group": "ours",
        "webhook_type": "default",
        "compat_signature": false,
        "createdAt": "2026-07-14T03:33:20.000Z",
        "updatedAt": "2026-07-14T03:33:20.000Z",
        "__v": 0,
    });
    assert_eq!(webhook, expected);
    assert_eq!(list(&world).await, std::slice::from_ref(&expected));
    let read = world.get(&path(&expected, "")).key().send().await;
    assert_eq!(read.ok(), expected);
    // Sent back as it was read, it stays what it is.
    let same = world
        .put(&path(&expected, ""))
        .key()
        .json(expected.clone())
        .await
        .ok();
    assert_eq!(same["__v"], 1);
    assert_eq!(same["webhook_headers"], expected["webhook_headers"]);
}

#[tokio::test]
async fn one_guides_other_words_mean_the_same() {
    let world = World::new().await;
    let url = format!("{}/hook", world.application.base);
    let wanted = json!({"url": url, "events": ["connection-deleted"], "webhook_type": "slack"});
    let webhook = create(&world, wanted).await.ok();
    assert_eq!(webhook["webhook_url"], url);
    assert_eq!(webhook["webhook_events"], json!(["Connection Deleted"]));
    assert_eq!(webhook["webhook_type"], "slack");
    let custom = json!({"webhook_body": {"kind": "{{event.event}}"}, "webhook_type": "default"});
    let custom = world.put(&path(&webhook, "")).key().json(custom).await.ok();
    assert_eq!(custom["webhook_type"], "custom");
    assert_eq!(custom["webhook_body"], r#"{"kind":"{{event.event}}"}"#);
    let back = json!({"webhook_type": "default", "group": null, "description": ""});
    let back = world.put(&path(&webhook, "")).key().json(back).await.ok();
    assert_eq!(back["webhook_body"], "{{event}}");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_words_of_the_compatible_api() {
    let world = World::new().await;
    let unknown = world.get("/api/v2/public/webhook/wh_1").key().send().await;
    let refusal = unknown.refused(400, "WEBHOOK_NOT_FOUND");
    assert_eq!(refusal["error_code"], "RESOURCE_NOT_FOUND");
    assert_eq!(refusal["message"], "Webhook not found");
    let url = format!("{}/hook", world.application.base);
    let event = json!({"webhook_url": url, "webhook_events": ["Connection Errored"]});
    let refusal = create(&world, event).await.refused(400, "INVALID_EVENT");
    assert_eq!(
        refusal["message"],
        "Invalid event. Check events list in documentation."
    );
    let nothing = create(&world, json!({}))
        .await
        .refused(400, "VALIDATION_ERROR");
    let params: Vec<_> = nothing["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["param"])
        .collect();
    assert_eq!(params, ["webhook_url", "webhook_events"]);
    let group = world.put("/api/v2/public/webhooks/group/edit").key();
    let refusal = group
        .json(json!({"group": "g"}))
        .await
        .refused(400, "VALIDATION_ERROR");
    assert_eq!(refusal["message"], "webhookIds is required");
}

#[tokio::test]
async fn no_webhook_leads_where_the_operator_did_not_open_the_network() {
    let world = World::new().await;
    let urls = [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://2852039166/",
        "http://169.254.169.254/",
        "https://metadata.google.internal/",
        "https://localhost.:443/",
        "https://intranet/",
        "https://ada:hunter2@example.com/",
        "ftp://example.com/",
        "example.com/hook",
        "https://",
        "",
    ];
    for url in urls {
        let wanted = json!({"webhook_url": url, "webhook_events": ["connection-created"]});
        let refusal = create(&world, wanted)
            .await
            .refused(400, "VALIDATION_ERROR");
        assert_eq!(
            refusal["errors"][0]["param"], "webhook_url",
            "{url}: {refusal}"
        );
        assert!(!refusal.to_string().contains("hunter2"));
        let webhook = made(&world, "hook").await;
        let changed = world.put(&path(&webhook, "")).key();
        let changed = changed.json(json!({"webhook_url": url})).await;
        changed.refused(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn webhooks_are_grouped_and_deleted_and_the_rest_is_answered() {
    let world = World::new().await;
    let (first, second) = (made(&world, "a").await, made(&world, "b").await);
    let group = async |name: &str| {
        let ids = json!([first["_id"], "wh_nobody"]);
        let ask = world.put("/api/v2/public/webhooks/group/edit").key();
        let grouped = ask
            .json(json!({"webhookIds": ids, "group": name}))
            .await
            .ok();
        assert_eq!(grouped.as_array().unwrap().len(), 1);
        grouped[0]["group"].clone()
    };
    assert_eq!(group("g").await, "g");
    assert_eq!(group("").await, Value::Null);
    let remaining = world.delete(&path(&first, "")).key().send().await.ok();
    assert_eq!(remaining[0]["_id"], second["_id"]);
    let remaining = world.delete(&path(&second, "")).key().send().await.ok();
    assert_eq!(remaining, json!([]));
    let gone = world.delete(&path(&second, "")).key().send().await;
    gone.refused(400, "WEBHOOK_NOT_FOUND");
}

#[tokio::test]
async fn older_clients_mean_the_only_webhook() {
    let world = World::new().await;
    let subscribe = async |what: &str, body: Value| {
        let ask = world.post(&format!("{WEBHOOKS}/{what}")).key();
        ask.json(body).await
    };
    let none = subscribe(
        "subscribe",
        json!({"webhook_events": ["connection-created"]}),
    )
    .await;
    none.refused(400, "WEBHOOK_NOT_FOUND");
    world
        .delete(WEBHOOKS)
        .key()
        .send()
        .await
        .refused(400, "WEBHOOK_NOT_FOUND");
    let webhook = made(&world, "hook").await;
    let less = subscribe(
        "unsubscribe",
        json!({"webhook_event": "connection-created"}),
    )
    .await;
    let expected = json!({
        "webhook_url": webhook["webhook_url"],
        "webhook_events": ["Connection Deleted", "Connection Expired"],
    });
    assert_eq!(less.ok(), expected);
    let more = json!({"webhook_events": ["connection-deleted", "workflow-errored"]});
    let more = subscribe("subscribe", more).await.ok();
    assert_eq!(
        more["webhook_events"],
        json!([
            "Connection Expired",
            "Connection Deleted",
            "Workflow Errored"
        ])
    );
    let wrong = subscribe("subscribe", json!({"webhook_events": ["connection"]})).await;
    wrong.refused(400, "INVALID_EVENT");
    subscribe("subscribe", json!({}))
        .await
        .refused(400, "VALIDATION_ERROR");
    assert_eq!(world.delete(WEBHOOKS).key().send().await.ok(), json!([]));
    made(&world, "a").await;
    made(&world, "b").await;
    world
        .delete(WEBHOOKS)
        .key()
        .send()
        .await
        .refused(400, "BAD_REQUEST");
    assert_eq!(list(&world).await.len(), 2);
}

#[tokio::test]
async fn what_a_webhook_was_told_is_in_its_log_and_is_sent_again_on_demand() {
    let world = World::new().await;
    let webhook = made(&world, "down").await;
    world.app.engine.announce_events().await.unwrap();
    let removed = world.delete("/api/v2/public/linked-account/integration/acme");
    removed.account(ADA).send().await.ok();
    tell(&world).await;
    let log = async |query: &str| {
        let ask = world.get(&path(&webhook, &format!("/deliveries?{query}")));
        ask.key().send().await
    };
    let pending = log("status=pending").await.ok();
    let deleted = pending["docs"].as_array().unwrap().iter();
    let mut deleted = deleted.filter(|one| one["event"] == "Connection Deleted");
    let delivery = deleted.next().unwrap().clone();
    let attempt = &delivery["attempts"][0];
    assert_eq!(attempt["http_status"], 503);
    assert_eq!(attempt["response"], r#"{"error": "down"}"#);
    assert!(attempt["duration_ms"].is_number() && attempt["error"].is_null());
    assert_eq!(delivery["payload"]["linked_account_id"], ADA);
    assert_eq!(delivery["payload"]["event_id"], delivery["event_id"]);
    assert!(delivery["next_attempt_at"].as_str().unwrap() > "2026-07-14T03:33:25");
    assert_eq!(log("status=failed").await.ok()["totalDocs"], 0);
    log("status=lost").await.refused(400, "VALIDATION_ERROR");

    let url = format!("{}/well", world.application.base);
    let moved = world.put(&path(&webhook, "")).key();
    moved.json(json!({"webhook_url": url})).await.ok();
    let again = format!(
        "/deliveries/{}/redeliver",
        delivery["delivery_id"].as_str().unwrap()
    );
    let sent = world.post(&path(&webhook, &again)).key().send().await.ok();
    assert_eq!(
        (&sent["status"], &sent["next_attempt_at"]),
        (&json!("delivered"), &Value::Null)
    );
    assert_eq!(sent["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(sent["event_id"], delivery["event_id"]);
    let tested = world.post(&path(&webhook, "/test")).key();
    let tested = tested
        .json(json!({"event": "connection-expired"}))
        .await
        .ok();
    assert_eq!(
        (&tested["status"], &tested["event"]),
        (&json!("delivered"), &json!("Connection Expired"))
    );
    assert_eq!(tested["payload"]["test"], true);
    assert_eq!(log("status=delivered").await.ok()["totalDocs"], 2);
}

#[tokio::test]
async fn secrets_show_where_they_are_issued_and_nowhere_else() {
    let world = World::new().await;
    let endpoint = Recorder::answering(([127, 0, 0, 1], 0).into(), |received| {
        let echo = received.header("authorization").join("");
        format!(
            "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{echo}",
            echo.len()
        )
    })
    .await;
    let wanted = json!({
        "webhook_url": format!("{}/hook?key={}", endpoint.base, "query-7"),
        "webhook_events": ["connection-expired"],
        "webhook_headers": {"authorization": SECRET},
        "compat_signature_key": SECRET,
    });
    let webhook = create(&world, wanted).await.ok();
    let rotated = world
        .post(&path(&webhook, "/secret/rotate"))
        .key()
        .send()
        .await
        .ok();
    assert_eq!(
        rotated["old_secret_valid_until"],
        "2026-07-15T03:33:20.000Z"
    );
    let secrets = [&webhook["secret"], &rotated["secret"]].map(|secret| secret.as_str().unwrap());
    assert_ne!(secrets[0], secrets[1]);
    // Every answer and, at the end, the files are searched for the canary in SECRET.
    world.post(&path(&webhook, "/test")).key().send().await.ok();
    let got = endpoint.take().remove(0);
    assert_eq!(got.header("x-cobalt-signature").len(), 1);
    assert_eq!(got.header("webhook-signature")[0].split(' ').count(), 2);
    let mut shown = String::new();
    for ask in [
        world.get(WEBHOOKS).key(),
        world.get(&path(&webhook, "/deliveries")).key(),
        world.get("/api/v2/admin/audit?limit=100").admin(),
    ] {
        shown += &ask.send().await.text();
    }
    for secret in secrets {
        assert!(!shown.contains(secret.strip_prefix("whsec_").unwrap()));
    }
    assert_eq!(list(&world).await[0]["compat_signature"], true);
    let audit = world
        .get("/api/v2/admin/audit?limit=100&act=createWebhook")
        .admin();
    let audit = audit.send().await.ok();
    assert!(!audit.to_string().contains("query-7"), "{audit}");
    assert_eq!(audit["docs"][0]["detail"]["webhook_id"], webhook["_id"]);
}

#[tokio::test]
async fn an_operator_manages_the_webhooks_of_either_environment() {
    let world = World::new().await;
    let webhook = made(&world, "hook").await;
    let listed = world.get(ADMIN).admin().send().await.ok();
    assert_eq!(listed[0]["_id"], webhook["_id"]);
    let production = world
        .get(&format!("{ADMIN}?environment=production"))
        .admin();
    assert_eq!(production.send().await.ok(), json!([]));
    let one = format!("{ADMIN}/{}", webhook["_id"].as_str().unwrap());
    let disabled = world
        .put(&one)
        .admin()
        .json(json!({"is_enabled": false}))
        .await
        .ok();
    assert_eq!(disabled["is_enabled"], false);
    let tested = world.post(&format!("{one}/test")).admin().send().await.ok();
    assert_eq!(tested["status"], "delivered");
    let elsewhere = world.get(&format!("{one}?environment=production")).admin();
    elsewhere.send().await.refused(400, "WEBHOOK_NOT_FOUND");
    assert_eq!(world.delete(&one).admin().send().await.ok(), json!([]));
}

#[tokio::test]
async fn a_session_token_does_not_reach_webhooks() {
    let world = World::new().await;
    let token = world.token(ADA, json!({})).await;
    let asked = world.get(WEBHOOKS).bearer(&token).send().await;
    asked.refused(401, "INVALID_CREDENTIALS");
    let endpoint = Recorder::answering(([127, 0, 0, 1], 0).into(), |_| answer(200, "")).await;
    let wanted = json!({"webhook_url": endpoint.base, "webhook_events": ["connection-created"]});
    let asked = world.post(WEBHOOKS).bearer(&token).json(wanted).await;
    asked.refused(401, "INVALID_CREDENTIALS");
}
