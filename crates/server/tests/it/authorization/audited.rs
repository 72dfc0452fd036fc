//! The audit log: no route that changes something is without its line, whoever calls it.

use http::Method;
use serde_json::{Value, json};
use tenon_server::api::{Access, Route, routes};

use super::expected::{Expected, expected};
use super::matrix::call;
use super::town::{Principal, Town, Whose};

/// Routes whose changes are records of their own, or that change nothing.
const RECORDED_ELSEWHERE: [&str; 10] = [
    "executeAction",
    "createSessionToken",
    "revokeSessionToken",
    "createConnectUrl",
    "sdkIntegrate",
    "confirmConnect",
    "sdkCreateConfig",
    "sdkUpdateConfig",
    "sdkDeleteConfig",
    "sdkDeleteConfigById",
];

fn changes(route: &Route) -> bool {
    let anonymous = [Access::Open, Access::Browser].contains(&route.access);
    route.method != Method::GET && !anonymous
}

#[test]
fn every_route_that_changes_something_is_audited_or_a_record_of_its_own() {
    for route in routes().iter().filter(|route| changes(route)) {
        let id = route.operation.id.as_ref();
        let elsewhere = RECORDED_ELSEWHERE.contains(&id);
        assert_eq!(route.is_audited(), !elsewhere, "{id}");
        assert!(route.access != Access::Admin || route.is_audited(), "{id}");
    }
}

async fn newest(town: &Town, act: &str) -> Value {
    let path = format!("/api/v2/admin/audit?limit=1&act={act}");
    let list = town.world.get(&path).admin().send().await.ok();
    list["docs"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_audited_route_leaves_its_line_with_who_what_where_from_and_how_it_ended() {
    let mut town = Town::new().await;
    let (table, lines) = (routes(), expected());
    let mut seen = 0;
    for route in table.iter().filter(|route| route.is_audited()) {
        let line = |one: &&Expected| one.method == route.method.as_str() && one.path == route.path;
        let line = lines.iter().find(line).unwrap();
        let (who, kind) = match route.access {
            Access::Admin => (Principal::Admin, "admin_key"),
            Access::Session => (Principal::Session, "session"),
            _ => (Principal::Key, "api_key"),
        };
        let answer = call(&town, line, who, Whose::Own).await;
        let entry = newest(&town, &route.operation.id).await;
        let what = format!("{}: {entry}", route.operation.id);
        assert_eq!(entry["status"], answer.status, "{what}");
        assert_eq!(entry["actor_kind"], kind, "{what}");
        assert_eq!(entry["from"], "local", "{what}");
        assert_eq!(entry["request_id"], answer.header("x-request-id"), "{what}");
        assert_eq!(entry["target"] != "", route.path.contains('{'), "{what}");
        seen += 1;
        if line.spoils {
            town = Town::new().await;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[tokio::test]
async fn a_line_names_the_made_key_by_its_id_and_not_the_key() {
    let town = Town::new().await;
    let (id, key) = town.world.make_key("environment=production").await;
    let entry = newest(&town, "adminCreateApiKey").await;
    assert_eq!(entry["detail"]["api_key_id"], json!(id));
    assert_eq!(entry["environment"], "production");
    assert!(!entry.to_string().contains(&key), "{entry}");
    let path = format!(
        "/api/v2/admin/audit?actor={}",
        entry["actor"].as_str().unwrap()
    );
    let by_admin = town.world.get(&path).admin().send().await.ok();
    assert!(by_admin["totalDocs"].as_u64().unwrap() > 1, "{by_admin}");
    let nobody = town.world.get("/api/v2/admin/audit?actor=nobody").admin();
    assert_eq!(nobody.send().await.ok()["totalDocs"], 0);
}

#[tokio::test]
async fn without_a_line_there_is_no_act() {
    let town = Town::new().await;
    let before = town.world.get("/api/v2/admin/organizations").admin();
    let before = before.send().await.ok();
    // The store's writer ends, its readers go on.
    town.world.store.close().await;
    let ask = town.world.post("/api/v2/admin/organizations").admin();
    let refused = ask.json(json!({"name": "Never"})).await;
    refused.refused(503, "LOG_UNAVAILABLE");
    let after = town.world.get("/api/v2/admin/organizations").admin();
    assert_eq!(after.send().await.ok(), before);
}
