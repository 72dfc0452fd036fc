//! Tenants' endpoints and what they are told: an event is delivered to each once, by one at a time, whoever dies.

use std::time::Duration;

use tenon_engine::model::ConnectionEventKind::{Created, Deleted, Expired, Refreshed};
use tenon_engine::model::{
    ConnectionEvent, Delivery, DeliveryAttempt, DeliveryState, Paging, Webhook,
};
use tenon_engine::ports::Store;

use super::nouns::{
    ALL, NOW, add, connection, delivery, event, remove, strangers, tenant, webhook, with_accounts,
};
use crate::engine::{Engine, promises};

promises![
    endpoints_are_listed_oldest_first_and_changed_at_their_version,
    a_disabled_endpoint_says_why,
    an_event_waits_until_it_is_announced,
    an_event_has_one_delivery_for_each_endpoint,
    an_endpoint_that_is_gone_gets_nothing,
    a_removed_endpoint_takes_its_deliveries_along,
    a_delivery_is_in_one_hand,
    whoever_is_too_late_writes_nothing,
    what_came_of_a_delivery_is_kept,
    a_failed_delivery_is_taken_up_again,
    endpoints_wait_while_they_are_enabled_and_something_is_due,
    old_deliveries_are_forgotten,
    a_process_hears_of_its_own_events,
    strangers_do_not_see_or_change_an_endpoint,
];

const LONG: i64 = 60_000;

async fn with_webhook(store: &dyn Store) -> Webhook {
    let one = webhook();
    store.add_webhook(&one).await.unwrap();
    one
}

/// A connection was made: its event, unannounced.
async fn with_event(store: &dyn Store) -> ConnectionEvent {
    with_accounts(store, &["a"]).await;
    let one = connection("crm");
    let told = event(&one, Created);
    store.add_connection(&one, &told).await.unwrap();
    told
}

async fn with_delivery(store: &dyn Store) -> (Webhook, Delivery) {
    let (to, of) = (with_webhook(store).await, with_event(store).await);
    let one = delivery(&to, &of);
    store
        .announce(&of, std::slice::from_ref(&one))
        .await
        .unwrap();
    (to, one)
}

async fn stored(store: &dyn Store, one: &Delivery) -> Delivery {
    let found = store.delivery(&tenant(), &one.webhook, &one.id).await;
    found.unwrap().expect("the delivery")
}

async fn endpoints_are_listed_oldest_first_and_changed_at_their_version(engine: &impl Engine) {
    let store = engine.open().await;
    let (mut first, second) = (with_webhook(&*store).await, with_webhook(&*store).await);
    let all = store.webhooks(&tenant()).await.unwrap();
    assert_eq!(all, [first.clone(), second]);
    first.version = 2;
    first.secrets = vec![7];
    first.definition.description = Some("ours".into());
    first.is_enabled = false;
    first.updated_at = NOW.plus(5);
    assert!(store.update_webhook(&first).await.unwrap());
    assert!(!store.update_webhook(&first).await.unwrap());
    let found = store.webhook(&tenant(), &first.id).await.unwrap();
    assert_eq!(found, Some(first));
}

async fn a_disabled_endpoint_says_why(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_webhook(&*store).await;
    assert!(store.disable_webhook(&one, "gone").await.unwrap());
    assert!(!store.disable_webhook(&one, "gone again").await.unwrap());
    let found = store.webhook(&tenant(), &one.id).await.unwrap().unwrap();
    let expected = Webhook {
        is_enabled: false,
        disabled_because: Some("gone".into()),
        ..one
    };
    assert_eq!(found, expected);
}

async fn an_event_waits_until_it_is_announced(engine: &impl Engine) {
    let store = engine.open().await;
    let created = with_event(&*store).await;
    let one = connection("crm");
    let quiet = event(&one, Refreshed);
    let expired = event(&one, Expired);
    store.add_event(&quiet).await.unwrap();
    store.add_event(&expired).await.unwrap();
    let waiting = store.unannounced_events(None, 10).await.unwrap();
    assert_eq!(waiting, [created.clone(), expired.clone()]);
    assert_eq!(
        store.unannounced_events(None, 1).await.unwrap(),
        std::slice::from_ref(&created)
    );
    let behind = store.unannounced_events(Some(&created.id), 10).await;
    assert_eq!(behind.unwrap(), std::slice::from_ref(&expired));
    store.announce(&created, &[]).await.unwrap();
    assert_eq!(store.unannounced_events(None, 10).await.unwrap(), [expired]);
}

async fn an_event_has_one_delivery_for_each_endpoint(engine: &impl Engine) {
    let store = engine.open().await;
    let of = with_event(&*store).await;
    let endpoints = [with_webhook(&*store).await, with_webhook(&*store).await];
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, of) = (store.clone(), of.clone());
        // Every process makes deliveries of its own.
        let own: Vec<_> = endpoints.iter().map(|to| delivery(to, &of)).collect();
        racing.spawn(async move { store.announce(&of, &own).await.unwrap() });
    }
    racing.join_all().await;
    for to in &endpoints {
        let all = store.deliveries(&tenant(), &to.id, None, ALL).await;
        let all = all.unwrap();
        assert_eq!((all.total, &all.items[0].event), (1, &of.id));
    }
    assert!(store.unannounced_events(None, 10).await.unwrap().is_empty());
}

async fn an_endpoint_that_is_gone_gets_nothing(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, of) = (with_webhook(&*store).await, with_event(&*store).await);
    assert!(store.delete_webhook(&tenant(), &to.id).await.unwrap());
    assert!(!store.delete_webhook(&tenant(), &to.id).await.unwrap());
    store.announce(&of, &[delivery(&to, &of)]).await.unwrap();
    assert!(store.unannounced_events(None, 10).await.unwrap().is_empty());
    let all = store.deliveries(&tenant(), &to.id, None, ALL).await;
    assert_eq!(all.unwrap().total, 0);
}

async fn a_removed_endpoint_takes_its_deliveries_along(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    store.delete_webhook(&tenant(), &to.id).await.unwrap();
    let found = store.delivery(&tenant(), &to.id, &one.id).await.unwrap();
    assert_eq!(found, None);
}

async fn a_delivery_is_in_one_hand(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, one) = (store.clone(), one.clone());
        takers.spawn(async move { store.take_delivery(&one, LONG).await.unwrap() });
    }
    let taken = takers.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    assert!(store.due_deliveries(&to, NOW, 10).await.unwrap().is_empty());
    assert_eq!(stored(&*store, &one).await.fence, one.fence + 1);
}

/// The next one to take the delivery, once the lease of no length is over by the database's clock.
async fn take_over(store: &dyn Store, one: &Delivery) -> Delivery {
    for _ in 0..500 {
        let seen = stored(store, one).await;
        if store.take_delivery(&seen, LONG).await.unwrap() {
            return Delivery {
                fence: seen.fence + 1,
                ..seen
            };
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the lease does not end");
}

async fn whoever_is_too_late_writes_nothing(engine: &impl Engine) {
    let store = engine.open().await;
    let (_, one) = with_delivery(&*store).await;
    assert!(store.take_delivery(&one, 0).await.unwrap());
    let late = Delivery {
        fence: one.fence + 1,
        state: DeliveryState::Failed,
        ..one.clone()
    };
    let next = take_over(&*store, &one).await;
    // Whoever read it before the other took it does not get it either.
    assert!(!store.take_delivery(&one, LONG).await.unwrap());
    assert!(!store.put_back_delivery(&late).await.unwrap());
    assert_eq!(stored(&*store, &one).await.state, DeliveryState::Pending);
    assert!(store.put_back_delivery(&next).await.unwrap());
}

fn attempt() -> DeliveryAttempt {
    DeliveryAttempt {
        at: NOW.plus(3),
        duration_ms: 12,
        http_status: Some(503),
        error: Some("it is not well".into()),
        response: Some("later".into()),
    }
}

async fn what_came_of_a_delivery_is_kept(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    assert!(store.take_delivery(&one, LONG).await.unwrap());
    let tried = Delivery {
        fence: one.fence + 1,
        attempts: vec![attempt()],
        tries: 1,
        due_at: Some(NOW.plus(5_000)),
        ..one.clone()
    };
    assert!(store.put_back_delivery(&tried).await.unwrap());
    assert_eq!(stored(&*store, &one).await, tried);
    let early = store.due_deliveries(&to, NOW.plus(4_999), 10).await;
    assert!(early.unwrap().is_empty());
    let due = store
        .due_deliveries(&to, NOW.plus(5_000), 10)
        .await
        .unwrap();
    assert_eq!(due, [tried]);
    let tenant = tenant();
    let listed = async |state, paging| {
        let listed = store.deliveries(&tenant, &to.id, state, paging);
        listed.await.unwrap()
    };
    let failed = listed(Some(DeliveryState::Failed), ALL).await;
    assert_eq!(failed.total, 0);
    let page = Paging { page: 1, limit: 1 };
    let pending = listed(Some(DeliveryState::Pending), page).await;
    assert_eq!(pending.items, due);
}

async fn a_failed_delivery_is_taken_up_again(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    assert!(store.take_delivery(&one, LONG).await.unwrap());
    let failed = Delivery {
        fence: one.fence + 1,
        state: DeliveryState::Failed,
        tries: 9,
        due_at: None,
        finished_at: Some(NOW.plus(9)),
        ..one
    };
    assert!(store.put_back_delivery(&failed).await.unwrap());
    let far = NOW.plus(1_000_000);
    assert!(store.due_deliveries(&to, far, 10).await.unwrap().is_empty());
    let again = Delivery {
        state: DeliveryState::Pending,
        tries: 0,
        due_at: Some(NOW),
        ..failed
    };
    assert!(store.take_delivery(&again, LONG).await.unwrap());
    let seen = stored(&*store, &again).await;
    assert_eq!((seen.state, seen.tries), (DeliveryState::Pending, 0));
}

async fn endpoints_wait_while_they_are_enabled_and_something_is_due(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    with_webhook(&*store).await;
    let waiting = async |now, but: &[_]| store.waiting_webhooks(now, but, 10).await.unwrap();
    assert_eq!(waiting(NOW, &[]).await, [(tenant(), to.id.clone())]);
    assert!(waiting(NOW.plus(-1), &[]).await.is_empty());
    assert!(waiting(NOW, std::slice::from_ref(&to.id)).await.is_empty());
    assert!(store.take_delivery(&one, LONG).await.unwrap());
    assert!(waiting(NOW, &[]).await.is_empty());
    let held = stored(&*store, &one).await;
    assert!(store.put_back_delivery(&held).await.unwrap());
    assert_eq!(waiting(NOW, &[]).await.len(), 1);
    store.disable_webhook(&to, "gone").await.unwrap();
    assert!(waiting(NOW, &[]).await.is_empty());
}

async fn old_deliveries_are_forgotten(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    let young = ConnectionEvent {
        at: NOW.plus(1),
        ..event(&connection("crm"), Deleted)
    };
    let second = Delivery {
        created_at: NOW.plus(1),
        ..delivery(&to, &young)
    };
    store.add_delivery(&second).await.unwrap();
    assert_eq!(store.forget_deliveries(NOW, 10).await.unwrap(), 0);
    assert_eq!(store.forget_deliveries(NOW.plus(1), 10).await.unwrap(), 1);
    let left = store
        .deliveries(&tenant(), &to.id, None, ALL)
        .await
        .unwrap();
    assert_eq!(left.items, [second]);
    assert_eq!(
        store.delivery(&tenant(), &to.id, &one.id).await.unwrap(),
        None
    );
}

async fn a_process_hears_of_its_own_events(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let heard = async |limit| tokio::time::timeout(limit, store.news()).await.is_ok();
    assert!(!heard(Duration::from_millis(20)).await);
    let one = connection("crm");
    add(&*store, &one).await;
    assert!(
        heard(Duration::from_secs(10)).await,
        "made before it was asked for"
    );
    assert!(!heard(Duration::from_millis(20)).await);
    let quiet = event(&one, Refreshed);
    store.add_event(&quiet).await.unwrap();
    assert!(!heard(Duration::from_millis(20)).await);
    remove(&*store, &one).await;
    assert!(heard(Duration::from_secs(10)).await);
}

async fn strangers_do_not_see_or_change_an_endpoint(engine: &impl Engine) {
    let store = engine.open().await;
    let (to, one) = with_delivery(&*store).await;
    for stranger in strangers() {
        assert_eq!(store.webhook(&stranger, &to.id).await.unwrap(), None);
        assert!(store.webhooks(&stranger).await.unwrap().is_empty());
        let found = store.delivery(&stranger, &to.id, &one.id).await.unwrap();
        assert_eq!(found, None);
        let listed = store.deliveries(&stranger, &to.id, None, ALL).await;
        assert_eq!(listed.unwrap().total, 0);
        let theirs = Webhook {
            tenant: stranger.clone(),
            version: 2,
            ..to.clone()
        };
        assert!(!store.update_webhook(&theirs).await.unwrap());
        assert!(!store.disable_webhook(&theirs, "no").await.unwrap());
        assert!(!store.delete_webhook(&stranger, &to.id).await.unwrap());
        let taken = Delivery {
            tenant: stranger,
            ..one.clone()
        };
        assert!(!store.take_delivery(&taken, LONG).await.unwrap());
        assert!(!store.put_back_delivery(&taken).await.unwrap());
    }
    let other = webhook();
    store.add_webhook(&other).await.unwrap();
    let beside = store.delivery(&tenant(), &other.id, &one.id).await.unwrap();
    assert_eq!(beside, None, "it is found under its own endpoint only");
}
