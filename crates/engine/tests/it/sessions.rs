//! Session tokens: for one account, scoped, counted, over when they say so.

use std::time::Duration;

use serde_json::json;
use tenon_engine::access::Presented;
use tenon_engine::error::Code;
use tenon_engine::execute::ExecuteRequest;
use tenon_engine::model::SessionScopes;
use tenon_engine::sessions::Mint;
use tenon_vault::Secret;

use crate::fixture::{World, account, presenting};

async fn mint(world: &World, mint: Mint) -> Secret {
    world
        .engine
        .mint_session(&world.tenant, &account(), mint)
        .await
        .unwrap()
        .token
}

fn bearer(token: &Secret) -> Presented {
    Presented {
        bearer: Some(token.clone()),
        ..Presented::default()
    }
}

async fn run(world: &World, token: &Secret, action: &str) -> Option<Code> {
    let caller = world
        .engine
        .account_caller(&bearer(token))
        .await
        .map_err(|error| error.code);
    let caller = match caller {
        Ok(caller) => caller,
        Err(code) => return Some(code),
    };
    world
        .engine
        .execute(
            &caller,
            ExecuteRequest::new("acme", action, json!({"path": "x"})),
        )
        .await
        .err()
        .map(|error| error.code)
}

#[tokio::test]
async fn an_equal_token_is_minted_again_and_a_different_one_is_new() {
    let world = World::new().await;
    let first = mint(&world, Mint::default()).await;
    assert_eq!(first.expose(), mint(&world, Mint::default()).await.expose());
    let fresh = Mint {
        fresh: true,
        ..Mint::default()
    };
    assert_ne!(first.expose(), mint(&world, fresh).await.expose());
    let counted = Mint {
        max_calls: Some(1),
        ..Mint::default()
    };
    assert_ne!(first.expose(), mint(&world, counted).await.expose());
}

#[tokio::test]
async fn scopes_are_kept_to() {
    let world = World::new().await;
    let scoped = |scopes| Mint {
        scopes,
        ..Mint::default()
    };
    let reader = mint(
        &world,
        scoped(SessionScopes {
            read_only: true,
            ..SessionScopes::default()
        }),
    )
    .await;
    assert_eq!(run(&world, &reader, "get").await, None);
    assert_eq!(run(&world, &reader, "add").await, Some(Code::Forbidden));
    let one = mint(
        &world,
        scoped(SessionScopes {
            actions: Some(vec!["acme.add".to_owned()]),
            ..SessionScopes::default()
        }),
    )
    .await;
    assert_eq!(run(&world, &one, "add").await, None);
    assert_eq!(run(&world, &one, "get").await, Some(Code::Forbidden));
    let elsewhere = mint(
        &world,
        scoped(SessionScopes {
            apps: Some(vec!["other".to_owned()]),
            ..SessionScopes::default()
        }),
    )
    .await;
    assert_eq!(run(&world, &elsewhere, "get").await, Some(Code::Forbidden));
}

#[tokio::test]
async fn a_counted_token_ends_with_its_calls_and_every_token_with_its_time() {
    let world = World::new().await;
    let counted = mint(
        &world,
        Mint {
            max_calls: Some(2),
            ..Mint::default()
        },
    )
    .await;
    assert_eq!(run(&world, &counted, "get").await, None);
    assert_eq!(run(&world, &counted, "get").await, None);
    assert_eq!(run(&world, &counted, "get").await, Some(Code::Forbidden));
    let short = mint(
        &world,
        Mint {
            life: Some(Duration::from_secs(60)),
            ..Mint::default()
        },
    )
    .await;
    assert_eq!(run(&world, &short, "get").await, None);
    world.clock.pass(60_000);
    assert_eq!(
        run(&world, &short, "get").await,
        Some(Code::InvalidSessionToken)
    );
}

#[tokio::test]
async fn a_revoked_token_is_over_at_once() {
    let world = World::new().await;
    let token = mint(&world, Mint::default()).await;
    let caller = world.engine.session_caller(&bearer(&token)).await.unwrap();
    assert!(world.engine.revoke_session(&caller).await.unwrap());
    assert_eq!(
        run(&world, &token, "get").await,
        Some(Code::InvalidSessionToken)
    );
    assert_ne!(token.expose(), mint(&world, Mint::default()).await.expose());
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let world = World::new().await;
    let token = mint(&world, Mint::default()).await;
    let parts: Vec<_> = token.expose().split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}x", parts[0], parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.eyJqdGkiOiJ4In0.{}", parts[0], parts[2]),
        "x".repeat(1_000_000),
        String::new(),
    ];
    for text in forged {
        assert_eq!(
            run(&world, &Secret::new(text), "get").await,
            Some(Code::InvalidSessionToken)
        );
    }
}

#[tokio::test]
async fn credentials_that_disagree_are_refused_whichever_is_stronger() {
    let world = World::new().await;
    let token = mint(&world, Mint::default()).await;
    let both = |account: &str| Presented {
        bearer: Some(token.clone()),
        accounts: vec![account.to_owned()],
        ..presenting(&world.key)
    };
    world
        .engine
        .account_caller(&both("ada@example.com"))
        .await
        .unwrap();
    let other = world
        .engine
        .account_caller(&both("eve@example.com"))
        .await
        .unwrap_err();
    assert_eq!(other.code, Code::InvalidCredentials);
    let two = Presented {
        accounts: vec!["ada@example.com".into(), "eve@example.com".into()],
        ..presenting(&world.key)
    };
    assert_eq!(
        world.engine.account_caller(&two).await.unwrap_err().code,
        Code::InvalidCredentials
    );
    let nobody = Presented {
        accounts: vec!["eve@example.com".into()],
        ..presenting(&world.key)
    };
    assert_eq!(
        world.engine.account_caller(&nobody).await.unwrap_err().code,
        Code::LinkedAccountNotFound
    );
}
