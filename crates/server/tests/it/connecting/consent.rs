//! OAuth 2.0 from the consent page to a connection that executes, and what people are told where it does not get there.

use serde_json::json;
use tenon_testkit::provider::Consent;
use tenon_testkit::{SECRET, provider};

use super::browser::{APP, Browser, attribute, confirm, link_to, plain};
use super::vendor::{Scene, TWIN, VEND};
use crate::world::ADA;

#[tokio::test]
async fn a_consent_page_names_application_tenant_account_and_scopes_and_leads_to_the_application() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let (page, consent) = scene.consent_page(&mut ada, VEND).await;
    let text = plain(&consent.text());
    for shown in [
        "Connect vend inc to Default organization",
        ADA,
        "<code>records.read</code>",
        "<code>records.write</code>",
        "Continue to vend inc",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let there = scene.leave(&mut ada, &page).await;
    let url = url::Url::parse(&there).unwrap();
    let value = |name: &str| {
        let found = url.query_pairs().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    assert_eq!(
        value("redirect_uri"),
        "https://tenon.example/api/v1/vend/callback"
    );
    assert_eq!(value("code_challenge_method"), "S256");
    assert_eq!(value("scope"), "records.read records.write");
    assert!(value("state").len() > 40, "{there}");
    let waiting = {
        let back = scene.say_yes(&there).await;
        scene.come_back(&mut ada, &back).await
    };
    assert_eq!(
        scene.provider.token_calls("authorization_code"),
        0,
        "nobody confirmed yet"
    );
    let done = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm)
        .await
        .ok();
    assert_eq!(done["connected"], true);
    let connections = scene.connections(ADA, VEND).await;
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0]["identifier"], "account-1");
    let told = ada.go(&scene.world, &waiting.page).await;
    assert_eq!(attribute(&told, "data-state"), "connected");
    assert!(
        told.text().contains("account-1@provider.example"),
        "{}",
        told.text()
    );
    let ran = scene
        .world
        .post("/api/v2/integration-schema/vend/actions/list/execute");
    ran.account(ADA).json(json!({})).await.ok();
    assert_eq!(scene.provider.executed().len(), 1);
}

#[tokio::test]
async fn what_the_application_says_is_told_and_shown_as_text() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    scene
        .provider
        .change(|behaviour| behaviour.consent = Consent::Denied);
    let there = scene.set_out(&mut ada, VEND).await;
    let back = scene.say_yes(&there).await;
    let (page, told) = ada.follow(&scene.world, &back).await;
    assert!(page.contains("/a/cat_"), "a clean address: {page}");
    let text = told.text();
    for part in ["You did not allow it", "The person said no.", "Try again"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let there = scene.set_out(&mut ada, VEND).await;
    let state = there
        .split("state=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let script = "%3Cscript%3Ealert(1)%3C/script%3E%00%0A";
    let back = format!(
        "/api/v1/vend/callback?state={state}&error=server_error&error_description={script}"
    );
    let (_, told) = ada.follow(&scene.world, &back).await;
    let text = told.text();
    assert!(text.contains("&lt;script&gt;alert(1)"), "{text}");
    assert!(!text.contains("<script>alert"), "{text}");
}

#[tokio::test]
async fn where_no_tokens_are_given_the_attempt_fails_with_the_reason() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let waiting = scene.up_to_confirmation(&mut ada, VEND).await;
    scene
        .provider
        .register(provider::Provider::CLIENT_ID, "another");
    let refused = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
    refused.refused(409, "CONFLICT");
    let told = ada.go(&scene.world, &waiting.page).await;
    assert!(told.text().contains("invalid_client"), "{}", told.text());
    assert!(scene.connections(ADA, VEND).await.is_empty());
}

#[tokio::test]
async fn an_application_without_a_client_of_the_tenant_says_so() {
    let scene = Scene::usual().await;
    let path = format!("/api/v2/admin/oauth-clients/{VEND}?environment=test");
    scene.world.delete(&path).admin().send().await.ok();
    let mut ada = Browser::default();
    let (_, page) = scene.consent_page(&mut ada, VEND).await;
    assert_eq!(page.status, 409, "{}", page.text());
    assert!(page.text().contains("is not set up yet"), "{}", page.text());
}

#[tokio::test]
async fn another_vendor_account_than_before_is_asked_about() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let connect_as = async |ada: &mut Browser, account: &str| {
        let account = account.to_owned();
        scene
            .provider
            .change(|behaviour| behaviour.account = account);
        let waiting = scene.up_to_confirmation(ada, VEND).await;
        let done = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
        (waiting.page, done.ok())
    };
    let (_, first) = connect_as(&mut ada, "one").await;
    let (_, again) = connect_as(&mut ada, "one").await;
    assert_eq!(
        again["connection_id"], first["connection_id"],
        "the same account just reconnects"
    );

    let (page, other) = connect_as(&mut ada, "two").await;
    assert_eq!(other["state"], "choosing");
    assert!(
        other["next_url"].as_str().unwrap().ends_with(&page),
        "{other}"
    );
    let asked = ada.go(&scene.world, &page).await;
    let text = asked.text();
    for part in [
        "one@provider.example",
        "two@provider.example",
        "Keep both accounts",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Nobody else decides, and no other page.
    let mut mallory = Browser::default();
    assert_eq!(
        mallory
            .send(&scene.world, &page, &[("decision", "replace")])
            .await
            .status,
        403
    );
    let forged = ada
        .send_from(
            &scene.world,
            &page,
            &[("decision", "replace")],
            "cross-site",
        )
        .await;
    assert_eq!(forged.status, 403);
    ada.send(&scene.world, &page, &[("decision", "cancel")])
        .await;
    assert_eq!(scene.connections(ADA, VEND).await[0]["identifier"], "one");

    let (page, _) = connect_as(&mut ada, "two").await;
    ada.send(&scene.world, &page, &[("decision", "both")]).await;
    assert_eq!(scene.connections(ADA, VEND).await.len(), 2);
    let (_, again) = connect_as(&mut ada, "two").await;
    assert_eq!(again["connected"], true, "it is connected already");
    assert_eq!(scene.connections(ADA, VEND).await.len(), 2);

    let (page, _) = connect_as(&mut ada, "three").await;
    ada.send(&scene.world, &page, &[("decision", "replace")])
        .await;
    let all = scene.connections(ADA, VEND).await;
    let names: Vec<_> = all
        .iter()
        .map(|one| one["identifier"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["three", "two"]);
    assert_eq!(all[0]["connection_id"], first["connection_id"]);
}

#[tokio::test]
async fn where_confirmation_is_off_coming_back_is_enough() {
    let scene = Scene::new(json!({"confirm": "off"})).await;
    let mut ada = Browser::default();
    let there = scene.set_out(&mut ada, VEND).await;
    let back = scene.say_yes(&there).await;
    let (_, told) = ada.follow(&scene.world, &back).await;
    assert_eq!(attribute(&told, "data-state"), "connected");
    // The browser is bound all the same.
    let there = scene.set_out(&mut ada, TWIN).await;
    let back = scene.say_yes(&there).await;
    assert_eq!(Browser::default().go(&scene.world, &back).await.status, 403);
    assert!(scene.connections(ADA, TWIN).await.is_empty());
}

#[tokio::test]
async fn sdks_get_the_address_of_the_consent_page() {
    let scene = Scene::usual().await;
    let token = scene.world.token(ADA, json!({})).await;
    for ask in [
        scene.world.get("/api/v1/vend/integrate?").bearer(&token),
        scene
            .world
            .post("/api/v1/vend/integrate")
            .bearer(&token)
            .body(json!({
                "auth_profile_id": null, "connection_id": null, "user_defined_fields": {},
                "pre_requisite_fields": {},
            })),
    ] {
        let started = ask.send().await.ok();
        let mut ada = Browser::default();
        let address = started["auth_url"].as_str().unwrap();
        let (page, consent) = ada.follow(&scene.world, address).await;
        assert!(page.ends_with("/vend"), "{page}: {}", consent.text());
    }
    let path = "/api/v1/vend/integrate?nonsense=1";
    let refused = scene.world.get(path).bearer(&token).send().await;
    refused.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn codes_states_and_tokens_stand_in_no_log_of_acts() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let link = link_to(&scene.world, ADA, VEND).await;
    let (page, _) = ada.follow(&scene.world, &link).await;
    let there = scene.leave(&mut ada, &page).await;
    let back = scene.say_yes(&there).await;
    let waiting = scene.come_back(&mut ada, &back).await;
    confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm)
        .await
        .ok();
    let list = scene
        .world
        .get("/api/v2/admin/audit?limit=100")
        .admin()
        .send()
        .await
        .ok();
    let text = list.to_string();
    assert!(text.contains("connectConfirmed"), "{text}");
    for secret in [SECRET, "cs_", "cb_", "cl_", waiting.confirm.as_str(), APP] {
        assert!(!text.contains(secret), "{secret}");
    }
}
