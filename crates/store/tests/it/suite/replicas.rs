//! Signs of life, and what they keep from the sweep.

use tenon_engine::model::{BootId, ReplicaNote};

use super::nouns::{NOW, begun, execution, tenant};
use crate::engine::{Engine, promises};

promises![
    a_sign_of_life_is_listed_with_its_note,
    a_later_sign_replaces_the_note,
    executions_of_the_living_are_not_swept,
    executions_of_those_who_left_are_swept_at_once,
];

fn note(version: &str) -> ReplicaNote {
    ReplicaNote {
        version: version.into(),
        key_ids: vec!["k1".into()],
        draining: false,
    }
}

async fn a_sign_of_life_is_listed_with_its_note(engine: &impl Engine) {
    let store = engine.open().await;
    assert!(store.replicas().await.unwrap().is_empty());
    let boot = BootId::generate();
    store.heartbeat(&boot, &note("1")).await.unwrap();
    let living = store.replicas().await.unwrap();
    let [replica] = living.as_slice() else {
        panic!("{living:?}");
    };
    assert_eq!((&replica.boot, &replica.note), (&boot, &note("1")));
    assert!((0..4_000).contains(&replica.silent_for_ms), "{replica:?}");
}

async fn a_later_sign_replaces_the_note(engine: &impl Engine) {
    let store = engine.open().await;
    let boot = BootId::generate();
    for version in ["1", "2"] {
        store.heartbeat(&boot, &note(version)).await.unwrap();
    }
    let living = store.replicas().await.unwrap();
    assert_eq!(living.len(), 1);
    assert_eq!(living[0].note, note("2"));
}

async fn executions_of_the_living_are_not_swept(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    store.heartbeat(&execution.boot, &note("1")).await.unwrap();
    begun(&*store, &execution).await;
    assert_eq!(store.sweep(&BootId::generate(), NOW).await.unwrap(), 0);
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(execution));
}

async fn executions_of_those_who_left_are_swept_at_once(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    store.heartbeat(&execution.boot, &note("1")).await.unwrap();
    begun(&*store, &execution).await;
    store.leave(&execution.boot).await.unwrap();
    assert_eq!(store.sweep(&BootId::generate(), NOW).await.unwrap(), 1);
}
