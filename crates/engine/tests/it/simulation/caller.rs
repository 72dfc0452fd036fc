//! Callers: they ask, wait or hang up, and ask again as a careful client does, with the same key.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tenon_engine::access::Presented;
use tenon_engine::error::{Code, Error};
use tenon_engine::execute::{ExecuteRequest, Reply};
use tenon_engine::model::RequestId;

use super::chance::Chance;
use super::ledger::{Scope, Told};
use super::stage::{ACCOUNTS, Cast, Process, Stage};

const ACTIONS: [(u64, &str); 5] = [
    (5, "add"),
    (2, "set"),
    (2, "add_once"),
    (2, "get"),
    (2, "two"),
];

/// One thing that a caller wants done.
struct Wish {
    scope: Scope,
    body: u64,
    /// Whether it comes with a key against repetition.
    keyed: bool,
    /// Whether it comes with a session token whose calls are counted.
    counted: bool,
    asynchronous: bool,
    timeout: Duration,
    /// How long it waits for its turn.
    max_wait: Duration,
    /// How often it is asked for.
    tries: u64,
    /// When the caller hangs up.
    patience: Duration,
}

impl Wish {
    fn draw(chance: &mut Chance) -> Self {
        let patience = chance.one_of(&[(1, 300), (1, 3000), (4, 900_000)]);
        Self {
            scope: Scope {
                account: usize::from(chance.percent(40)),
                action: chance.one_of(&ACTIONS),
                key: chance.within(0..3),
            },
            body: u64::from(chance.percent(15)),
            keyed: chance.percent(75),
            counted: chance.percent(15),
            asynchronous: chance.percent(15),
            timeout: Duration::from_millis(chance.one_of(&[(1, 150), (1, 2000), (3, 30_000)])),
            max_wait: Duration::from_millis(chance.one_of(&[(1, 0), (2, 1000), (3, 10_000)])),
            tries: chance.within(1..5),
            patience: Duration::from_millis(patience),
        }
    }

    fn presented(&self) -> Presented {
        let cast = Cast::get();
        match self.counted {
            true => Presented {
                bearer: cast.tokens.get(self.scope.account).cloned(),
                ..Presented::default()
            },
            false => Presented {
                api_key: Some(cast.api_key.clone()),
                accounts: ACCOUNTS
                    .get(self.scope.account)
                    .map(|id| (*id).to_owned())
                    .into_iter()
                    .collect(),
                ..Presented::default()
            },
        }
    }

    fn request(&self) -> ExecuteRequest {
        let body = json!({"name": format!("{} {}", self.scope.key, self.body)});
        let mut request = ExecuteRequest::new("acme", self.scope.action, body);
        request.idempotency_key = self.keyed.then(|| format!("key {}", self.scope.key));
        request.asynchronous = self.asynchronous;
        request.timeout = self.timeout;
        request.max_wait = self.max_wait;
        request.request_id = RequestId::generate();
        request
    }
}

/// A caller with a few wishes, one after the other.
pub(crate) async fn call(stage: Arc<Stage>, name: u64) {
    for _ in 0..stage.world.draw(1..8) {
        let wish = stage.world.look(|state| Wish::draw(&mut state.chance));
        for number in 1..=wish.tries {
            let again = ask(&stage, name, &wish).await;
            if !again || number == wish.tries {
                break;
            }
            let wait = stage.world.draw(50..3000);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }
}

/// Asks once, and says whether a careful client would ask again.
async fn ask(stage: &Stage, name: u64, wish: &Wish) -> bool {
    let Process { life, engine } = stage.process().await;
    let (world, request) = (&stage.world, wish.request());
    world.look(|state| {
        let id = &request.request_id;
        let keyed = wish.keyed.then(|| (id.clone(), wish.scope.clone()));
        let counted = wish.counted.then(|| (id.clone(), wish.scope.account));
        state.ledger.keyed.extend(keyed);
        state.ledger.counted.extend(counted);
    });
    world.note(format_args!(
        "caller {name}: {:?} keyed {}",
        wish.scope, wish.keyed
    ));
    let presented = wish.presented();
    let calling = async {
        let caller = engine.account_caller(&presented).await?;
        engine.execute(&caller, request).await
    };
    let heard = tokio::select! {
        biased;
        () = life.over.cancelled() => None,
        reply = tokio::time::timeout(wish.patience, calling) => reply.ok(),
    };
    match heard {
        Some(reply) => hear(stage, name, reply),
        None => {
            world.note(format_args!("caller {name}: hears nothing"));
            wish.keyed
        }
    }
}

fn hear(stage: &Stage, name: u64, reply: Result<Reply, Error>) -> bool {
    let world = &stage.world;
    let (again, told, words) = match &reply {
        Ok(Reply::Done(done)) => (
            retryable(done.as_ref().err()),
            Told::of(done, false),
            "done",
        ),
        Ok(Reply::Replayed(done)) => (false, Told::of(done, true), "replayed"),
        Ok(Reply::Accepted(id)) => {
            world.look(|state| state.ledger.accepted.push(id.clone()));
            (false, None, "accepted")
        }
        Ok(Reply::DryRun(_)) => unreachable!("nobody asked for one"),
        Err(error) => (retryable(Some(error)), None, error.code.as_str()),
    };
    let now = world.now();
    world.look(|state| {
        state.ledger.refused += u64::from(words == Code::RateLimited.as_str());
        state
            .ledger
            .note(now, format_args!("caller {name}: {words}"));
        if let Some(told) = told {
            let execution = state.ledger.name(told.execution.as_str());
            let line = format!("caller {name}: {execution} is {:?}", told.node_status);
            state.ledger.note(now, line);
            state.ledger.told.push(told);
        }
    });
    again
}

fn retryable(error: Option<&Error>) -> bool {
    error.is_some_and(|error| error.retryable || error.code == Code::LogUnavailable)
}
