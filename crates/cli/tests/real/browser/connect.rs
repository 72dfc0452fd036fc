//! E7: attacks on connecting fail in a real browser at a certified authorization server, and the honest flow passes.

use serde_json::json;
use tenon_testkit::{browser, promise};

use super::scenario;
use super::scene::Scene;

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn e7_the_honest_flow_passes_in_three_browsers_and_in_two_tabs_at_once() {
    let scene = Scene::new("on").await;
    let said = browser::run(&scenario("honest.mjs"), &scene.input(&json!({}))).await;
    assert_eq!(
        said["all"],
        json!({
            "ada": { "vend": ["ada"], "twin": [] },
            "bob": { "vend": ["bob"], "twin": [] },
            "cem": { "vend": ["cem-one"], "twin": ["cem-two"] },
        })
    );
    assert_eq!(said["complaints"], json!([]));
    assert_eq!(scene.provider.seen().await["codes"], 4);
    scene.server.finish().await;
    let figure =
        "Chromium: 4 connections in 3 profiles, 2 of them in two tabs at once, each its own user's";
    promise::kept("E7", figure);
}

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn the_examples_of_the_documentation_connect_by_popup_and_by_redirect() {
    let scene = Scene::new("on").await;
    let said = browser::run(&scenario("embedding.mjs"), &scene.input(&json!({}))).await;
    let wanted = json!({"vend": ["ada"], "twin": ["ada"], "address": "/connected?from=settings"});
    assert_eq!(said, wanted);
    scene.server.finish().await;
}

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn e7_twelve_attacks_on_connecting_fail() {
    let scene = Scene::new("on").await;
    let said = browser::run(&scenario("attacks.mjs"), &scene.input(&json!({}))).await;
    let refused = said.as_object().unwrap();
    assert_eq!(refused.len(), 12, "{said}");
    let asked = scene.evil.visits();
    assert!(
        asked
            .iter()
            .all(|visit| !visit.target.contains("code=") && !visit.target.starts_with("/token")),
        "{asked:?}"
    );
    scene.server.finish().await;
    promise::kept(
        "E7",
        "Chromium: 12 attacks, 0 connections and 0 codes redeemed",
    );
}
