//! Tenon's own rate limits.

use tenon_engine::model::Rate;

use crate::engine::{Engine, promises};

promises![
    a_burst_is_given_and_no_more,
    keys_have_rates_of_their_own,
    a_rate_that_is_whole_again_is_forgotten,
];

const THREE_AN_HOUR: Rate = Rate {
    calls: 3,
    per_ms: 3_600_000,
    burst: 2,
};

async fn a_burst_is_given_and_no_more(engine: &impl Engine) {
    let store = engine.open().await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(store.take("a", THREE_AN_HOUR).await.unwrap());
    }
    let allowed: Vec<bool> = taken.iter().map(|taken| taken.allowed).collect();
    assert_eq!(allowed, [true, true, false]);
    assert_eq!(taken[0].remaining, 1);
    let wait = taken[2].retry_after_ms;
    assert!((1_190_000..=1_200_000).contains(&wait), "{wait}");
}

async fn keys_have_rates_of_their_own(engine: &impl Engine) {
    let store = engine.open().await;
    for key in ["a", "b"] {
        for _ in 0..2 {
            assert!(
                store.take(key, THREE_AN_HOUR).await.unwrap().allowed,
                "{key}"
            );
        }
    }
}

async fn a_rate_that_is_whole_again_is_forgotten(engine: &impl Engine) {
    let store = engine.open().await;
    let at_once = Rate {
        calls: 1_000_000,
        per_ms: 1,
        burst: 1,
    };
    store.take("quick", at_once).await.unwrap();
    store.take("slow", THREE_AN_HOUR).await.unwrap();
    let mut forgotten = 0;
    // The clock of a database may tick in milliseconds.
    for _ in 0..1_000 {
        forgotten += store.forget_full_rates().await.unwrap();
        if forgotten > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(forgotten, 1);
    assert_eq!(
        store.take("slow", THREE_AN_HOUR).await.unwrap().remaining,
        0
    );
}
