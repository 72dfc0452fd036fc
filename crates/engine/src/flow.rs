//! How executions flow: none begins before its host is worth calling, its application has room for it, and this process has.
//!
//! All of it is decided before the journal's intent, so a call that is refused here left nothing anywhere: nothing was
//! sent, no idempotency key is held, and the same call may be made again after the time that the error names. As many
//! calls may wait as may run; whoever does not fit is refused at once.

mod breaker;
mod budget;
mod caps;
mod hosts;
mod lane;
mod rooms;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

use tenon_connector::Plan;
use tenon_connector::rate::Window;
use tokio::time::Instant;

pub use self::caps::Caps;
use self::hosts::Hosts;
pub(crate) use self::lane::Lane;
use self::rooms::{Full, Place, Rooms};
pub(crate) use self::throttle::Turn;
use self::throttle::{NoTurn, Throttle};
use crate::error::{Code, Error, Outcomes};
use crate::model::Connection;

/// When to try again where nothing says: places become free as calls end.
const SOON_MS: u64 = 1000;

/// The flow of one process.
pub(crate) struct Flow {
    began: Instant,
    hosts: Hosts,
    throttle: Throttle,
    running: Arc<Rooms>,
    waiting: Arc<Rooms>,
    /// The sandbox takes as many requests as come.
    no_windows: Arc<[Window]>,
}

/// What an execution holds while it runs.
pub(crate) struct Pass {
    /// Who it is.
    pub(crate) lane: Arc<Lane>,
    /// The turn of its first request.
    first: Option<Turn>,
    _place: Place,
}

impl Flow {
    pub(crate) fn new(caps: Caps) -> Self {
        let began = Instant::now();
        Self {
            began,
            hosts: Hosts::new(caps.breaker_failures),
            throttle: Throttle::new(began),
            running: Rooms::new(caps),
            waiting: Rooms::new(caps),
            no_windows: Arc::from([]),
        }
    }

    /// Who a call is.
    pub(crate) fn lane(
        &self,
        connection: &Connection,
        windows: &Arc<[Window]>,
        plan: &Plan,
    ) -> Arc<Lane> {
        let windows = if connection.sandbox {
            &self.no_windows
        } else {
            windows
        };
        Arc::new(Lane::of(connection, Arc::clone(windows), plan))
    }

    /// Lets an execution begin, at the latest then.
    pub(crate) async fn enter(
        &self,
        lane: Arc<Lane>,
        path: &str,
        until: Instant,
    ) -> Outcomes<Pass> {
        if let Some(wait) = self.hosts.suspended(&lane.host, self.began.elapsed()) {
            return Err(suspended(wait));
        }
        let now = Instant::now();
        let (turn, place) = match self.at_once(&lane, path, now).await {
            Ok(both) => both,
            Err(refused) if until <= now => return Err(refused),
            Err(refused) => self.in_time(&lane, path, until, refused).await?,
        };
        let admitted = self.hosts.admit(&lane.host, self.began.elapsed());
        admitted.map_err(suspended)?;
        Ok(Pass {
            lane,
            first: Some(turn),
            _place: place,
        })
    }

    async fn at_once(&self, lane: &Arc<Lane>, path: &str, now: Instant) -> Outcomes<(Turn, Place)> {
        let turn = self.throttle.turn(lane, path, now).await;
        let turn = turn.map_err(limited)?;
        Ok((turn, self.running.try_enter(lane).map_err(full)?))
    }

    /// Where nobody else may wait, the call is `refused` for what it would have to wait for.
    async fn in_time(
        &self,
        lane: &Arc<Lane>,
        path: &str,
        until: Instant,
        refused: Error,
    ) -> Outcomes<(Turn, Place)> {
        let Ok(_chair) = self.waiting.try_enter(lane) else {
            return Err(refused);
        };
        let turn = self.throttle.turn(lane, path, until).await;
        let turn = turn.map_err(limited)?;
        let place = tokio::time::timeout_at(until, self.running.enter(lane)).await;
        match place {
            Ok(Some(place)) => Ok((turn, place)),
            Ok(None) | Err(_) => Err(full(self.running.full(lane))),
        }
    }

    /// The turn of an execution's next request: of the first, the one that it began with.
    pub(crate) async fn turn(&self, pass: &mut Pass, path: &str, until: Instant) -> Outcomes<Turn> {
        if let Some(turn) = pass.first.take() {
            return Ok(turn);
        }
        let turn = self.throttle.turn(&pass.lane, path, until).await;
        turn.map_err(limited)
    }

    /// Whether a request may be repeated now; `obeys`: as the application that had too many requests asked.
    pub(crate) fn may_repeat(&self, lane: &Lane, obeys: bool) -> bool {
        self.hosts
            .may_repeat(&lane.host, self.began.elapsed(), obeys)
    }

    /// How a request ended: whether the host is well, as far as that shows it.
    pub(crate) fn ended(&self, lane: &Lane, well: Option<bool>) {
        self.hosts.ended(&lane.host, self.began.elapsed(), well);
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn limited(NoTurn { wait, quota }: NoTurn) -> Error {
    let message = "The application takes no more requests for now. Nothing was sent; `max_wait_ms` says how long a call may wait for its turn";
    Error {
        quota,
        ..Error::new(Code::RateLimited, message).after(milliseconds(wait))
    }
}

fn full(what: Full) -> Error {
    let (code, message) = match what {
        Full::Connection => (
            Code::RateLimited,
            "The connection has as many calls in flight as it may. Nothing was sent",
        ),
        Full::Tenant => (
            Code::RateLimited,
            "The environment has as many calls in flight as its share allows. Nothing was sent",
        ),
        Full::Host => (
            Code::Overloaded,
            "The application's host has as many calls in flight as it may. Nothing was sent",
        ),
        Full::Process => (
            Code::Overloaded,
            "Too many calls are in flight. Nothing was sent",
        ),
    };
    Error::new(code, message).after(SOON_MS)
}

fn suspended(wait: Duration) -> Error {
    Error::of(Code::UpstreamSuspended).after(milliseconds(wait))
}

#[cfg(test)]
mod tests;
