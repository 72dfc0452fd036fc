//! Whose turn it is: counts requests against an application's windows, learns from its answers, and says how long the
//! next one has to wait. Pure: the time is given, as what has passed since some beginning.
//!
//! A request holds its place in a window from the moment it may go until one window's length after its answer came.
//! The application counted it somewhere in between, so however slow or jittery the way to it is, no window of the
//! application's ever sees more requests than fit.

mod log;

use std::time::Duration;

use self::log::Log;
use crate::rate::{Told, Window};

/// How long a call waits after "too many requests" without advice; doubles with every further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_mins(1);

/// The counts of one set of windows.
#[derive(Debug, Default)]
pub struct Meter {
    logs: Vec<Log>,
    closed_until: Duration,
    refusals: u32,
    next: u64,
}

/// The right to send one request. It has to be given back: by [`Meter::settle`], or by [`Meter::unsent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    number: u64,
    counted: u32,
}

impl Meter {
    /// Counts of these windows. At most 32 of them count.
    pub fn new<'a>(windows: impl IntoIterator<Item = &'a Window>) -> Self {
        let logs = windows.into_iter().take(32);
        Self {
            logs: logs
                .map(|window| Log::new(window.limit, window.period))
                .collect(),
            ..Self::default()
        }
    }

    /// A place in every window that counts the request, or how long there is none.
    ///
    /// # Errors
    /// How long to wait at least. Where every place is held by a request without an answer, the wait is a guess and
    /// the next answer shortens it.
    pub fn take(
        &mut self,
        now: Duration,
        counts: impl Fn(usize) -> bool,
    ) -> Result<Ticket, Duration> {
        let wait = self.outlook(now, 0, &counts);
        if !wait.is_zero() {
            return Err(wait);
        }
        let mut counted = 0;
        for (index, log) in self.logs.iter_mut().enumerate() {
            if counts(index) {
                log.take(now);
                counted |= 1 << index;
            }
        }
        self.next += 1;
        Ok(Ticket {
            number: self.next,
            counted,
        })
    }

    /// How long a request would wait before which so many others wait already.
    pub fn outlook(&self, now: Duration, ahead: usize, counts: impl Fn(usize) -> bool) -> Duration {
        let counting = self
            .logs
            .iter()
            .enumerate()
            .filter(|(index, _)| counts(*index));
        let waits = counting.map(|(_, log)| log.outlook(now, ahead));
        waits
            .chain([self.closed_until.saturating_sub(now)])
            .max()
            .unwrap_or_default()
    }

    /// The answer came, and told something of each window.
    pub fn settle(&mut self, ticket: Ticket, now: Duration, told: impl Fn(usize) -> Told) {
        self.refusals = 0;
        self.count(ticket, now, told);
    }

    /// The answer came: the application had too many requests. Nobody calls until the time that it asked for has passed.
    pub fn refuse(
        &mut self,
        ticket: Ticket,
        now: Duration,
        told: impl Fn(usize) -> Told,
        asked: Option<Duration>,
    ) {
        self.count(ticket, now, told);
        let backoff = FIRST_BACKOFF.saturating_mul(1 << self.refusals.min(10));
        let wait = asked.unwrap_or(backoff.min(LONGEST_BACKOFF));
        self.refusals = self.refusals.saturating_add(1);
        self.closed_until = self.closed_until.max(now + wait);
    }

    fn count(&mut self, ticket: Ticket, now: Duration, told: impl Fn(usize) -> Told) {
        self.each(ticket, |index, log| {
            log.settle(now);
            log.learn(ticket.number, told(index), now);
        });
    }

    /// No byte of the request left: it counts for nothing.
    pub fn unsent(&mut self, ticket: Ticket) {
        self.each(ticket, |_, log| log.unsent());
    }

    /// Whether forgetting it would change nothing.
    pub fn is_idle(&self, now: Duration) -> bool {
        self.closed_until <= now && self.logs.iter().all(|log| log.is_idle(now))
    }

    /// The windows as numbers: limit, what is left, and the length.
    pub fn state(&self, now: Duration) -> impl Iterator<Item = (Option<u32>, u32, Duration)> {
        self.logs.iter().map(move |log| log.state(now))
    }

    fn each(&mut self, ticket: Ticket, mut act: impl FnMut(usize, &mut Log)) {
        for (index, log) in self.logs.iter_mut().enumerate() {
            if ticket.counted & (1 << index) != 0 {
                act(index, log);
            }
        }
    }
}

#[cfg(test)]
mod tests;
