//! Who may call what: for every route of the table and every kind of caller, and for credentials that disagree.

use http::Method;
use serde_json::json;
use tenon_server::api::{Access, Route, routes};

use crate::world::{ADA, Answer, Ask, BOB, World};

/// Everyone who might call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Principal {
    Nobody,
    GarbageKey,
    SessionOfOtherAccount,
    SessionOfOtherTenant,
    OwnSession,
    OwnKey,
    KeyOfOtherTenant,
    Admin,
}

const EVERYONE: [Principal; 8] = [
    Principal::Nobody,
    Principal::GarbageKey,
    Principal::SessionOfOtherAccount,
    Principal::SessionOfOtherTenant,
    Principal::OwnSession,
    Principal::OwnKey,
    Principal::KeyOfOtherTenant,
    Principal::Admin,
];

impl Principal {
    /// Whether a route with this access lets the caller through to its handler.
    fn is_admitted(self, access: Access) -> bool {
        let session = matches!(
            self,
            Self::SessionOfOtherAccount | Self::SessionOfOtherTenant | Self::OwnSession
        );
        let key = matches!(self, Self::OwnKey | Self::KeyOfOtherTenant);
        match access {
            Access::Open => true,
            Access::Tenant | Access::KeyedAccount => key,
            Access::Account | Access::TenantOrSession => key || session,
            Access::Session => session,
            Access::Admin => self == Self::Admin,
        }
    }

    /// Whether Ada's data is out of the caller's reach. (Bob is in both environments, Ada in one.)
    fn is_a_stranger(self) -> bool {
        matches!(
            self,
            Self::SessionOfOtherAccount | Self::SessionOfOtherTenant | Self::KeyOfOtherTenant
        )
    }

    async fn sign<'a>(self, world: &World, ask: Ask<'a>) -> Ask<'a> {
        match self {
            Self::Nobody => ask,
            Self::GarbageKey => ask
                .header("x-api-key", "tk_garbage")
                .header("linked_account_id", ADA),
            Self::SessionOfOtherAccount => ask.bearer(&world.token(BOB, json!({})).await),
            Self::SessionOfOtherTenant => {
                ask.bearer(&world.token_by(&world.other_key, BOB, json!({})).await)
            }
            Self::OwnSession => ask.bearer(&world.token(ADA, json!({})).await),
            Self::OwnKey => ask.account(ADA),
            Self::KeyOfOtherTenant => {
                let key = world.other_key.clone();
                ask.header("x-api-key", &key)
                    .header("linked_account_id", ADA)
            }
            Self::Admin => ask.admin(),
        }
    }
}

async fn call(world: &World, route: &Route, execution: &str, principal: Principal) -> Answer {
    let path = route
        .path
        .replace("{linked_account_id}", "ada%40example.com")
        .replace("{execution_id}", execution)
        .replace("{slug}", "acme")
        .replace("{action_id}", "get")
        .replace(['{', '}'], "");
    let ask = principal
        .sign(world, world.ask(route.method.clone(), &path))
        .await;
    match route.method {
        Method::GET | Method::DELETE => ask.send().await,
        _ => ask.json(json!({})).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_exactly_those_that_the_table_names() {
    for principal in EVERYONE {
        // Some routes take away what others need, so each caller has a world, and what deletes comes last.
        let world = World::new().await;
        let ran = world.run("x").send().await;
        let execution = ran.header("x-execution-id");
        let mut table = routes();
        table.sort_by_key(|route| (route.method == Method::DELETE, route.path.len()));
        for route in &table {
            let answer = call(&world, route, execution, principal).await;
            let admitted = answer.status != 401;
            let what = format!(
                "{principal:?} at {} {}: {}",
                route.method,
                route.path,
                answer.text()
            );
            assert_eq!(admitted, principal.is_admitted(route.access), "{what}");
            let adas =
                route.path.contains("{linked_account_id}") || route.path.contains("{execution_id}");
            if adas && admitted && principal.is_a_stranger() {
                assert!(answer.status >= 400, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_not_found() {
    let world = World::new().await;
    let ran = world.run("x").send().await;
    let execution = ran.header("x-execution-id");
    let paths = [
        format!("/api/v2/public/action-execution/{execution}"),
        format!("/api/v2/public/execution/{execution}"),
        "/api/v2/public/linked-account/ada%40example.com".to_owned(),
    ];
    for path in paths {
        assert_eq!(
            world.get(&path).account(ADA).send().await.status,
            200,
            "{path}"
        );
        let other = world.get(&path).header("x-api-key", &world.other_key);
        let answers = [
            other.header("linked_account_id", BOB).send().await,
            world
                .get(&path)
                .bearer(&world.token(BOB, json!({})).await)
                .send()
                .await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn credentials_that_disagree_are_refused_in_every_combination() {
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
}

#[tokio::test]
async fn the_places_that_name_the_account_must_agree() {
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
async fn a_credential_that_comes_twice_or_in_another_form_is_refused() {
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
