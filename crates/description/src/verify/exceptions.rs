//! Places where the vendor's description is wrong: each with the reason and the page that says so, and counted.

use serde::Deserialize;

use super::{Checked, Finding};

/// One line of `exceptions.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionDoc {
    /// The action; `*` for all of the connector.
    pub action: String,
    /// The finding's place. One that ends with `*` stands for every place that begins so.
    pub at: String,
    /// Why the description is wrong.
    pub reason: String,
    /// The page that says so.
    pub source: String,
}

impl ExceptionDoc {
    /// Reads `exceptions.yaml`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    fn covers(&self, action: &str, finding: &Finding) -> bool {
        let place = match self.at.strip_suffix('*') {
            Some(beginning) => finding.at.starts_with(beginning),
            None => finding.at == self.at,
        };
        place && (self.action == "*" || self.action == action)
    }
}

/// Takes excused findings out, and gives the exceptions that excuse nothing: they are no longer true.
pub fn excuse<'a>(
    checked: &mut [Checked],
    exceptions: &'a [ExceptionDoc],
) -> Vec<&'a ExceptionDoc> {
    let stale = |exception: &&ExceptionDoc| {
        let mut all = checked.iter();
        !all.any(|one| {
            let mut findings = one.findings.iter();
            findings.any(|finding| exception.covers(&one.action, finding))
        })
    };
    let stale = exceptions.iter().filter(stale).collect();
    for one in checked {
        let covered = |finding: &Finding| {
            exceptions
                .iter()
                .any(|exception| exception.covers(&one.action, finding))
        };
        let (excused, findings) = std::mem::take(&mut one.findings)
            .into_iter()
            .partition(covered);
        (one.excused, one.findings) = (excused, findings);
    }
    stale
}
