//! An application, and the way to it: it acts or refuses, answers late or never, and the way loses what it likes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenon_connector::Plan;
use tenon_connector::document::Effect;
use tenon_connector::token::TokenPaths;
use tenon_egress::{Call, ErrorKind, Fault, Response, SendError, Sent, Told};
use tenon_engine::transport::Transport;
use tokio::time::Instant;
use url::Url;

use super::bug::Bug;
use super::ledger::Delivery;
use super::rows::may_finish;
use super::world::{Life, State, World};

/// The header in which the application sees the execution's key.
pub(crate) const VENDOR_KEY: &str = "x-execution";

/// What the way does to a request and its answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Fine,
    /// Nothing leaves.
    Unreachable,
    /// The request leaves and never arrives.
    Lost,
    /// It arrives; of the answer nothing, garbage or too much comes back.
    Broken(ErrorKind),
    /// It arrives, and no answer comes.
    Silent,
}

#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) world: Arc<World>,
    pub(crate) life: Life,
}

#[async_trait]
impl Transport for Application {
    async fn send(&self, call: Call<'_>) -> Result<Response, SendError> {
        self.life.goes_on().await;
        // The question whose a credential is has no turn and no place of its own.
        let counted = vendor_key(call.plan).is_some();
        if counted {
            self.enter(&call);
        }
        let answer = self.exchange(&call).await;
        if counted {
            let life = self.life.number;
            self.world
                .look(|state| state.quota.leave(life, call.partition));
        }
        answer
    }

    async fn notify(&self, _: Call<'_>, _: usize) -> Result<Response, SendError> {
        unreachable!("nobody has an endpoint")
    }

    fn check(&self, _: &Url) -> Result<(), SendError> {
        unreachable!("nobody has an endpoint")
    }

    async fn tokens(&self, _: Call<'_>, _: &TokenPaths) -> Result<Told, SendError> {
        unreachable!("these credentials are not renewed")
    }

    fn forget(&self, _: &str) {}
}

impl Application {
    fn enter(&self, call: &Call<'_>) {
        let life = self.life.number;
        self.world.look(|state| {
            if !state.quota.enter(life, call.partition, state.caps) {
                state
                    .ledger
                    .violated(format!("more is under way than {:?}", state.caps));
            }
        });
    }

    async fn exchange(&self, call: &Call<'_>) -> Result<Response, SendError> {
        let (way, there, back) = self.draw_way();
        if !self.pass(there, call.deadline).await {
            return Err(error(ErrorKind::Timeout, Sent::No));
        }
        match way {
            Way::Unreachable => return Err(error(ErrorKind::Connect, Sent::No)),
            Way::Lost => self.lose(call.plan),
            _ => {}
        }
        let arrives = way != Way::Lost;
        let response = arrives.then(|| self.deliver(call));
        let interrupted = matches!(way, Way::Lost | Way::Broken(_));
        if interrupted && self.world.bug == Some(Bug::TransportRepeats) {
            self.deliver(call);
        }
        let back = if way == Way::Silent {
            u64::MAX / 2
        } else {
            back
        };
        let in_time = self.pass(back, call.deadline).await;
        match (way, response) {
            (Way::Fine, Some(response)) if in_time => Ok(self.answer(call.plan, response)),
            (Way::Broken(kind), _) if in_time => Err(self.broken(call.plan, kind)),
            (Way::Lost, _) if in_time => Err(self.broken(call.plan, ErrorKind::Reset)),
            _ => Err(self.broken(call.plan, ErrorKind::Timeout)),
        }
    }

    fn draw_way(&self) -> (Way, u64, u64) {
        self.world.look(|state| {
            let way = match state.chance.percent(state.storm) {
                true => state.chance.one_of(&[
                    (3, Way::Unreachable),
                    (2, Way::Lost),
                    (3, Way::Broken(ErrorKind::Reset)),
                    (1, Way::Broken(ErrorKind::Protocol)),
                    (1, Way::Broken(ErrorKind::TooLarge)),
                    (2, Way::Silent),
                ]),
                false => Way::Fine,
            };
            let slow = state.chance.one_of(&[(8, 200), (2, 4000), (1, 40_000)]);
            (
                way,
                state.chance.within(0..200),
                state.chance.within(1..slow),
            )
        })
    }

    /// Whether so much time passes before the deadline does.
    async fn pass(&self, milliseconds: u64, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let wait = Duration::from_millis(milliseconds);
        tokio::time::sleep(wait.min(left)).await;
        self.life.goes_on().await;
        wait < left
    }

    /// An error after something left. From here on only the application knows what it did.
    fn broken(&self, plan: &Plan, kind: ErrorKind) -> SendError {
        self.lose(plan);
        match self.world.bug {
            Some(Bug::TransportDenies) => error(kind, Sent::No),
            _ => error(kind, Sent::Maybe),
        }
    }

    fn lose(&self, plan: &Plan) {
        self.world.look(|state| {
            state.ledger.lost.extend(vendor_key(plan));
            state.ledger.unanswered.extend(vendor_key(plan));
        });
    }

    fn answer(&self, plan: &Plan, response: Response) -> Response {
        self.world.look(|state| {
            let key = vendor_key(plan);
            state
                .ledger
                .unanswered
                .retain(|lost| key.as_ref() != Some(lost));
        });
        response
    }

    fn deliver(&self, call: &Call<'_>) -> Response {
        let (plan, now) = (call.plan, self.world.now());
        let (life, bug) = (self.life.number, self.world.bug);
        self.world.look(|state| {
            let Some(key) = vendor_key(plan) else {
                let status = state.chance.one_of(&[(9, 200), (1, 401)]);
                return respond(state, status);
            };
            check_intent(state, plan, &key);
            if !state.quota.arrive(life, call.partition, now, bug) {
                state
                    .ledger
                    .violated("more requests arrived than the quota lets".to_owned());
            }
            let status = draw_status(state, plan);
            if acts(state, plan, status) {
                let count = state
                    .ledger
                    .effects
                    .entry((key.clone(), plan.step.clone()))
                    .or_default();
                // Who sends the application's own key, or replaces, is recognised.
                *count = if plan.idempotent { 1 } else { *count + 1 };
            }
            let name = state.ledger.name(&key);
            let line = format!(
                "application: {} {} of {name}: {status}",
                plan.method.as_str(),
                plan.step
            );
            state.ledger.note(now, line);
            state.ledger.deliveries.push(Delivery {
                vendor_key: key,
                step: plan.step.clone(),
                once: plan.effect != Effect::Read && !plan.idempotent,
                status,
            });
            respond(state, status)
        })
    }
}

fn draw_status(state: &mut State, plan: &Plan) -> u16 {
    let created = if plan.effect == Effect::Read {
        200
    } else {
        201
    };
    match state.chance.percent(state.storm) {
        true => state
            .chance
            .one_of(&[(3, 500), (3, 503), (3, 429), (2, 422), (2, 404), (1, 401)]),
        false => created,
    }
}

/// Whether the application does what is asked: of an error of its own nobody knows.
fn acts(state: &mut State, plan: &Plan, status: u16) -> bool {
    let may = plan.effect != Effect::Read;
    may && (status < 300 || (status >= 500 && state.chance.percent(50)))
}

fn respond(state: &mut State, status: u16) -> Response {
    state.answers += 1;
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    if status == 429 {
        let wait = state.chance.within(0..4).to_string();
        headers.push(("retry-after".to_owned(), wait));
    }
    Response {
        status,
        headers,
        body: format!(r#"{{"id":{}}}"#, state.answers).into(),
    }
}

/// No request that changes something arrives before its intent is durable.
fn check_intent(state: &mut State, plan: &Plan, key: &str) {
    // What was swept too early is still under way.
    let mut open = state.rows.executions.iter().filter(|row| may_finish(row));
    let intended = open.any(|row| row.request.idempotency_key == key);
    if plan.effect != Effect::Read && !intended {
        let name = state.ledger.name(key);
        state.ledger.violated(format!(
            "a request of {name} arrived without a durable intent"
        ));
    }
}

fn vendor_key(plan: &Plan) -> Option<String> {
    let mut headers = plan.headers.iter();
    headers
        .find(|(name, _)| name == VENDOR_KEY)
        .map(|(_, value)| value.clone())
}

fn error(kind: ErrorKind, sent: Sent) -> SendError {
    SendError::new(Fault(kind, "did what the seed says"), sent)
}
