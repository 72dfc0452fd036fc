//! E7 at the level of HTTP: attacks on connecting fail, and the honest flow passes beside them.
//!
//! Mallory's browser and the victim's are two jars of cookies; both talk to the same program and authorization server.

use serde_json::json;
use tenon_testkit::promise;
use tenon_testkit::provider::Echo;

use super::browser::{Browser, confirm, link_to};
use super::vendor::{Scene, TWIN, VEND};
use crate::world::{ADA, BOB};

/// The value of `state` in an address at the application.
fn state_of(address: &str) -> String {
    part(address, "state")
}

/// The code in an address of the way back.
fn code_of(address: &str) -> String {
    part(address, "code")
}

fn part(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap()
}

fn callback(slug: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("/api/v1/{slug}/callback?{}", query.finish())
}

/// Nothing was connected and no code was redeemed.
async fn nothing_happened(scene: &Scene) {
    for slug in [VEND, TWIN] {
        for account in [ADA, BOB] {
            assert!(
                scene.connections(account, slug).await.is_empty(),
                "{account} at {slug}"
            );
        }
    }
    assert_eq!(scene.provider.token_calls("authorization_code"), 0);
}

#[tokio::test]
async fn e7_the_honest_flow_passes_in_two_tabs_at_once() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let (one, two) = (
        scene.set_out(&mut ada, VEND).await,
        scene.set_out(&mut ada, TWIN).await,
    );
    let (two, one) = (scene.say_yes(&two).await, scene.say_yes(&one).await);
    let one = scene.come_back(&mut ada, &one).await;
    let two = scene.come_back(&mut ada, &two).await;
    for waiting in [&two, &one] {
        confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm)
            .await
            .ok();
    }
    for slug in [VEND, TWIN] {
        assert_eq!(scene.connections(ADA, slug).await.len(), 1, "{slug}");
    }
    promise::kept("E7", "HTTP: the honest flow passes in two tabs at once");
}

#[tokio::test]
async fn e7_a_state_is_good_once() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let there = scene.set_out(&mut ada, VEND).await;
    let back = scene.say_yes(&there).await;
    let waiting = scene.come_back(&mut ada, &back).await;
    for _ in 0..2 {
        let again = ada.go(&scene.world, &back).await;
        assert_eq!(again.status, 409, "{}", again.text());
    }
    confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm)
        .await
        .ok();
    assert_eq!(ada.go(&scene.world, &back).await.status, 409);
    assert_eq!(scene.provider.token_calls("authorization_code"), 1);
    let made_up = callback(VEND, &[("state", "cs_nonsense"), ("code", "x")]);
    assert_eq!(ada.go(&scene.world, &made_up).await.status, 400);
    let none = callback(VEND, &[("code", "x")]);
    assert_eq!(ada.go(&scene.world, &none).await.status, 400);
    let twice = format!(
        "{}&state=y",
        callback(VEND, &[("state", "x"), ("code", "x")])
    );
    assert_eq!(ada.go(&scene.world, &twice).await.status, 400);
    promise::kept(
        "E7",
        "HTTP: a replayed, invented, missing or doubled state is refused",
    );
}

#[tokio::test]
async fn e7_another_browser_brings_nothing_back() {
    let scene = Scene::usual().await;
    let (mut mallory, mut victim) = (Browser::default(), Browser::default());
    // Mallory passes on the address of the application: the victim says yes there.
    let there = scene.set_out(&mut mallory, VEND).await;
    let back = scene.say_yes(&there).await;
    let refused = victim.go(&scene.world, &back).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.text().contains("begun in another browser"));
    // The attempt is over for Mallory too, who might have got hold of the address.
    assert_eq!(mallory.go(&scene.world, &back).await.status, 409);
    // With a cookie of its own, it is another browser still.
    scene.consent_page(&mut victim, TWIN).await;
    let there = scene.set_out(&mut mallory, VEND).await;
    let back = scene.say_yes(&there).await;
    assert_eq!(victim.go(&scene.world, &back).await.status, 403);
    nothing_happened(&scene).await;
    promise::kept(
        "E7",
        "HTTP: another browser and a passed-on address of the application are refused",
    );
}

#[tokio::test]
async fn e7_a_link_that_is_passed_on_makes_nothing_the_senders() {
    let scene = Scene::usual().await;
    // Mallory (Ada) makes a link and lets the victim open it, who does everything that it asks for.
    let mut victim = Browser::default();
    let waiting = scene.up_to_confirmation(&mut victim, VEND).await;
    // The victim is signed in at the tenant as Bob, and that is who confirms.
    let refused = confirm(&scene.world, BOB, &waiting.attempt, &waiting.confirm).await;
    refused.refused(403, "FORBIDDEN");
    // Mallory, who does not have the confirmation, guesses; and with it, it would be too late.
    let guess = confirm(&scene.world, ADA, &waiting.attempt, &"a".repeat(64)).await;
    guess.refused(404, "RESOURCE_NOT_FOUND");
    let late = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
    late.refused(409, "CONFLICT");
    nothing_happened(&scene).await;
    promise::kept(
        "E7",
        "HTTP: cross-user OAuth session fixation (COSF) ends without a token call",
    );
}

#[tokio::test]
async fn e7_an_answer_for_one_application_is_not_anothers() {
    let scene = Scene::usual().await;
    let mut victim = Browser::default();
    // A malicious connector (the twin) sends the browser on to the honest server with the honest client and our state.
    let malicious = scene.set_out(&mut victim, TWIN).await;
    let state = state_of(&malicious);
    let honest = scene.say_yes(&scene.set_out(&mut victim, VEND).await).await;
    let crossed = callback(VEND, &[("state", &state), ("code", &code_of(&honest))]);
    let (_, refused) = victim.follow(&scene.world, &crossed).await;
    assert!(
        refused.text().contains("somebody else"),
        "{}",
        refused.text()
    );
    // And the other way round.
    let honest = scene.set_out(&mut victim, VEND).await;
    let code = code_of(&scene.say_yes(&honest).await);
    let crossed = callback(TWIN, &[("state", &state_of(&honest)), ("code", &code)]);
    let (_, refused) = victim.follow(&scene.world, &crossed).await;
    assert!(
        refused.text().contains("somebody else"),
        "{}",
        refused.text()
    );
    nothing_happened(&scene).await;
    promise::kept(
        "E7",
        "HTTP: COAT by a malicious connector: the path and the state name different applications",
    );
}

#[tokio::test]
async fn e7_a_connector_or_client_that_changed_meanwhile_gets_nothing() {
    let scene = Scene::usual().await;
    let mut victim = Browser::default();
    // The same application of the catalogue, and a client that somebody else registered.
    let back = scene.say_yes(&scene.set_out(&mut victim, VEND).await).await;
    scene.provider.register("client-of-mallory", "secret");
    scene.register(VEND, "client-of-mallory", "secret").await;
    let (_, refused) = victim.follow(&scene.world, &back).await;
    assert!(
        refused.text().contains("changed meanwhile"),
        "{}",
        refused.text()
    );
    // Its addresses are edited while the browser is away, and while the tenant confirms.
    let back = scene.say_yes(&scene.set_out(&mut victim, VEND).await).await;
    scene.load("      token_params: { evil: \"1\" }\n");
    let (_, refused) = victim.follow(&scene.world, &back).await;
    assert!(
        refused.text().contains("changed meanwhile"),
        "{}",
        refused.text()
    );
    let waiting = scene.up_to_confirmation(&mut victim, VEND).await;
    scene.load("      token_params: { evil: \"2\" }\n");
    let refused = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
    refused.refused(409, "CONFLICT");
    nothing_happened(&scene).await;
    promise::kept(
        "E7",
        "HTTP: COAT by a shared application: another client or connector than at the start gets nothing",
    );
}

#[tokio::test]
async fn e7_another_site_begins_nothing() {
    let scene = Scene::usual().await;
    let mut victim = Browser::default();
    let (page, _) = scene.consent_page(&mut victim, VEND).await;
    for site in ["cross-site", "same-site", "none"] {
        let forged = victim.send_from(&scene.world, &page, &[], site).await;
        assert_eq!(forged.status, 403, "{}", forged.text());
    }
    // Browsers that say neither where a form comes from nor its origin are not believed.
    let path = page.strip_prefix("https://tenon.example").unwrap_or(&page);
    let silent = scene.world.post(path).send().await;
    assert_eq!(silent.status, 403, "{}", silent.text());
    assert!(scene.provider.received().is_empty());
    nothing_happened(&scene).await;
    promise::kept(
        "E7",
        "HTTP: cross-application request forgery (CORF) is refused",
    );
}

#[tokio::test]
async fn e7_an_issuer_that_is_known_to_say_its_name_has_to() {
    let scene = Scene::usual().await;
    let issuer = format!("      issuer: {}\n", scene.provider.base);
    scene.load(&issuer);
    let mut ada = Browser::default();
    for echo in [Echo::Missing, Echo::Wrong] {
        scene.provider.change(|behaviour| behaviour.issuer = echo);
        let back = scene.say_yes(&scene.set_out(&mut ada, VEND).await).await;
        let (_, refused) = ada.follow(&scene.world, &back).await;
        assert!(
            refused.text().contains("somebody else"),
            "{}",
            refused.text()
        );
    }
    nothing_happened(&scene).await;
    scene
        .provider
        .change(|behaviour| behaviour.issuer = Echo::Right);
    let waiting = scene.up_to_confirmation(&mut ada, VEND).await;
    confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm)
        .await
        .ok();
    promise::kept(
        "E7",
        "HTTP: a missing or wrong iss is refused, the right one passes",
    );
}

#[tokio::test]
async fn e7_a_code_that_was_got_elsewhere_is_worth_nothing() {
    let scene = Scene::usual().await;
    let (mut mallory, mut victim) = (Browser::default(), Browser::default());
    // Mallory's code (or one that she caught) in the victim's flow: the proof of possession does not fit.
    let caught = code_of(
        &scene
            .say_yes(&scene.set_out(&mut mallory, VEND).await)
            .await,
    );
    let there = scene.set_out(&mut victim, VEND).await;
    let injected = callback(VEND, &[("state", &state_of(&there)), ("code", &caught)]);
    let waiting = scene.come_back(&mut victim, &injected).await;
    let refused = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
    refused.refused(409, "CONFLICT");
    assert!(scene.connections(ADA, VEND).await.is_empty());
    promise::kept(
        "E7",
        "HTTP: an injected code fails for want of its verifier",
    );
}

#[tokio::test]
async fn e7_tabs_do_not_mix() {
    let scene = Scene::usual().await;
    let mut ada = Browser::default();
    let (one, two) = (
        scene.set_out(&mut ada, VEND).await,
        scene.set_out(&mut ada, VEND).await,
    );
    let (one, two) = (scene.say_yes(&one).await, scene.say_yes(&two).await);
    let state = |address: &str| part(address, "state");
    let mixed = callback(VEND, &[("state", &state(&one)), ("code", &code_of(&two))]);
    let waiting = scene.come_back(&mut ada, &mixed).await;
    let refused = confirm(&scene.world, ADA, &waiting.attempt, &waiting.confirm).await;
    refused.refused(409, "CONFLICT");
    assert!(scene.connections(ADA, VEND).await.is_empty());
    // A confirmation of one attempt confirms no other.
    let one = scene.up_to_confirmation(&mut ada, VEND).await;
    let two = scene.up_to_confirmation(&mut ada, TWIN).await;
    let crossed = confirm(&scene.world, ADA, &one.attempt, &two.confirm).await;
    crossed.refused(404, "RESOURCE_NOT_FOUND");
    promise::kept(
        "E7",
        "HTTP: states, codes and confirmations of two tabs do not mix",
    );
}

#[tokio::test]
async fn e7_the_pages_of_one_account_are_not_anothers() {
    let scene = Scene::usual().await;
    let (mut mallory, mut victim) = (Browser::default(), Browser::default());
    let waiting = scene.up_to_confirmation(&mut victim, VEND).await;
    assert_eq!(mallory.go(&scene.world, &waiting.page).await.status, 403);
    // Nor through a link of Mallory's own, with the other's attempt in its address.
    let link = link_to(&scene.world, BOB, VEND).await;
    let (page, _) = mallory.follow(&scene.world, &link).await;
    let pages = page.strip_suffix("/vend").unwrap();
    let foreign = mallory
        .go(&scene.world, &format!("{pages}/a/{}", waiting.attempt))
        .await;
    assert_eq!(foreign.status, 410, "{}", foreign.text());
    assert!(!foreign.text().contains(&waiting.confirm));
    let state = mallory
        .go(
            &scene.world,
            &format!("{pages}/a/{}/state", waiting.attempt),
        )
        .await;
    assert_eq!(state.status, 404);
    let other = json!({"state": "gone"});
    assert_eq!(state.json(), other);
    promise::kept(
        "E7",
        "HTTP: the page that hands the confirmation over is shown to its own browser alone",
    );
}
