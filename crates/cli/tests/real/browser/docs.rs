//! The catalogue pages as people see them, and find things in them.

use serde_json::json;
use tenon_testkit::{Options, Server, browser};

use super::scenario;
use crate::TENON;

#[tokio::test]
#[ignore = "needs Chromium: run by `cargo xtask test`"]
async fn every_catalogue_page_can_be_read_and_searched_by_everybody() {
    let server = Server::start(TENON, Options::default());
    let usual = std::env::temp_dir().join("tenon-screenshots");
    let folder = std::env::var_os("TENON_SCREENSHOTS").map_or(usual, Into::into);
    std::fs::create_dir_all(&folder).unwrap();
    let input = json!({ "tenon": server.http.base(), "screenshots": folder });
    let said = browser::run(&scenario("docs.mjs"), &input).await;
    assert_eq!(said["found"], json!([]), "{said:#}");
    assert_eq!(said["complaints"], json!([]), "{said:#}");
    assert_eq!(said["pages"], 18);
    server.finish().await;
}
