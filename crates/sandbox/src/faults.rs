//! Fault switches: what makes an emulated application misbehave, one switch for each application.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Refuses every credential.
    Unauthorized,
    /// Has had too many requests.
    RateLimited {
        /// What `Retry-After` says.
        retry_after_seconds: u64,
    },
    /// Fails on its side.
    ServerError {
        /// The HTTP status; a number that is none becomes 500.
        status: u16,
    },
    /// Does what is asked, after a while.
    Slow {
        /// How long it takes.
        milliseconds: u64,
    },
    /// Reads the request, does nothing, and closes the connection without an answer.
    Drop,
}

/// A fault, and for how many requests. On the wire one flat map: `{"kind": "drop", "times": 1}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct FaultSwitch {
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// To how many requests; without a number, to all until the switch is turned off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl From<Fault> for FaultSwitch {
    fn from(fault: Fault) -> Self {
        Self { fault, times: None }
    }
}

/// The switches by application.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<BTreeMap<String, FaultSwitch>>);

impl Faults {
    /// Turns a switch on or off.
    pub(crate) fn set(&self, slug: &str, switch: Option<FaultSwitch>) {
        let mut switches = self.lock();
        match switch.filter(|switch| switch.times != Some(0)) {
            Some(switch) => switches.insert(slug.to_owned(), switch),
            None => switches.remove(slug),
        };
    }

    /// The switches that are on.
    pub(crate) fn all(&self) -> Vec<(String, FaultSwitch)> {
        let switches = self.lock();
        switches
            .iter()
            .map(|(slug, switch)| (slug.clone(), *switch))
            .collect()
    }

    /// The fault that befalls the present request. Counts it.
    pub(crate) fn take(&self, slug: &str) -> Option<Fault> {
        let mut switches = self.lock();
        let switch = switches.get_mut(slug)?;
        let fault = switch.fault;
        if let Some(times) = &mut switch.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                switches.remove(slug);
            }
        }
        Some(fault)
    }

    /// A switch is whole at every moment, so a thread that died while it held the lock spoiled nothing.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, FaultSwitch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_switch_is_one_flat_map_on_the_wire() {
        let json = json!({"kind": "rate_limited", "retry_after_seconds": 2, "times": 3});
        let switch: FaultSwitch = serde_json::from_value(json.clone()).unwrap();
        let fault = Fault::RateLimited {
            retry_after_seconds: 2,
        };
        assert_eq!(
            switch,
            FaultSwitch {
                fault,
                times: Some(3)
            }
        );
        assert_eq!(serde_json::to_value(switch).unwrap(), json);
        assert!(serde_json::from_value::<FaultSwitch>(json!({"kind": "explode"})).is_err());
    }

    #[test]
    fn a_counted_switch_turns_itself_off() {
        let faults = Faults::default();
        let switch = FaultSwitch {
            fault: Fault::Drop,
            times: Some(2),
        };
        faults.set("acme", Some(switch));
        assert_eq!(faults.take("other"), None);
        assert_eq!(faults.take("acme"), Some(Fault::Drop));
        assert_eq!(
            faults.all(),
            [(
                "acme".to_owned(),
                FaultSwitch {
                    times: Some(1),
                    ..switch
                }
            )]
        );
        assert_eq!(faults.take("acme"), Some(Fault::Drop));
        assert_eq!(faults.take("acme"), None);
    }
}
