//! What is remembered of each tenant's hosts: the breaker and the retry budget.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::breaker::Breaker;
use super::budget::RetryBudget;

/// More hosts than this are not remembered: those that were not called for longest are forgotten.
const MOST: usize = 10_000;

/// All hosts.
#[derive(Debug)]
pub(super) struct Hosts {
    known: Mutex<HashMap<String, Host>>,
    breaker_failures: u32,
}

#[derive(Debug, Default)]
struct Host {
    breaker: Breaker,
    budget: RetryBudget,
    used: Duration,
}

impl Hosts {
    pub(super) fn new(breaker_failures: u32) -> Self {
        Self {
            known: Mutex::default(),
            breaker_failures,
        }
    }

    /// How long nobody calls the host, if it is given up for now.
    pub(super) fn suspended(&self, host: &str, now: Duration) -> Option<Duration> {
        self.with(host, now, |host| host.breaker.closed_for(now))
    }

    /// Counts a first attempt, or says how long nobody calls the host.
    pub(super) fn admit(&self, host: &str, now: Duration) -> Result<(), Duration> {
        self.with(host, now, |host| {
            host.breaker.admit(now)?;
            host.budget.deposit();
            Ok(())
        })
    }

    /// Whether a request may be repeated now. One that obeys, and waits as it was asked to, costs nothing.
    pub(super) fn may_repeat(&self, host: &str, now: Duration, obeys: bool) -> bool {
        self.with(host, now, |host| {
            host.breaker.closed_for(now).is_none()
                && (obeys || host.budget.withdraw())
                && host.breaker.admit(now).is_ok()
        })
    }

    /// How a request ended: whether the host is well, as far as it shows that.
    pub(super) fn ended(&self, host: &str, now: Duration, well: Option<bool>) {
        self.with(host, now, |host| match well {
            Some(true) => host.breaker.succeeded(),
            Some(false) => host.breaker.failed(now, self.breaker_failures),
            None => {}
        });
    }

    fn with<T>(&self, name: &str, now: Duration, act: impl FnOnce(&mut Host) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) {
            make_room(&mut known);
            known.insert(name.to_owned(), Host::default());
        }
        let host = known.entry(name.to_owned()).or_default();
        host.used = now;
        act(host)
    }
}

/// Forgets the older half where it is full, so that it is not done for every new host.
fn make_room(known: &mut HashMap<String, Host>) {
    if known.len() < MOST {
        return;
    }
    let mut used: Vec<_> = known.values().map(|host| host.used).collect();
    let middle = used.len() / 2;
    let (_, median, _) = used.select_nth_unstable(middle);
    let median = *median;
    known.retain(|_, host| host.used > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_hosts_are_not_all_remembered() {
        let hosts = Hosts::new(20);
        for number in 0..25_000 {
            let now = Duration::from_millis(number);
            hosts.admit(&format!("host{number}"), now).unwrap();
        }
        assert!(hosts.known.lock().unwrap().len() <= MOST);
    }
}
