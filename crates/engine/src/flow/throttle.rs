//! Turns: a call waits for its place in the application's windows instead of being refused there.
//!
//! What an application counts together shares one gate: the calls of one of its accounts, or all of a tenant's. Calls
//! pass a gate in the order of their arrival.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenon_connector::document::RateScope;
use tenon_connector::limits::{Meter, Ticket};
use tenon_connector::rate::{Told, Window};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Lane;
use crate::error::Quota;

/// More gates than this are not remembered: idle ones are forgotten first.
const MOST: usize = 10_000;

/// All gates.
pub(super) struct Throttle {
    gates: Mutex<HashMap<Arc<str>, Arc<Gate>>>,
    began: Instant,
}

/// One gate.
struct Gate {
    windows: Arc<[Window]>,
    scope: RateScope,
    began: Instant,
    meter: Mutex<Meter>,
    /// Whoever is next holds this; the lock is fair.
    next: tokio::sync::Mutex<()>,
    queued: AtomicUsize,
    changed: Notify,
}

/// The right to send one request. Dropped, nothing was sent.
pub(crate) struct Turn(Vec<(Arc<Gate>, Ticket)>);

/// Why a call has no turn in time.
#[derive(Debug)]
pub(super) struct NoTurn {
    /// How long it would have to wait.
    pub(super) wait: Duration,
    /// The window that is full.
    pub(super) quota: Option<Box<Quota>>,
}

impl Throttle {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            gates: Mutex::default(),
            began,
        }
    }

    /// Waits for a turn at every gate, at most until then; refuses at once where that is too short.
    pub(super) async fn turn(
        &self,
        lane: &Lane,
        path: &str,
        until: Instant,
    ) -> Result<Turn, NoTurn> {
        let mut turn = Turn(Vec::with_capacity(2));
        for (scope, name) in lane.gates() {
            let gate = self.gate(name, scope, &lane.windows);
            let ticket = gate.pass(path, until).await?;
            turn.0.push((gate, ticket));
        }
        Ok(turn)
    }

    /// Changed windows are another gate: a connector was reloaded.
    fn gate(&self, name: &Arc<str>, scope: RateScope, windows: &Arc<[Window]>) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(name)
            && Arc::ptr_eq(&gate.windows, windows)
        {
            return Arc::clone(gate);
        }
        if gates.len() >= MOST {
            let now = self.began.elapsed();
            gates.retain(|_, gate| !gate.meter().is_idle(now));
        }
        if gates.len() >= MOST {
            gates.clear();
        }
        let gate = Arc::new(Gate {
            windows: Arc::clone(windows),
            scope,
            began: self.began,
            meter: Mutex::new(Meter::new(windows.iter())),
            next: tokio::sync::Mutex::default(),
            queued: AtomicUsize::new(0),
            changed: Notify::new(),
        });
        gates.insert(Arc::clone(name), Arc::clone(&gate));
        gate
    }
}

impl Gate {
    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self, path: &str) -> impl Fn(usize) -> bool {
        let counting = self.windows.iter();
        let counting: Vec<bool> = counting
            .map(|window| window.scope == self.scope && window.counts(path))
            .collect();
        move |index| counting.get(index).copied().unwrap_or(false)
    }

    async fn pass(&self, path: &str, until: Instant) -> Result<Ticket, NoTurn> {
        let counts = self.counts(path);
        let queue = Queued::join(&self.queued);
        let now = self.began.elapsed();
        if queue.ahead == 0
            && let Ok(ticket) = self.meter().take(now, &counts)
        {
            return Ok(ticket);
        }
        let outlook = self.meter().outlook(now, queue.ahead, &counts);
        // Rounds of many calls take a little longer than their windows: better refused at once than after a long wait.
        let margin = match queue.ahead {
            0 => Duration::ZERO,
            _ => outlook / 16,
        };
        if Instant::now() + outlook + margin > until {
            return Err(self.no_turn(outlook, &counts));
        }
        let patient = async {
            let _next = self.next.lock().await;
            self.take_when_free(until, &counts).await
        };
        match tokio::time::timeout_at(until, patient).await {
            Ok(passed) => passed.map_err(|wait| self.no_turn(wait, &counts)),
            Err(_late) => {
                let wait = self
                    .meter()
                    .outlook(self.began.elapsed(), queue.ahead, &counts);
                Err(self.no_turn(wait, &counts))
            }
        }
    }

    async fn take_when_free(
        &self,
        until: Instant,
        counts: impl Fn(usize) -> bool,
    ) -> Result<Ticket, Duration> {
        loop {
            let changed = self.changed.notified();
            let taken = self.meter().take(self.began.elapsed(), &counts);
            let wait = match taken {
                Ok(ticket) => return Ok(ticket),
                Err(wait) if Instant::now() + wait > until => return Err(wait),
                Err(wait) => wait,
            };
            // An answer may tell that there is more room than it seemed.
            let _either = tokio::time::timeout(wait, changed).await;
        }
    }

    fn no_turn(&self, wait: Duration, counts: impl Fn(usize) -> bool) -> NoTurn {
        let meter = self.meter();
        let states = meter.state(self.began.elapsed()).enumerate();
        let fullest = states
            .filter(|(index, _)| counts(*index))
            .min_by_key(|(_, (_, left, _))| *left);
        let quota = fullest.and_then(|(_, (limit, remaining, period))| {
            Some(Box::new(Quota {
                name: format!("{}-{}s", self.scope.as_str(), period.as_secs()),
                limit: limit?,
                window_seconds: period.as_secs(),
                remaining,
            }))
        });
        NoTurn { wait, quota }
    }
}

impl Turn {
    /// The answer came, and told something of each window.
    pub(crate) fn settle(&mut self, told: impl Fn(&Window) -> Told) {
        for (gate, ticket) in self.0.drain(..) {
            let tell = |index: usize| gate.windows.get(index).map(&told).unwrap_or_default();
            gate.meter().settle(ticket, gate.began.elapsed(), tell);
            gate.changed.notify_waiters();
        }
    }

    /// The application had too many requests, and asked to wait so long. It is taken to mean the one account.
    pub(crate) fn refuse(&mut self, told: impl Fn(&Window) -> Told, asked: Option<Duration>) {
        for (gate, ticket) in self.0.drain(..) {
            let tell = |index: usize| gate.windows.get(index).map(&told).unwrap_or_default();
            let now = gate.began.elapsed();
            match gate.scope {
                RateScope::Connection => gate.meter().refuse(ticket, now, tell, asked),
                RateScope::Application => gate.meter().settle(ticket, now, tell),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        for (gate, ticket) in self.0.drain(..) {
            gate.meter().unsent(ticket);
            gate.changed.notify_waiters();
        }
    }
}

/// Somebody who waits at a gate, or looks whether that is needed.
struct Queued<'a> {
    count: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Queued<'a> {
    fn join(count: &'a AtomicUsize) -> Self {
        let ahead = count.fetch_add(1, Ordering::SeqCst);
        Self { count, ahead }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
