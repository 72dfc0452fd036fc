//! Chromium: users who consent at a certified authorization server, and the official SDK in the page of a tenant.

mod connect;
mod docs;
mod hosted;
mod scene;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tenon_testkit::browser::{self, Page, Site};
use tenon_testkit::oidc::{Client, Options as Issuing, Provider};
use tenon_testkit::{Options, SECRET, Server};

use crate::TENON;

const ADA: &str = "ada@example.com";

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real/browser")
        .join(name)
}

/// A page that has the SDK.
fn page_with_sdk() -> Page {
    Page::html(
        "<!doctype html><title>The tenant's application</title><link rel=icon href=data:,>\
         <script>var exports = {};</script><script src=/sdk/cobalt.js></script>",
    )
}

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
#[ignore = "needs Chromium and oidc-provider: run by `cargo xtask test`"]
async fn a_certified_server_wants_proof_of_the_code_and_takes_a_used_refresh_token_for_theft() {
    let back = (
        "/callback",
        Page::html("<!doctype html><p>Back at the application</p>"),
    );
    let site = Site::start("app", [back]).await;
    let redirect_uri = format!("{}/callback", site.origin);
    let provider = Provider::start(&Issuing::with(Client::returning_to(&[&redirect_uri])));
    let input = json!({
        "provider": provider.base, "client": "tenant-client", "secret": SECRET, "redirect_uri": redirect_uri,
        "verifier": VERIFIER, "challenge": CHALLENGE,
    });
    let said = browser::run(&scenario("consent.mjs"), &input).await;

    assert_eq!(
        (&said["iss"], &said["state"]),
        (&json!(provider.base), &json!("the-state"))
    );
    assert_eq!(said["without_verifier"]["error"], "invalid_grant", "{said}");
    assert_eq!(
        (&said["first"]["status"], &said["second"]["status"]),
        (&json!(200), &json!(200)),
        "{said}"
    );
    assert_ne!(
        said["first"]["refresh_token"],
        said["second"]["refresh_token"]
    );
    assert_eq!(
        (&said["alive"]["status"], &said["alive"]["email"]),
        (&json!(200), &json!("ada@vendor.example"))
    );
    assert_eq!(said["reused"]["error"], "invalid_grant");
    assert_eq!(
        (&said["dead"]["status"], &said["gone"]["status"]),
        (&json!(401), &json!(400)),
        "{said}"
    );
    let seen = provider.seen().await;
    let figures: Vec<_> = ["codes", "refreshes", "reused"]
        .map(|name| seen[name].clone())
        .into();
    assert_eq!(Value::from(figures), json!([1, 1, 1]), "{seen}");
}

#[tokio::test]
#[ignore = "needs Chromium: run by `cargo xtask test`"]
async fn the_official_sdk_reads_the_account_and_its_applications_from_a_page() {
    let server = Server::start(TENON, Options::default());
    let caller = server.connect("hubspot", ADA, &["--sandbox"]);
    let body = json!({ "linked_account_id": ADA });
    let minted = caller
        .try_call("POST", "/api/v2/public/session-token", &[], Some(&body))
        .await;
    let token = minted.unwrap().body["token"].clone();
    let site = Site::start("app", [("/", page_with_sdk())]).await;
    let input = json!({ "site": site.origin, "baseUrl": server.http.base(), "token": token });
    let said = browser::run(&scenario("sdk.mjs"), &input).await;

    assert_eq!(said["account"]["linked_account_id"], ADA, "{said}");
    assert_eq!(
        (&said["app"]["slug"], &said["app"]["connected"]),
        (&json!("hubspot"), &json!(true)),
        "{said}"
    );
    assert!(
        said["apps"]
            .as_array()
            .is_some_and(|apps| apps.contains(&said["app"])),
        "{said}"
    );
    assert_eq!(said["refused"], "Error: Unauthorized");
    server.finish().await;
}
