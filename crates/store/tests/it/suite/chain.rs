//! The chain over the journal and the audit log: what it says of every write.

use std::sync::Arc;

use serde_json::json;
use tenon_engine::model::{AuditEntry, BootId, ChainEvent, EndedBy, Execution, Link, row_digest};
use tenon_engine::ports::{Notary as _, Store, StoreError};

use super::audits::entry;
use super::nouns::{NOW, begun, execution, finished, tenant, with_accounts};
use crate::engine::{Engine, TestNotary, live, promises};

promises![
    every_write_of_the_journal_has_its_link,
    the_links_of_a_chain_hold_each_other,
    a_refused_write_leaves_no_link,
    what_was_purged_is_attested_no_more,
    every_row_is_attested_as_it_stands,
    a_new_chain_names_the_ends_that_it_finds,
    nothing_is_written_without_a_chain,
    attested_rows_come_in_pages,
];

/// Closes the chain that [`Engine::open`] began and begins another.
async fn reopened(store: &dyn Store) -> BootId {
    store.close_chain(NOW).await.unwrap();
    live(store).await
}

async fn links(store: &dyn Store, boot: &BootId) -> Vec<Link> {
    store.links(boot, 0, 10_000).await.unwrap()
}

async fn every_write_of_the_journal_has_its_link(engine: &impl Engine) {
    let store = engine.open().await;
    let boot = reopened(&*store).await;
    let (written, lost, read) = (execution(), execution(), finished(&execution()));
    for execution in [&written, &lost] {
        begun(&*store, execution).await;
    }
    store.finish(&finished(&written), None).await.unwrap();
    store.record(&read).await.unwrap();
    store.sweep(&boot, NOW).await.unwrap();
    let swept = store.execution(&tenant(), &lost.id).await.unwrap().unwrap();
    let resolved = Execution {
        ended_by: Some(EndedBy::Person),
        ..finished(&lost)
    };
    store.resolve(&resolved).await.unwrap();
    let asked = entry();
    store.audit(&asked).await.unwrap();
    let answered = AuditEntry {
        status: Some(200),
        detail: json!({"removed": 1}),
        ..asked.clone()
    };
    store.audit_ended(&answered).await.unwrap();
    store.purge(&tenant(), NOW.plus(1), 1).await.unwrap();
    store.close_chain(NOW).await.unwrap();

    let seen: Vec<_> = links(&*store, &boot)
        .await
        .into_iter()
        .skip(1)
        .map(|link| (link.event, link.subject, link.digest))
        .collect();
    let of = |event, execution: &Execution| {
        let digest = row_digest(execution).unwrap();
        (event, execution.id.to_string(), digest)
    };
    let audited = |entry: &AuditEntry| {
        let digest = row_digest(entry).unwrap();
        (ChainEvent::Audited, entry.id.to_string(), digest)
    };
    let mut oldest = [&written, &lost, &read].map(|execution| execution.id.to_string());
    oldest.sort();
    let expected = [
        of(ChainEvent::Begun, &written),
        of(ChainEvent::Begun, &lost),
        of(ChainEvent::Finished, &finished(&written)),
        of(ChainEvent::Recorded, &read),
        of(ChainEvent::Swept, &swept),
        of(ChainEvent::Resolved, &resolved),
        audited(&asked),
        audited(&answered),
        (ChainEvent::Purged, oldest[0].clone(), [0; 32]),
        (ChainEvent::Closed, String::new(), [0; 32]),
    ];
    assert_eq!(seen, expected);
}

async fn the_links_of_a_chain_hold_each_other(engine: &impl Engine) {
    let store = engine.open().await;
    let boot = reopened(&*store).await;
    for _ in 0..5 {
        begun(&*store, &execution()).await;
    }
    let mut previous = [0; 32];
    for (link, seq) in links(&*store, &boot).await.into_iter().zip(1..) {
        assert_eq!(link.seq, seq);
        assert_eq!(link.mac, TestNotary.mac(&link.signed_bytes(&previous)));
        previous = link.mac;
    }
    let after = store.links(&boot, 2, 2).await.unwrap();
    let places: Vec<i64> = after.iter().map(|link| link.seq).collect();
    assert_eq!(places, [3, 4]);
}

async fn a_refused_write_leaves_no_link(engine: &impl Engine) {
    let store = engine.open().await;
    let boot = reopened(&*store).await;
    let execution = execution();
    begun(&*store, &execution).await;
    let again = store.begin(&execution, None, None).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    store.finish(&finished(&execution), None).await.unwrap();
    store.finish(&finished(&execution), None).await.unwrap();
    let events: Vec<_> = links(&*store, &boot)
        .await
        .iter()
        .map(|link| (link.seq, link.event))
        .collect();
    let expected = [
        (1, ChainEvent::Opened),
        (2, ChainEvent::Begun),
        (3, ChainEvent::Finished),
    ];
    assert_eq!(events, expected);
}

async fn what_was_purged_is_attested_no_more(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let read = finished(&execution());
    store.record(&read).await.unwrap();
    assert_eq!(store.attested("", 10).await.unwrap().len(), 1);
    store
        .delete_account(&tenant(), &read.account, true)
        .await
        .unwrap();
    assert!(store.attested("", 10).await.unwrap().is_empty());
    assert!(store.unattested(10).await.unwrap().is_empty());
}

async fn every_row_is_attested_as_it_stands(engine: &impl Engine) {
    let store = engine.open().await;
    let (written, lost) = (execution(), execution());
    for execution in [&written, &lost] {
        begun(&*store, execution).await;
    }
    store.sweep(&BootId::generate(), NOW).await.unwrap();
    // Late, and by a process whose clock is behind.
    store.finish(&finished(&written), None).await.unwrap();
    let line = entry();
    store.audit(&line).await.unwrap();
    let rows = store.attested("", 10).await.unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row.present, Some(row.digest), "{row:?}");
        let expected = match row.subject.as_str() {
            subject if subject == written.id.as_str() => ChainEvent::Finished,
            subject if subject == lost.id.as_str() => ChainEvent::Swept,
            _ => ChainEvent::Audited,
        };
        assert_eq!(row.event, expected);
    }
}

async fn a_new_chain_names_the_ends_that_it_finds(engine: &impl Engine) {
    let store = engine.open().await;
    let opened = store.chains().await.unwrap();
    assert_eq!(opened.len(), 1);
    let first = links(&*store, &opened[0]).await;
    assert_eq!(
        (first[0].event, first[0].subject.as_str()),
        (ChainEvent::Opened, "")
    );
    begun(&*store, &execution()).await;
    // The first is not closed, as after a crash.
    let second = live(&*store).await;
    let third = reopened(&*store).await;
    for (boot, before) in [(&second, &opened[0]), (&third, &second)] {
        let end = links(&*store, before).await.pop().unwrap();
        let opening: Vec<_> = links(&*store, boot)
            .await
            .into_iter()
            .filter(|link| link.event == ChainEvent::Opened)
            .map(|link| (link.subject, link.digest))
            .collect();
        assert_eq!(opening, [(before.to_string(), end.mac)]);
    }
    let all = store.chains().await.unwrap();
    assert_eq!(all, [opened[0].clone(), second, third]);
}

async fn nothing_is_written_without_a_chain(engine: &impl Engine) {
    let store = engine.open().await;
    store.close_chain(NOW).await.unwrap();
    let refused = [
        store.begin(&execution(), None, None).await.map(drop),
        store.record(&finished(&execution())).await,
        store.audit(&entry()).await,
        store.close_chain(NOW).await,
    ];
    for refused in refused {
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
    }
    let boot = BootId::generate();
    store
        .open_chain(&boot, Arc::new(TestNotary), NOW)
        .await
        .unwrap();
    begun(&*store, &execution()).await;
}

async fn attested_rows_come_in_pages(engine: &impl Engine) {
    let store = engine.open().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let execution = execution();
        begun(&*store, &execution).await;
        ids.push(execution.id.to_string());
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.attested(&after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.subject.clone();
        seen.extend(page.into_iter().map(|row| row.subject));
    }
    ids.sort();
    assert_eq!(seen, ids);
}
