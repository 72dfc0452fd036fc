//! Credentials that disagree: the request is refused, and never gets what any two of them allow together.

use serde_json::json;
use tenon_testkit::promise;

use crate::world::{ADA, BOB, World};

#[tokio::test]
async fn e3_credentials_that_disagree_are_refused_in_all_27_combinations() {
    let world = World::new().await;
    let (ada, bob) = (
        world.token(ADA, json!({})).await,
        world.token(BOB, json!({})).await,
    );
    let keys = [None, Some(world.key.clone()), Some(world.other_key.clone())];
    let mut combinations = 0;
    for (key_index, key) in keys.iter().enumerate() {
        for (bearer, speaks_for) in [
            (None, None),
            (Some(&ada), Some(ADA)),
            (Some(&bob), Some(BOB)),
        ] {
            for named in [None, Some(ADA), Some(BOB)] {
                let mut ask = world.get("/api/v2/public/action-execution");
                if let Some(key) = key {
                    ask = ask.header("x-api-key", key);
                }
                if let Some(bearer) = bearer {
                    ask = ask.bearer(bearer);
                }
                if let Some(named) = named {
                    ask = ask.header("linked_account_id", named);
                }
                let answer = ask.send().await;
                let nothing = key.is_none() && bearer.is_none();
                let other_tenant = bearer.is_some() && key_index == 2;
                let other_account = speaks_for.is_some() && named.is_some() && speaks_for != named;
                let wanted = match () {
                    () if nothing || other_tenant || other_account => 401,
                    () if bearer.is_none() && named.is_none() => 400,
                    // Ada is unknown in the other environment.
                    () if bearer.is_none() && key_index == 2 && named == Some(ADA) => 404,
                    () => 200,
                };
                assert_eq!(
                    answer.status,
                    wanted,
                    "{key_index} {speaks_for:?} {named:?}: {}",
                    answer.text()
                );
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 27);
    promise::kept(
        "E3",
        format!("{combinations} combinations, never the union"),
    );
}

#[tokio::test]
async fn e3_the_places_that_name_the_account_must_agree() {
    let world = World::new().await;
    for (underscores, hyphens, query) in [(ADA, ADA, BOB), (ADA, BOB, ADA), (BOB, ADA, ADA)] {
        let path = format!("/api/v2/public/application?linked_account_id={query}");
        let ask = world
            .get(&path)
            .account(underscores)
            .header("linked-account-id", hyphens);
        ask.send().await.refused(401, "INVALID_CREDENTIALS");
        let path = format!("/api/v2/public/linked-account?linked_account_id={query}");
        let ask = world
            .get(&path)
            .account(underscores)
            .header("linked-account-id", hyphens);
        ask.send().await.refused(401, "INVALID_CREDENTIALS");
    }
    for ask in [
        world
            .get("/api/v2/public/application")
            .key()
            .header("linked-account-id", ADA),
        world
            .get("/api/v2/public/application?linked_account_id=ada%40example.com")
            .key(),
        world
            .get("/api/v2/public/application?linked_account_id=ada%40example.com")
            .account(ADA),
    ] {
        ask.send().await.ok();
    }
}

#[tokio::test]
async fn e3_a_credential_that_comes_twice_or_in_another_form_is_refused() {
    let world = World::new().await;
    let path = "/api/v2/public/linked-account";
    let (key, token) = (world.key.clone(), world.token(ADA, json!({})).await);
    let asks = [
        world.get(path).key().key(),
        world.get(path).key().header("authorization", "Basic YTpi"),
        world.get(path).key().bearer("garbage"),
        world
            .get(path)
            .header("authorization", &format!("Bearer {key}")),
        world
            .get("/api/v2/public/application")
            .bearer(&token)
            .bearer(&token),
    ];
    for ask in asks {
        ask.send().await.refused(401, "INVALID_CREDENTIALS");
    }
}
