//! E10: Tenon's own rate limits are exact over replicas, and announce themselves.

use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::Application;
use tenon_testkit::promise::{kept, scale};

use super::replicas::{Replicas, ada};

#[tokio::test(flavor = "multi_thread")]
async fn e10_own_rate_limits_are_exact_over_replicas_and_announce_themselves() {
    let application = Application::start().await;
    let limits = [("TENON_RATE_LIMIT", "20/s"), ("TENON_RATE_BURST", "5")];
    let replicas = Replicas::start(&application.base, &limits);
    let caller = ada(&replicas).await;
    let time = Duration::from_secs(scale(6, 60));
    let begun = Instant::now();
    let hammer = |at: usize| {
        let caller = replicas.everywhere(&caller)[at].clone();
        async move {
            let (mut allowed, mut refused) = (0_u32, None);
            while begun.elapsed() < time {
                let answer = caller
                    .execute("acme", "add?dry_run=true", &[], &json!({}))
                    .await;
                match answer.status {
                    200 => allowed += 1,
                    _ => refused = Some(answer),
                }
            }
            (allowed, refused)
        }
    };
    let workers: Vec<_> = [0, 1, 0, 1]
        .into_iter()
        .map(|at| tokio::spawn(hammer(at)))
        .collect();
    let (mut allowed, mut last) = (0, None);
    for worker in workers {
        let (some, refused) = worker.await.unwrap();
        allowed += some;
        last = refused.or(last);
    }
    let expected = 5.0 + 20.0 * begun.elapsed().as_secs_f64();
    let off = (f64::from(allowed) - expected) / expected * 100.0;
    let refused = last.expect("more was asked for than is allowed");
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (429, &json!("RATE_LIMITED"))
    );
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"account\";q=5;w=1")
    );
    assert!(
        refused
            .header("ratelimit")
            .unwrap()
            .starts_with("\"account\";r=0;t=")
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(off.abs() <= 5.0, "{allowed} of {expected:.0}: {off:+.1} %");
    replicas.finish().await;
    kept(
        "E10",
        format!("{allowed} of {expected:.0} calls in {time:?} over 2 replicas: {off:+.1} %"),
    );
}
