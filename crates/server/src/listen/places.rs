//! How many connections are held, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Connections;

/// The places that there are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    limits: Connections,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(limits: Connections) -> Self {
        Self {
            limits,
            taken: Arc::default(),
        }
    }

    /// A place for a connection from this address, where there is one left.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        let here = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= self.limits.most || here >= self.limits.most_per_address {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, here + 1);
        Some(Place {
            places: self.clone(),
            address,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all = taken.all.saturating_sub(1);
        let here = taken.by_address.get(&self.address).copied().unwrap_or(0);
        match here {
            0 | 1 => taken.by_address.remove(&self.address),
            more => taken.by_address.insert(self.address, more - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_place_is_free_again_when_its_connection_is_gone() {
        let limits = Connections {
            most: 3,
            most_per_address: 2,
            ..Connections::default()
        };
        let places = Places::new(limits);
        let (near, far) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::BROADCAST.into());
        let first = places.take(near).unwrap();
        let _second = places.take(near).unwrap();
        assert!(
            places.take(near).is_none(),
            "one address has all its places"
        );
        let _third = places.take(far).unwrap();
        assert!(places.take(far).is_none(), "all places are taken");
        drop(first);
        assert!(places.take(far).is_some());
        assert!(places.take(near).is_some());
    }
}
