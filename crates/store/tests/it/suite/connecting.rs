//! The connect flow: codes that work once, and steps that one process takes.

use serde_json::json;
use tenon_engine::model::{
    Actor, AttemptState, AttemptWish, ConnectAttempt, ConnectAttemptId, ConnectFault, ConnectLink,
    ConnectLinkId, ConnectProblem, LinkWish, SessionScopes,
};
use tenon_engine::ports::Store;

use super::nouns::{NOW, account_id, session, strangers, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    a_link_is_read_back_as_it_was_written,
    a_code_is_used_once,
    a_code_that_is_over_is_not_used,
    an_attempt_is_read_back_as_it_was_written,
    of_many_who_take_a_step_one_does,
    a_step_begins_where_the_attempt_is,
    strangers_do_not_see_or_move_an_attempt,
    what_is_parked_is_forgotten_before_what_is_known_of_it,
    properties_are_kept_for_a_session_until_they_end,
    an_account_takes_its_links_and_attempts_with_it,
];

fn link() -> ConnectLink {
    let id = ConnectLinkId::generate();
    let mut code_hash = [7; 32];
    // The end of an id is random.
    let random = id.as_str().bytes().rev();
    code_hash.iter_mut().zip(random).for_each(|(a, b)| *a = b);
    ConnectLink {
        id,
        tenant: tenant(),
        account: account_id("a"),
        slug: Some("crm".into()),
        code_hash,
        browser: None,
        wish: LinkWish {
            maker: Actor {
                kind: "session".into(),
                id: "sess_1".into(),
            },
            scopes: SessionScopes::UNLIMITED,
            auth: Some("oauth2".into()),
            replace: None,
            facts: [("region".to_owned(), "eu".to_owned())].into(),
            redirect_url: Some("https://app.example.com/back".into()),
            properties: [("color".to_owned(), json!("#123456"))]
                .into_iter()
                .collect(),
        },
        created_at: NOW,
        opened_at: None,
        expires_at: NOW.plus(600_000),
    }
}

fn opened(link: &ConnectLink, after: i64) -> ConnectLink {
    ConnectLink {
        browser: Some([9; 32]),
        opened_at: Some(NOW.plus(after)),
        expires_at: NOW.plus(after + 3_600_000),
        ..link.clone()
    }
}

fn attempt(link: &ConnectLink) -> ConnectAttempt {
    ConnectAttempt {
        id: ConnectAttemptId::generate(),
        link: link.id.clone(),
        tenant: link.tenant.clone(),
        account: link.account.clone(),
        slug: "crm".into(),
        auth: "oauth2".into(),
        trust: "api.example.com".into(),
        state: AttemptState::Begun,
        state_hash: Some(link.code_hash),
        wish: AttemptWish {
            scopes: vec!["read".into()],
            another: true,
            ..AttemptWish::default()
        },
        parked: Some(vec![1, 2, 3]),
        version: 1,
        connection: None,
        problem: None,
        created_at: NOW,
        expires_at: NOW.plus(600_000),
    }
}

/// The attempt one step on.
fn failed(attempt: &ConnectAttempt) -> ConnectAttempt {
    ConnectAttempt {
        state: AttemptState::Failed,
        parked: None,
        version: attempt.version + 1,
        problem: Some(ConnectProblem {
            fault: ConnectFault::Denied,
            said: Some("no".into()),
        }),
        expires_at: NOW.plus(900_000),
        ..attempt.clone()
    }
}

async fn with_link(store: &dyn Store) -> ConnectLink {
    with_accounts(store, &["a"]).await;
    let link = link();
    store.add_connect_link(&link).await.unwrap();
    link
}

async fn with_attempt(store: &dyn Store) -> ConnectAttempt {
    let attempt = attempt(&with_link(store).await);
    store.add_connect_attempt(&attempt).await.unwrap();
    attempt
}

async fn stored(store: &dyn Store, attempt: &ConnectAttempt) -> Option<ConnectAttempt> {
    let tenant = &attempt.tenant;
    store.connect_attempt(tenant, &attempt.id).await.unwrap()
}

async fn a_link_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let link = with_link(&*store).await;
    let by_id = store.connect_link(&link.id).await.unwrap();
    let by_code = store.connect_link_of_code(&link.code_hash).await.unwrap();
    assert_eq!(
        (by_id.as_ref(), by_code.as_ref()),
        (Some(&link), Some(&link))
    );
    assert_eq!(store.connect_link_of_code(&[0; 32]).await.unwrap(), None);
}

async fn a_code_is_used_once(engine: &impl Engine) {
    let store = engine.open().await;
    let link = with_link(&*store).await;
    let mut users = tokio::task::JoinSet::new();
    for after in 0..20 {
        let (store, link) = (store.clone(), opened(&link, after));
        users.spawn(async move { store.use_connect_code(&link).await.unwrap().then_some(link) });
    }
    let winners: Vec<_> = users.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let kept = store.connect_link(&link.id).await.unwrap();
    assert_eq!(kept.as_ref(), winners.first());
}

async fn a_code_that_is_over_is_not_used(engine: &impl Engine) {
    let store = engine.open().await;
    let link = with_link(&*store).await;
    let late = opened(&link, 600_000);
    assert!(!store.use_connect_code(&late).await.unwrap());
    let in_time = opened(&link, 599_999);
    assert!(store.use_connect_code(&in_time).await.unwrap());
}

async fn an_attempt_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    assert_eq!(stored(&*store, &attempt).await.as_ref(), Some(&attempt));
    let state = attempt.state_hash.unwrap();
    let found = store.connect_attempt_of_state(&state).await.unwrap();
    assert_eq!(found, Some(attempt));
}

async fn of_many_who_take_a_step_one_does(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, next) = (store.clone(), failed(&attempt));
        takers.spawn(async move {
            let moved = store.move_connect_attempt(&next, AttemptState::Begun).await;
            moved.unwrap()
        });
    }
    let taken = takers.join_all().await;
    assert_eq!(taken.into_iter().filter(|one| *one).count(), 1);
    assert_eq!(stored(&*store, &attempt).await, Some(failed(&attempt)));
}

async fn a_step_begins_where_the_attempt_is(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    let next = failed(&attempt);
    for version in [1, 3, i64::MIN] {
        let wrong = ConnectAttempt {
            version,
            ..next.clone()
        };
        let moved = store.move_connect_attempt(&wrong, AttemptState::Begun);
        assert!(!moved.await.unwrap());
    }
    let elsewhere = store.move_connect_attempt(&next, AttemptState::Parked);
    assert!(!elsewhere.await.unwrap());
    assert_eq!(stored(&*store, &attempt).await, Some(attempt));
}

async fn strangers_do_not_see_or_move_an_attempt(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    for stranger in strangers() {
        let theirs = ConnectAttempt {
            tenant: stranger,
            ..failed(&attempt)
        };
        assert_eq!(stored(&*store, &theirs).await, None);
        let moved = store.move_connect_attempt(&theirs, AttemptState::Begun);
        assert!(!moved.await.unwrap());
    }
    assert_eq!(stored(&*store, &attempt).await, Some(attempt));
}

async fn what_is_parked_is_forgotten_before_what_is_known_of_it(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    let (end, long_ago) = (attempt.expires_at, NOW);
    let forget = |now, gone| store.forget_connecting(now, gone);
    assert_eq!(forget(end.plus(-1), long_ago).await.unwrap(), 0);
    assert_eq!(stored(&*store, &attempt).await.as_ref(), Some(&attempt));
    assert_eq!(forget(end, long_ago).await.unwrap(), 1);
    let empty = stored(&*store, &attempt).await.unwrap();
    assert_eq!((empty.parked, empty.version), (None, attempt.version + 1));
    assert_eq!(forget(end, end).await.unwrap(), 0);
    assert_eq!(stored(&*store, &attempt).await, None);
    assert_eq!(store.connect_link(&attempt.link).await.unwrap(), None);
}

async fn properties_are_kept_for_a_session_until_they_end(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = session();
    store.add_session(&session).await.unwrap();
    let keep = |value: serde_json::Value| {
        let properties = value.as_object().unwrap().clone();
        let (store, id) = (store.clone(), session.id.clone());
        async move {
            let kept = store.keep_hosted_properties(&id, &properties, NOW.plus(10));
            kept.await.unwrap();
            properties
        }
    };
    keep(json!({"color": "red"})).await;
    let newer = keep(json!({"any": {"thing": [1, null]}})).await;
    let read = |now| store.hosted_properties(&session.id, now);
    assert_eq!(read(NOW).await.unwrap(), Some(newer));
    assert_eq!(read(NOW.plus(10)).await.unwrap(), None);
}

async fn an_account_takes_its_links_and_attempts_with_it(engine: &impl Engine) {
    let store = engine.open().await;
    let attempt = with_attempt(&*store).await;
    let account = account_id("a");
    store
        .delete_account(&tenant(), &account, false)
        .await
        .unwrap();
    assert_eq!(store.connect_link(&attempt.link).await.unwrap(), None);
    assert_eq!(stored(&*store, &attempt).await, None);
}
