//! What the provider knows at a moment.

use std::collections::{BTreeMap, VecDeque};

use crate::SECRET;

use super::behaviour::Behaviour;
use super::garbage::Garbage;
use super::ledger::{Ledger, Terms};
use super::record::{Flights, Received};
use super::server::Provider;

/// A call that the API executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The method.
    pub method: String,
    /// The account whose token it carried.
    pub account: String,
    /// The key of the execution that it carried.
    pub key: Option<String>,
}

pub(super) struct State {
    pub(super) behaviour: Behaviour,
    pub(super) script: VecDeque<Garbage>,
    /// Secrets by client.
    pub(super) clients: BTreeMap<String, String>,
    pub(super) ledger: Ledger,
    pub(super) received: Vec<Received>,
    pub(super) flights: Flights,
    pub(super) executed: Vec<Executed>,
}

impl Default for State {
    fn default() -> Self {
        let client = (Provider::CLIENT_ID.to_owned(), SECRET.to_owned());
        Self {
            behaviour: Behaviour::default(),
            script: VecDeque::new(),
            clients: BTreeMap::from([client]),
            ledger: Ledger::default(),
            received: Vec::new(),
            flights: Flights::default(),
            executed: Vec::new(),
        }
    }
}

impl State {
    pub(super) fn terms(&self) -> Terms {
        Terms {
            rotation: self.behaviour.rotation,
            access_life: self.behaviour.access_life,
        }
    }
}
