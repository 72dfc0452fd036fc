//! The flow on a clock that only waits move.

use std::collections::VecDeque;
use std::sync::Mutex;

use tenon_connector::Bundle;
use tenon_connector::rate::Told;
use tokio::task::JoinSet;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The windows of a connector with this `rate`.
fn windows(rate: &str) -> Arc<[Window]> {
    let connector = format!(
        "name: A\ndescription: A.\nbase_url: https://api.acme.test\nauth: {{ token: {{ type: keybased, label: T, fields: {{ t: {{ label: T }} }}, send: {{ bearer: '{{{{ t }}}}' }} }} }}\nrate: {rate}\n"
    );
    let bundle = Bundle {
        slug: "acme".to_owned(),
        files: [("connector.yaml".to_owned(), connector)].into(),
        proven: false,
    };
    Arc::clone(&bundle.compile().unwrap().rate)
}

fn lane(connection: &str, windows: &Arc<[Window]>) -> Arc<Lane> {
    let mut lane = Lane::of_names("a", connection, "api.acme.test:443");
    lane.windows = Arc::clone(windows);
    Arc::new(lane)
}

fn flow() -> Arc<Flow> {
    Arc::new(Flow::new(Caps::default()))
}

fn nothing(_: &Window) -> Told {
    Told::default()
}

/// An application that refuses whatever does not fit in the second before it.
#[derive(Default)]
struct Application(Mutex<(VecDeque<Instant>, usize, usize)>);

impl Application {
    fn arrive(&self, limit: usize) {
        let (counted, accepted, refused) = &mut *self.0.lock().unwrap();
        let now = Instant::now();
        while counted.front().is_some_and(|old| now - *old >= SECOND) {
            counted.pop_front();
        }
        if counted.len() < limit {
            counted.push_back(now);
            *accepted += 1;
        } else {
            *refused += 1;
        }
    }
}

async fn call(
    flow: &Flow,
    lane: Arc<Lane>,
    wait: Duration,
    application: &Application,
) -> Outcomes<()> {
    let mut pass = flow.enter(lane, "/", Instant::now() + wait).await?;
    let mut turn = flow.turn(&mut pass, "/", Instant::now()).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    application.arrive(10);
    tokio::time::sleep(Duration::from_millis(2)).await;
    turn.settle(nothing);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn d4_ten_times_the_quota_offered_is_served_in_turns_and_the_rest_is_told_when_to_come_back()
{
    let (flow, application) = (flow(), Arc::new(Application::default()));
    let windows = windows("[{ limit: 10, per_seconds: 1 }]");
    let mut calls = JoinSet::new();
    for _ in 0..3000 {
        let (flow, application) = (Arc::clone(&flow), Arc::clone(&application));
        let lane = lane("c", &windows);
        calls.spawn(async move { call(&flow, lane, SECOND * 5, &application).await });
        tokio::time::sleep(SECOND / 100).await;
    }
    let ended = calls.join_all().await;
    let (_, accepted, refused) = &*application.0.lock().unwrap();
    assert_eq!(*refused, 0);
    // Thirty seconds of offering, and those who wait at their end.
    assert!(*accepted >= 300 * 95 / 100, "{accepted}");
    let told = ended.iter().filter_map(|end| end.as_ref().err());
    for error in told {
        assert_eq!(
            (error.code, error.outcome().unwrap().as_str()),
            (Code::RateLimited, "not_sent")
        );
        let wait = error.retry_after_ms.unwrap();
        assert!(wait > 4_000 && wait < 8_000, "{wait}");
        assert_eq!(error.quota.as_ref().unwrap().limit, 10);
    }
    println!("D4: 3000 calls at 100/s against 10/s: {accepted} sent, 0 refused by the application");
}

#[tokio::test(start_paused = true)]
async fn d4_a_call_that_may_not_wait_is_refused_at_once_with_the_delay_that_is_right() {
    let (flow, application) = (flow(), Application::default());
    let windows = windows("[{ limit: 10, per_seconds: 1 }]");
    for _ in 0..10 {
        call(&flow, lane("c", &windows), Duration::ZERO, &application)
            .await
            .unwrap();
    }
    let asked = Instant::now();
    let error = call(&flow, lane("c", &windows), Duration::ZERO, &application)
        .await
        .unwrap_err();
    assert_eq!(Instant::now(), asked);
    // The first of ten calls of four milliseconds each was answered 36 ms ago.
    let wait = error.retry_after_ms.unwrap();
    assert!((960..=980).contains(&wait), "{wait}");
    // Another account's calls do not wait for this one's.
    call(&flow, lane("d", &windows), Duration::ZERO, &application)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(wait)).await;
    call(&flow, lane("c", &windows), Duration::ZERO, &application)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn d4_a_quota_of_the_whole_application_is_shared_by_its_accounts() {
    let (flow, application) = (flow(), Application::default());
    let windows = windows("[{ limit: 2, per_seconds: 1, scope: application }]");
    for connection in ["c", "d"] {
        call(
            &flow,
            lane(connection, &windows),
            Duration::ZERO,
            &application,
        )
        .await
        .unwrap();
    }
    let refused = call(&flow, lane("e", &windows), Duration::ZERO, &application).await;
    assert_eq!(refused.unwrap_err().code, Code::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn d4_after_a_429_nobody_calls_before_the_time_that_was_asked_for_and_all_do_soon_after() {
    let flow = flow();
    let none: Arc<[Window]> = Arc::from([]);
    let mut pass = flow
        .enter(lane("c", &none), "/", Instant::now())
        .await
        .unwrap();
    let mut turn = flow.turn(&mut pass, "/", Instant::now()).await.unwrap();
    turn.refuse(nothing, Some(SECOND * 3));
    drop(pass);
    let asked = Instant::now();
    let mut waiting = JoinSet::new();
    for _ in 0..20 {
        let (flow, lane) = (Arc::clone(&flow), lane("c", &none));
        waiting.spawn(async move {
            flow.enter(lane, "/", Instant::now() + SECOND * 10)
                .await
                .map(|_pass| Instant::now())
        });
    }
    for went in waiting.join_all().await {
        let wait = went.unwrap() - asked;
        assert!(
            wait >= SECOND * 3 && wait <= SECOND * 3 + SECOND / 4,
            "{wait:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_takes_nothing_from_the_quota_and_leaves_no_place_taken() {
    let (flow, application) = (flow(), Application::default());
    let windows = windows("[{ limit: 1, per_seconds: 60 }]");
    for _ in 0..200 {
        drop(
            flow.enter(lane("c", &windows), "/", Instant::now())
                .await
                .unwrap(),
        );
    }
    call(&flow, lane("c", &windows), Duration::ZERO, &application)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn h2_no_more_calls_wait_than_may_run_and_the_next_is_refused_at_once() {
    let caps = Caps {
        connection: 4,
        ..Caps::default()
    };
    let flow = Arc::new(Flow::new(caps));
    let none: Arc<[Window]> = Arc::from([]);
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(
            flow.enter(lane("c", &none), "/", Instant::now())
                .await
                .unwrap(),
        );
    }
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        let (flow, lane) = (Arc::clone(&flow), lane("c", &none));
        waiting.spawn(async move {
            flow.enter(lane, "/", Instant::now() + SECOND * 10)
                .await
                .is_ok()
        });
    }
    tokio::task::yield_now().await;
    let asked = Instant::now();
    let refused = flow.enter(lane("c", &none), "/", asked + SECOND * 10).await;
    let error = refused.err().unwrap();
    assert_eq!((error.code, Instant::now()), (Code::RateLimited, asked));
    assert!(error.retry_after_ms.is_some());
    drop(running);
    assert!(waiting.join_all().await.into_iter().all(|went| went));
}

#[tokio::test(start_paused = true)]
async fn d5_a_host_that_fails_is_given_up_before_anything_is_written_and_found_well_again_by_one_probe()
 {
    let flow = flow();
    let none: Arc<[Window]> = Arc::from([]);
    let try_once = || flow.enter(lane("c", &none), "/", Instant::now());
    for _ in 0..20 {
        try_once().await.unwrap();
        flow.ended(&lane("c", &none), Some(false));
    }
    let error = try_once().await.err().unwrap();
    assert_eq!(
        (error.code, error.retryable),
        (Code::UpstreamSuspended, true)
    );
    assert_eq!(error.outcome().unwrap().as_str(), "not_sent");
    let wait = Duration::from_millis(error.retry_after_ms.unwrap());
    tokio::time::sleep(wait).await;
    let mut probes = 0;
    for _ in 0..50 {
        probes += usize::from(try_once().await.is_ok());
    }
    assert_eq!(probes, 1);
    flow.ended(&lane("c", &none), Some(true));
    assert!(try_once().await.is_ok());
    assert!(wait <= SECOND * 10);
}
