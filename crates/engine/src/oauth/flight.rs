//! One refresh of a connection at a time within this process: who comes meanwhile waits for the same one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::model::ConnectionId;

/// The refreshes that are on their way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<ConnectionId, watch::Receiver<()>>>);

/// What a caller is to do.
pub(super) enum Flight<'a> {
    /// Refresh. When this is dropped, whoever waits looks again: a refresh that is given up wedges nobody.
    Lead(Lead<'a>),
    /// Wait until this changes or is gone.
    Follow(watch::Receiver<()>),
}

/// The one who refreshes.
pub(super) struct Lead<'a> {
    flights: &'a Flights,
    id: ConnectionId,
    _done: watch::Sender<()>,
}

impl Flights {
    /// Leads where nobody does.
    pub(super) fn board(&self, id: &ConnectionId) -> Flight<'_> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(going) = flights.get(id) {
            return Flight::Follow(going.clone());
        }
        let (done, going) = watch::channel(());
        flights.insert(id.clone(), going);
        Flight::Lead(Lead {
            flights: self,
            id: id.clone(),
            _done: done,
        })
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut flights = self
            .flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        flights.remove(&self.id);
    }
}
