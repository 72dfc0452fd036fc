//! Lists of executions.

use std::slice::from_ref;

use tenon_engine::model::{
    Execution, ExecutionFilter, ExecutionId, ExecutionState, NodeStatus, Outcome, Paging,
};
use tenon_engine::ports::Store;

use super::nouns::{ALL, NOW, account_id, execution, finished, tenant};
use crate::engine::{Engine, promises};

promises![
    executions_are_listed_newest_first,
    executions_are_listed_oldest_first_on_demand,
    pages_cut_a_list_and_count_all_of_it,
    each_filter_lets_only_its_own_through,
    filters_apply_together,
];

/// So many executions, a second apart, written in another order than they began.
async fn series(store: &dyn Store, count: i64) -> Vec<ExecutionId> {
    let mut all = Vec::new();
    for number in 0..count {
        let mut execution = finished(&execution());
        execution.started_at = NOW.plus(number * 1_000);
        all.push(execution);
    }
    for execution in all.iter().rev() {
        store.record(execution).await.unwrap();
    }
    all.into_iter().map(|execution| execution.id).collect()
}

async fn listed(store: &dyn Store, filter: &ExecutionFilter) -> Vec<ExecutionId> {
    let page = store.executions(&tenant(), filter, ALL).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items
        .into_iter()
        .map(|execution| execution.id)
        .collect()
}

async fn executions_are_listed_newest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let mut expected = series(&*store, 3).await;
    expected.reverse();
    assert_eq!(listed(&*store, &ExecutionFilter::default()).await, expected);
}

async fn executions_are_listed_oldest_first_on_demand(engine: &impl Engine) {
    let store = engine.open().await;
    let expected = series(&*store, 3).await;
    let filter = ExecutionFilter {
        ascending: true,
        ..ExecutionFilter::default()
    };
    assert_eq!(listed(&*store, &filter).await, expected);
}

async fn pages_cut_a_list_and_count_all_of_it(engine: &impl Engine) {
    let store = engine.open().await;
    let expected = series(&*store, 5).await;
    let filter = ExecutionFilter {
        ascending: true,
        ..ExecutionFilter::default()
    };
    for (page, items) in [
        (1, &expected[..2]),
        (2, &expected[2..4]),
        (3, &expected[4..]),
        (4, &[]),
    ] {
        let paging = Paging { page, limit: 2 };
        let page = store.executions(&tenant(), &filter, paging).await.unwrap();
        assert_eq!(page.total, 5);
        let ids: Vec<_> = page
            .items
            .into_iter()
            .map(|execution| execution.id)
            .collect();
        assert_eq!(ids, items);
    }
}

/// An execution that differs from [`ordinary`] in everything that a filter can ask for.
fn special() -> Execution {
    Execution {
        account: account_id("b"),
        slug: "shop".into(),
        action: "delete".into(),
        asynchronous: false,
        started_at: NOW.plus(1_000),
        ..execution()
    }
}

fn ordinary() -> Execution {
    finished(&execution())
}

async fn each_filter_lets_only_its_own_through(engine: &impl Engine) {
    let store = engine.open().await;
    let (special, ordinary) = (special(), ordinary());
    store.begin(&special, None, None).await.unwrap();
    store.record(&ordinary).await.unwrap();
    let any = ExecutionFilter::default;
    let slugs = vec!["shop".into(), "mail".into()];
    let only_special = [
        ExecutionFilter {
            account: Some(account_id("b")),
            ..any()
        },
        ExecutionFilter { slugs, ..any() },
        ExecutionFilter {
            action: Some("delete".into()),
            ..any()
        },
        ExecutionFilter {
            state: Some(ExecutionState::Running),
            ..any()
        },
        ExecutionFilter {
            asynchronous: Some(false),
            ..any()
        },
        ExecutionFilter {
            from: Some(NOW.plus(1_000)),
            ..any()
        },
    ];
    for filter in only_special {
        assert_eq!(
            listed(&*store, &filter).await,
            from_ref(&special.id),
            "{filter:?}"
        );
    }
    let only_ordinary = [
        ExecutionFilter {
            node_statuses: vec![NodeStatus::Failed],
            ..any()
        },
        ExecutionFilter {
            outcome: Some(Outcome::Failed),
            ..any()
        },
        ExecutionFilter {
            until: Some(NOW.plus(1_000)),
            ..any()
        },
    ];
    for filter in only_ordinary {
        assert_eq!(
            listed(&*store, &filter).await,
            from_ref(&ordinary.id),
            "{filter:?}"
        );
    }
}

async fn filters_apply_together(engine: &impl Engine) {
    let store = engine.open().await;
    store.begin(&special(), None, None).await.unwrap();
    store.record(&ordinary()).await.unwrap();
    let filter = ExecutionFilter {
        account: Some(account_id("b")),
        slugs: vec!["crm".into()],
        ..ExecutionFilter::default()
    };
    assert!(listed(&*store, &filter).await.is_empty());
}
