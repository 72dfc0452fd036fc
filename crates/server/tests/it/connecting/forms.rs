//! Forms: made from the connector's fields, checked with the application, kept when the account's own user is confirmed.

use serde_json::{Value, json};
use tenon_testkit::SECRET;

use super::browser::{APP, Browser, attribute, confirm, connections, decide, link_to, scene};
use crate::world::{ADA, BOB, World};

fn usual() -> Value {
    json!({"origins": [APP]})
}

const TOKEN: &str = "field.api_token";

/// Bob fills in the form for the application, up to where his tenant has to confirm.
async fn filled_in(world: &World, browser: &mut Browser) -> (String, String) {
    let link = link_to(world, BOB, "acme").await;
    let (page, form) = browser.follow(world, &link).await;
    assert_eq!(form.status, 200, "{}", form.text());
    let sent = browser.send(world, &page, &[(TOKEN, SECRET)]).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let attempt = sent.header("location").to_owned();
    let waiting = browser.go(world, &attempt).await;
    assert_eq!(waiting.status, 200, "{}", waiting.text());
    assert_eq!(attribute(&waiting, "data-state"), "waiting");
    assert_eq!(attribute(&waiting, "data-origins"), APP);
    (attempt, attribute(&waiting, "data-confirm"))
}

fn id(attempt: &str) -> &str {
    attempt.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_form_names_application_tenant_and_account_and_becomes_a_connection_once_it_is_confirmed()
{
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let link = link_to(&world, BOB, "acme").await;
    let (_, form) = bob.follow(&world, &link).await;
    let text = form.text();
    for shown in [
        "Connect Acme to Default organization",
        "bob",
        "<label for=\"field-api_token\">Token",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let (attempt, proof) = filled_in(&world, &mut bob).await;
    assert_eq!(connections(&world, BOB).await, 0, "nobody confirmed yet");
    let done = confirm(&world, BOB, id(&attempt), &proof).await.ok();
    assert_eq!(
        (&done["connected"], &done["slug"]),
        (&json!(true), &json!("acme"))
    );
    assert_eq!(connections(&world, BOB).await, 1);
    let page = bob.go(&world, &attempt).await;
    assert!(page.text().contains("Acme is connected"), "{}", page.text());
    // Asked again it says the same and does nothing.
    let again = confirm(&world, BOB, id(&attempt), &proof).await.ok();
    assert_eq!(again, done);
    assert_eq!(connections(&world, BOB).await, 1);
}

#[tokio::test]
async fn e7_another_user_cannot_confirm_and_ends_the_attempt() {
    let world = scene(usual()).await;
    let mut mallory = Browser::default();
    let (attempt, proof) = filled_in(&world, &mut mallory).await;
    let refused = confirm(&world, ADA, id(&attempt), &proof).await;
    refused.refused(403, "FORBIDDEN");
    let late = confirm(&world, BOB, id(&attempt), &proof).await;
    late.refused(409, "CONFLICT");
    assert_eq!(connections(&world, BOB).await, 0);
    let page = mallory.go(&world, &attempt).await;
    assert!(
        page.text().contains("Somebody else is signed in"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn a_wrong_confirmation_tells_nothing_and_changes_nothing() {
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let (attempt, proof) = filled_in(&world, &mut bob).await;
    let wrong = confirm(&world, BOB, id(&attempt), &"0".repeat(64)).await;
    wrong.refused(404, "RESOURCE_NOT_FOUND");
    let elsewhere = world.token_by(&world.other_key, BOB, json!({})).await;
    let ask = world
        .post("/api/v2/public/connect-confirm")
        .bearer(&elsewhere);
    let foreign = ask
        .json(json!({"attempt": id(&attempt), "confirm": proof}))
        .await;
    foreign.refused(404, "RESOURCE_NOT_FOUND");
    confirm(&world, BOB, id(&attempt), &proof).await.ok();
}

#[tokio::test]
async fn what_nobody_confirms_within_a_minute_is_forgotten() {
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let (attempt, proof) = filled_in(&world, &mut bob).await;
    world.clock.pass(60_000);
    let late = confirm(&world, BOB, id(&attempt), &proof).await;
    late.refused(409, "CONFLICT");
    assert_eq!(connections(&world, BOB).await, 0);
    let page = bob.go(&world, &attempt).await;
    assert!(
        page.text().contains("That took too long"),
        "{}",
        page.text()
    );
    let (other, _) = filled_in(&world, &mut bob).await;
    world.clock.pass(60_000);
    assert_eq!(world.app.engine.forget_connecting().await.unwrap(), 1);
    assert_eq!(
        attribute(&bob.go(&world, &other).await, "data-state"),
        "failed"
    );
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_input() {
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let (page, _) = bob
        .follow(&world, &link_to(&world, BOB, "acme").await)
        .await;
    let empty = bob.send(&world, &page, &[(TOKEN, " ")]).await;
    assert_eq!(empty.status, 400, "{}", empty.text());
    let text = empty.text();
    for part in [
        "<title>Error: Connect Acme",
        "role=\"alert\"",
        "<a href=\"#field-api_token\">Token is missing</a>",
        "aria-invalid=\"true\"",
        "aria-describedby=\"error-api_token\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What the application refuses is told in its words, and never shown again.
    let refused = bob
        .send(&world, &page, &[(TOKEN, "refused-by-the-application")])
        .await;
    let text = refused.text();
    if refused.status != 303 {
        assert!(!text.contains("refused-by-the-application"), "{text}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let (page, _) = bob
        .follow(&world, &link_to(&world, BOB, "acme").await)
        .await;
    for site in ["cross-site", "same-site", "none"] {
        let refused = bob.send_from(&world, &page, &[(TOKEN, SECRET)], site).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    assert_eq!(connections(&world, BOB).await, 0);
}

#[tokio::test]
async fn where_confirmation_is_off_the_form_is_enough() {
    let world = scene(json!({"confirm": "off"})).await;
    let mut bob = Browser::default();
    let (page, _) = bob
        .follow(&world, &link_to(&world, BOB, "acme").await)
        .await;
    let sent = bob.send(&world, &page, &[(TOKEN, SECRET)]).await;
    let (_, told) = bob.follow(&world, sent.header("location")).await;
    assert_eq!(attribute(&told, "data-state"), "connected");
    assert_eq!(connections(&world, BOB).await, 1);
}

#[tokio::test]
async fn a_link_with_an_address_to_return_to_brings_attempt_and_confirmation_there() {
    let world = scene(usual()).await;
    let token = world.token(BOB, json!({})).await;
    let back = format!("{APP}/done?x=1");
    let made = world.post("/api/v1/acme/integrate").bearer(&token);
    let made = made.json(json!({"redirect_url": back})).await.ok();
    let mut bob = Browser::default();
    let (page, _) = bob.follow(&world, made["auth_url"].as_str().unwrap()).await;
    let sent = bob.send(&world, &page, &[(TOKEN, SECRET)]).await;
    let url = url::Url::parse(sent.header("location")).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x", "connect_attempt", "connect_confirm"]);
    assert!(url.as_str().starts_with(&back), "{url}");
    assert_eq!(sent.header("referrer-policy"), "no-referrer");
    confirm(&world, BOB, &pairs[1].1, &pairs[2].1).await.ok();
    assert_eq!(connections(&world, BOB).await, 1);
    // Where the environment does not allow it any more, the browser is sent nowhere.
    let made = world.post("/api/v1/acme/integrate").bearer(&token);
    let made = made.json(json!({"redirect_url": back})).await.ok();
    let (page, _) = bob.follow(&world, made["auth_url"].as_str().unwrap()).await;
    decide(&world, json!({"origins": ["https://other.example"]})).await;
    let sent = bob.send(&world, &page, &[(TOKEN, SECRET)]).await;
    assert!(
        sent.header("location").starts_with("/connect/s/"),
        "{}",
        sent.header("location")
    );
}

#[tokio::test]
async fn sdks_save_keys_and_disconnect_and_are_asked_which_where_there_are_several() {
    let world = scene(usual()).await;
    let token = world.token(BOB, json!({})).await;
    let save = async |body: Value| {
        let ask = world.post("/api/v2/app/acme/save").bearer(&token);
        ask.json(body).await
    };
    let saved = save(json!({
        "api_token": SECRET, "auth_type": "keybased", "connection_id": null,
        "auth_profile_id": "x", "user_defined_fields": {}, "pre_requisite_fields": {},
    }));
    let first = saved.await.ok();
    assert_eq!(first["success"], true);
    save(json!({"nonsense": 1}))
        .await
        .refused(400, "VALIDATION_ERROR");
    let started = world.post("/api/v1/acme/integrate").bearer(&token);
    let started = started
        .json(json!({"api_token": SECRET, "auth_type": "keybased"}))
        .await
        .ok();
    assert_eq!(started["connected"], true);
    assert_eq!(
        started["connection_id"], first["connection_id"],
        "the same way is replaced"
    );
    let in_query = world
        .get("/api/v1/acme/integrate?api_token=x")
        .bearer(&token);
    in_query.send().await.refused(400, "BAD_REQUEST");
    let path = format!("/api/v2/admin/linked-accounts/{BOB}/connections/acme");
    let body = json!({"fields": {"api_token": SECRET}, "another": true});
    world.post(&path).admin().json(body).await.ok();
    let disconnect = async |query: &str| {
        let path = format!("/api/v1/linked-acc/integration/acme{query}");
        world.delete(&path).bearer(&token).send().await
    };
    disconnect("").await.refused(400, "BAD_REQUEST");
    disconnect("?auth_type=keybased")
        .await
        .refused(400, "BAD_REQUEST");
    let one = format!(
        "?connection_id={}",
        first["connection_id"].as_str().unwrap()
    );
    assert_eq!(disconnect(&one).await.ok()["removed"], 1);
    assert_eq!(disconnect(&one).await.ok()["removed"], 0);
    assert_eq!(disconnect("").await.ok()["removed"], 1);
    assert_eq!(connections(&world, BOB).await, 0);
}

#[tokio::test]
async fn the_log_has_a_line_of_each_step_and_no_secret_of_it() {
    let world = scene(usual()).await;
    let mut bob = Browser::default();
    let (attempt, proof) = filled_in(&world, &mut bob).await;
    confirm(&world, BOB, id(&attempt), &proof).await.ok();
    let list = world
        .get("/api/v2/admin/audit?limit=100")
        .admin()
        .send()
        .await
        .ok();
    let acts: Vec<_> = list["docs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["act"])
        .collect();
    for act in ["connectLinkMade", "connectBegun", "connectConfirmed"] {
        assert!(acts.contains(&&json!(act)), "{act}: {list}");
    }
    for secret in [proof.as_str(), "cl_", "cb_", "cs_"] {
        assert!(!list.to_string().contains(secret), "{secret}");
    }
}
