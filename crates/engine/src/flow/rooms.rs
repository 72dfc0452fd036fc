//! How many executions run at once: for each connection, for each host, for each tenant's share of both, and in all.
//!
//! Whoever finds no place may wait in the order of arrival; a waiting call that would not fit yet keeps nobody behind it
//! from a place that does fit, so one tenant's stalled calls never stand in another's way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{Caps, Lane};

/// Places that executions take while they run, or while they wait.
#[derive(Debug)]
pub(super) struct Rooms {
    caps: Caps,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: usize,
    taken: HashMap<Seat, usize>,
    waiting: VecDeque<(Arc<Lane>, oneshot::Sender<Place>)>,
}

/// What places are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Seat {
    Connection(Arc<str>),
    Host(Arc<str>),
    Tenant(Arc<str>),
    TenantAtHost(Arc<str>),
}

/// What is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The connection has as many calls as it may.
    Connection,
    /// The tenant has its share.
    Tenant,
    /// The application's host has as many calls as it may, of all tenants.
    Host,
    /// The process has.
    Process,
}

/// A place; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    rooms: Arc<Rooms>,
    lane: Arc<Lane>,
}

impl Rooms {
    pub(super) fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            caps,
            state: Mutex::default(),
        })
    }

    /// A place, or what is full.
    pub(super) fn try_enter(self: &Arc<Self>, lane: &Arc<Lane>) -> Result<Place, Full> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fits(&self.caps, lane)?;
        state.take(lane);
        Ok(self.place(lane))
    }

    /// Waits for a place as long as the future is kept.
    pub(super) async fn enter(self: &Arc<Self>, lane: &Arc<Lane>) -> Option<Place> {
        let waits = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.fits(&self.caps, lane).is_ok() {
                state.take(lane);
                return Some(self.place(lane));
            }
            let (found, waits) = oneshot::channel();
            state.waiting.push_back((Arc::clone(lane), found));
            waits
        };
        waits.await.ok()
    }

    /// What keeps such a call from a place.
    pub(super) fn full(&self, lane: &Lane) -> Full {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fits(&self.caps, lane).err().unwrap_or(Full::Process)
    }

    fn place(self: &Arc<Self>, lane: &Arc<Lane>) -> Place {
        Place {
            rooms: Arc::clone(self),
            lane: Arc::clone(lane),
        }
    }

    /// One place frees at most one that waits: whatever else waits is short of something that is still taken.
    fn leave(self: &Arc<Self>, lane: &Lane) {
        let found = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.give(lane);
            state.waiting.retain(|(_, found)| !found.is_closed());
            let next = state
                .waiting
                .iter()
                .position(|(lane, _)| state.fits(&self.caps, lane).is_ok());
            next.and_then(|index| state.waiting.remove(index))
                .inspect(|(lane, _)| state.take(lane))
        };
        // Outside the lock: a place that nobody takes any more is dropped, and leaves like any other.
        if let Some((lane, found)) = found {
            let _unwanted = found.send(self.place(&lane));
        }
    }
}

impl State {
    fn fits(&self, caps: &Caps, lane: &Lane) -> Result<(), Full> {
        let taken = |seat: Seat| self.taken.get(&seat).copied().unwrap_or(0);
        let share = |most: usize| {
            most.saturating_mul(caps.tenant_percent.into())
                .div_ceil(100)
        };
        if taken(Seat::Connection(Arc::clone(&lane.connection))) >= caps.connection {
            return Err(Full::Connection);
        }
        if taken(Seat::Tenant(Arc::clone(&lane.tenant))) >= share(caps.process)
            || taken(Seat::TenantAtHost(Arc::clone(&lane.host))) >= share(caps.host)
        {
            return Err(Full::Tenant);
        }
        if taken(Seat::Host(Arc::clone(&lane.shared_host))) >= caps.host {
            return Err(Full::Host);
        }
        if self.all >= caps.process {
            return Err(Full::Process);
        }
        Ok(())
    }

    fn take(&mut self, lane: &Lane) {
        self.all += 1;
        for seat in seats(lane) {
            *self.taken.entry(seat).or_default() += 1;
        }
    }

    fn give(&mut self, lane: &Lane) {
        self.all = self.all.saturating_sub(1);
        for seat in seats(lane) {
            if let Some(count) = self.taken.get_mut(&seat) {
                *count -= 1;
                if *count == 0 {
                    self.taken.remove(&seat);
                }
            }
        }
    }
}

fn seats(lane: &Lane) -> [Seat; 4] {
    [
        Seat::Connection(Arc::clone(&lane.connection)),
        Seat::Tenant(Arc::clone(&lane.tenant)),
        Seat::TenantAtHost(Arc::clone(&lane.host)),
        Seat::Host(Arc::clone(&lane.shared_host)),
    ]
}

impl Drop for Place {
    fn drop(&mut self) {
        self.rooms.leave(&self.lane);
    }
}

#[cfg(test)]
mod tests;
