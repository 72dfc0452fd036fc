//! The hosted pages as people see them, and the official SDK that opens them from a page of the tenant's.

use serde_json::json;
use tenon_testkit::{SECRET, browser};

use super::scenario;
use super::scene::Scene;

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn every_hosted_page_can_be_read_and_used_by_everybody() {
    let scene = Scene::new("on").await;
    let usual = std::env::temp_dir().join("tenon-screenshots");
    let folder = std::env::var_os("TENON_SCREENSHOTS").map_or(usual, Into::into);
    std::fs::create_dir_all(&folder).unwrap();
    let input = scene.input(&json!({ "screenshots": folder }));
    let said = browser::run(&scenario("pages.mjs"), &input).await;
    assert_eq!(said["found"], json!([]), "{said:#}");
    assert_eq!(said["complaints"], json!([]), "{said:#}");
    assert_eq!(said["pages"], 26);
    scene.server.finish().await;
}

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn the_official_sdk_connects_and_disconnects_where_nobody_confirms() {
    let scene = Scene::new("off").await;
    let input = scene.input(&json!({ "secret": SECRET }));
    let said = browser::run(&scenario("sdk_connect.mjs"), &input).await;
    assert_eq!(
        said,
        json!({
            "account": "ada", "auth": "oauth2", "before": false, "config": "vend", "connected": true, "after": true,
            "keys": true, "gone": [false, false],
        })
    );
    scene.server.finish().await;
}
