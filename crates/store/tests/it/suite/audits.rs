//! The audit log.

use std::slice::from_ref;

use serde_json::json;
use tenon_engine::model::{Actor, AuditEntry, AuditFilter, AuditId, RequestId};
use tenon_engine::ports::{Store, StoreError};

use super::nouns::{ALL, NOW, strangers, tenant};
use crate::engine::{Engine, promises};

promises![
    a_line_is_read_back_as_it_was_written,
    a_line_is_completed,
    a_line_is_written_once,
    lines_are_listed_newest_first,
    each_filter_of_the_log_lets_only_its_own_through,
];

pub(super) fn entry() -> AuditEntry {
    AuditEntry {
        id: AuditId::generate(),
        at: NOW,
        actor: Actor {
            kind: "admin_key".into(),
            id: "ab12".into(),
        },
        tenant: Some(tenant()),
        act: "adminDeleteLinkedAccount".into(),
        target: "linked_account_id=a".into(),
        from: "203.0.113.7".into(),
        request_id: RequestId::parse("req_1").unwrap(),
        status: None,
        detail: json!({}),
    }
}

async fn listed(store: &dyn Store, filter: &AuditFilter) -> Vec<AuditId> {
    let page = store.audit_entries(filter, ALL).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.into_iter().map(|entry| entry.id).collect()
}

async fn a_line_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let of_nobody = AuditEntry {
        tenant: None,
        ..entry()
    };
    for entry in [entry(), of_nobody] {
        store.audit(&entry).await.unwrap();
        assert_eq!(store.audit_entry(&entry.id).await.unwrap(), Some(entry));
    }
    assert_eq!(store.audit_entry(&AuditId::generate()).await.unwrap(), None);
}

async fn a_line_is_completed(engine: &impl Engine) {
    let store = engine.open().await;
    let begun = entry();
    store.audit(&begun).await.unwrap();
    let ended = AuditEntry {
        status: Some(200),
        detail: json!({"removed": {"sessions": 2, "share": 0.5}}),
        ..begun
    };
    store.audit_ended(&ended).await.unwrap();
    assert_eq!(store.audit_entry(&ended.id).await.unwrap(), Some(ended));
}

async fn a_line_is_written_once(engine: &impl Engine) {
    let store = engine.open().await;
    let entry = entry();
    store.audit(&entry).await.unwrap();
    let again = store.audit(&entry).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

async fn lines_are_listed_newest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let old = entry();
    let new = AuditEntry {
        at: NOW.plus(1),
        ..entry()
    };
    for entry in [&new, &old] {
        store.audit(entry).await.unwrap();
    }
    let all = listed(&*store, &AuditFilter::default()).await;
    assert_eq!(all, [new.id, old.id]);
}

async fn each_filter_of_the_log_lets_only_its_own_through(engine: &impl Engine) {
    let store = engine.open().await;
    let [stranger, _] = strangers();
    let special = AuditEntry {
        at: NOW.plus(10),
        actor: Actor {
            kind: "system".into(),
            id: "purge".into(),
        },
        tenant: Some(stranger.clone()),
        act: "purge".into(),
        ..entry()
    };
    for entry in [&special, &entry()] {
        store.audit(entry).await.unwrap();
    }
    let any = AuditFilter::default;
    let only_special = [
        AuditFilter {
            tenant: Some(stranger),
            ..any()
        },
        AuditFilter {
            actor: Some("purge".into()),
            ..any()
        },
        AuditFilter {
            act: Some("purge".into()),
            ..any()
        },
        AuditFilter {
            from: Some(NOW.plus(10)),
            ..any()
        },
    ];
    for filter in only_special {
        let found = listed(&*store, &filter).await;
        assert_eq!(found, from_ref(&special.id), "{filter:?}");
    }
    let until = AuditFilter {
        until: Some(NOW.plus(10)),
        ..any()
    };
    assert!(!listed(&*store, &until).await.contains(&special.id));
}
