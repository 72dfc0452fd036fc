//! What the application and the process have room for: requests in a window of time, and requests at once.

use std::collections::{BTreeMap, VecDeque};

use tenon_engine::flow::Caps;

use super::bug::Bug;
use super::chance::Chance;

/// The quota that the connector declares: so many requests of one connection in so much time.
pub(crate) const LIMIT: usize = 5;
pub(crate) const PERIOD_MS: u64 = 2000;

/// One process with one connection: throttles are each process's own.
type Lane = (u32, String);

#[derive(Default)]
pub(crate) struct Quota {
    arrivals: BTreeMap<Lane, VecDeque<u64>>,
    under_way: BTreeMap<Lane, usize>,
}

/// Room for a few in half of all worlds, and for as many as usual in the others.
pub(crate) fn draw_caps(chance: &mut Chance) -> Caps {
    let usual = Caps::default();
    match chance.percent(50) {
        true => Caps {
            process: usize::try_from(chance.within(1..4)).unwrap(),
            connection: usize::try_from(chance.within(1..3)).unwrap(),
            tenant_percent: 100,
            ..usual
        },
        false => usual,
    }
}

impl Quota {
    /// A request arrives. `false`: one too many within some window.
    pub(crate) fn arrive(
        &mut self,
        life: u32,
        connection: &str,
        now: u64,
        bug: Option<Bug>,
    ) -> bool {
        let limit = LIMIT - usize::from(bug == Some(Bug::ApplicationTakesFewer));
        let times = self
            .arrivals
            .entry((life, connection.to_owned()))
            .or_default();
        times.push_back(now);
        while times.front().is_some_and(|first| first + PERIOD_MS <= now) {
            times.pop_front();
        }
        times.len() <= limit
    }

    /// A request is on its way. `false`: one too many at once.
    pub(crate) fn enter(&mut self, life: u32, connection: &str, caps: Caps) -> bool {
        *self
            .under_way
            .entry((life, connection.to_owned()))
            .or_default() += 1;
        let of_process = self.under_way.iter().filter(|((of, _), _)| *of == life);
        let (all, most) = of_process.fold((0, 0), |(all, most), (_, count)| {
            (all + count, most.max(*count))
        });
        all <= caps.process && most <= caps.connection
    }

    pub(crate) fn leave(&mut self, life: u32, connection: &str) {
        let count = self.under_way.get_mut(&(life, connection.to_owned()));
        *count.unwrap() -= 1;
    }
}
