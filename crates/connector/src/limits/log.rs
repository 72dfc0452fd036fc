//! One window's requests: those without an answer, those whose place is still held, and what the application told.

use std::collections::VecDeque;
use std::time::Duration;

use crate::rate::Told;

/// Places that become free within this part of a window are kept as one entry, whatever the limit.
const GRAIN: u32 = 128;

/// How long an empty quota is believed whose application does not say when it is whole again.
const BELIEF: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Log {
    limit: Option<u32>,
    period: Duration,
    in_flight: u32,
    held: VecDeque<Held>,
    told: Option<Left>,
}

/// Places that become free together.
#[derive(Debug)]
struct Held {
    since: Duration,
    free_at: Duration,
    count: u32,
}

/// What the application said is left, less what was sent since.
#[derive(Debug)]
struct Left {
    number: u64,
    count: u32,
    until: Duration,
}

impl Log {
    pub(super) fn new(limit: Option<u32>, period: Duration) -> Self {
        Self {
            limit,
            period,
            in_flight: 0,
            held: VecDeque::new(),
            told: None,
        }
    }

    pub(super) fn take(&mut self, now: Duration) {
        while self.held.front().is_some_and(|held| held.free_at <= now) {
            self.held.pop_front();
        }
        self.in_flight += 1;
        if let Some(left) = &mut self.told {
            left.count = left.count.saturating_sub(1);
        }
    }

    pub(super) fn unsent(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(left) = &mut self.told {
            left.count = left.count.saturating_add(1);
        }
    }

    pub(super) fn settle(&mut self, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let free_at = now + self.period;
        let grain = self.period / GRAIN;
        match self.held.back_mut() {
            Some(last) if now.saturating_sub(last.since) < grain => {
                last.free_at = free_at;
                last.count += 1;
            }
            _ => self.held.push_back(Held {
                since: now,
                free_at,
                count: 1,
            }),
        }
    }

    /// Answers may come in another order than their requests went: the last request's is the newest news. Requests
    /// without an answer may not be in what it says, so they are taken off.
    pub(super) fn learn(&mut self, number: u64, told: Told, now: Duration) {
        self.limit = told.limit.or(self.limit);
        let Some(remaining) = told.remaining else {
            return;
        };
        if self.told.as_ref().is_some_and(|left| left.number > number) {
            return;
        }
        let count = remaining.saturating_sub(self.in_flight);
        let until = now + told.reset.unwrap_or(self.period.min(BELIEF));
        self.told = Some(Left {
            number,
            count,
            until,
        });
    }

    /// How long the request waits before which so many others wait.
    pub(super) fn outlook(&self, now: Duration, ahead: usize) -> Duration {
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let told = self
            .told
            .as_ref()
            .filter(|left| left.until > now && left.count <= ahead);
        let told = told.map_or(Duration::ZERO, |left| left.until.saturating_sub(now));
        told.max(self.own_outlook(now, ahead))
    }

    fn own_outlook(&self, now: Duration, ahead: u32) -> Duration {
        let Some(limit) = self.limit else {
            return Duration::ZERO;
        };
        let mut free = limit.saturating_sub(self.used(now));
        if ahead < free {
            return Duration::ZERO;
        }
        // Each place serves one request in a window's length: whole rounds first, then the place in the round.
        let rounds = self.period * (ahead / limit);
        let place = ahead % limit;
        let over = self.used(now).saturating_sub(limit);
        for held in self.held.iter().filter(|held| held.free_at > now) {
            free += held.count;
            if place + over < free {
                return rounds + held.free_at.saturating_sub(now);
            }
        }
        rounds + self.period
    }

    fn used(&self, now: Duration) -> u32 {
        let held = self.held.iter().filter(|held| held.free_at > now);
        held.map(|held| held.count).sum::<u32>() + self.in_flight
    }

    pub(super) fn is_idle(&self, now: Duration) -> bool {
        self.used(now) == 0 && self.told.as_ref().is_none_or(|left| left.until <= now)
    }

    pub(super) fn state(&self, now: Duration) -> (Option<u32>, u32, Duration) {
        let own = self
            .limit
            .map_or(u32::MAX, |limit| limit.saturating_sub(self.used(now)));
        let told = self.told.as_ref().filter(|left| left.until > now);
        let left = told.map_or(own, |left| left.count.min(own));
        (self.limit, left, self.period)
    }
}

#[cfg(test)]
impl Log {
    pub(super) fn entries(&self) -> usize {
        self.held.len()
    }
}
