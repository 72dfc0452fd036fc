//! An application's quotas, compiled: which requests they count, and what answers tell of them.

use std::time::Duration;

use crate::answer::{Answer, Seen, answer_names};
use crate::document::{RateScope, WindowDoc};
use crate::expr::Scope;
use crate::problem::Fault;
use crate::template::Text;
use crate::wait::{self, WaitUnit};

/// One quota of an application.
#[derive(Debug)]
pub struct Window {
    /// How many requests fit, where the connector says.
    pub limit: Option<u32>,
    /// Its length.
    pub period: Duration,
    /// Whose requests count together.
    pub scope: RateScope,
    paths: Vec<Vec<String>>,
    told_limit: Option<Text>,
    told_remaining: Option<Text>,
    told_reset: Option<Text>,
    reset_unit: WaitUnit,
}

/// What an answer tells of one quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// How many requests fit.
    pub limit: Option<u32>,
    /// How many are left.
    pub remaining: Option<u32>,
    /// When it is whole again.
    pub reset: Option<Duration>,
}

impl Window {
    pub(crate) fn compile(doc: &WindowDoc) -> Result<Self, Fault> {
        let text = |key: &str, source: &Option<String>| {
            let compiled = source
                .as_ref()
                .map(|source| Text::compile(source, &answer_names));
            compiled.transpose().map_err(|fault| fault.under(key))
        };
        if doc.per_seconds == 0 {
            return Err(Fault::here("a window lasts at least a second").under("per_seconds"));
        }
        if doc.limit == Some(0) {
            return Err(Fault::here("no request would ever have its turn").under("limit"));
        }
        if doc.limit.is_none() && doc.told_remaining.is_none() {
            return Err(Fault::here(
                "a window needs a `limit`, or `told_remaining` to learn from",
            ));
        }
        Ok(Self {
            limit: doc.limit,
            period: Duration::from_secs(doc.per_seconds.into()),
            scope: doc.scope,
            paths: doc.paths.iter().map(|path| segments(path)).collect(),
            told_limit: text("told_limit", &doc.told_limit)?,
            told_remaining: text("told_remaining", &doc.told_remaining)?,
            told_reset: text("told_reset", &doc.told_reset)?,
            reset_unit: doc.reset_unit,
        })
    }

    /// Whether requests to this path count.
    pub fn counts(&self, path: &str) -> bool {
        let fits = |pattern: &Vec<String>| {
            let mut given = path.trim_start_matches('/').split('/');
            let all = pattern.iter().all(|wanted| {
                given
                    .next()
                    .is_some_and(|one| wanted == "*" || wanted == one)
            });
            all && given.next().is_none()
        };
        self.paths.is_empty() || self.paths.iter().any(fits)
    }

    /// What an answer tells. An answer that tells nothing, or nonsense, changes nothing.
    pub fn told(&self, answer: &Answer, now_ms: i64) -> Told {
        let texts = [&self.told_limit, &self.told_remaining, &self.told_reset];
        if texts.iter().all(|text| text.is_none()) {
            return Told::default();
        }
        let seen = Seen::of(answer);
        let scope = seen.scope();
        let count = |text| render(text, &scope).and_then(|text| count(&text));
        Told {
            limit: count(&self.told_limit).filter(|limit| *limit > 0),
            remaining: count(&self.told_remaining),
            reset: render(&self.told_reset, &scope)
                .and_then(|text| wait::read(&text, self.reset_unit, now_ms)),
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    let path = path.trim_start_matches('/');
    path.split('/').map(str::to_owned).collect()
}

fn render(text: &Option<Text>, scope: &Scope<'_>) -> Option<String> {
    text.as_ref()?.render(scope).ok().flatten()
}

/// A count; one below nothing is nothing, for a quota can be overdrawn.
fn count(text: &str) -> Option<u32> {
    let number: f64 = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    Some(number.clamp(0.0, f64::from(u32::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    const NOW: i64 = 1_784_000_000_000;

    fn window(yaml: &str) -> Window {
        Window::compile(&serde_saphyr::from_str(yaml).unwrap()).unwrap()
    }

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Answer {
            status: 200,
            headers: headers.iter().map(owned).collect(),
            payload: Payload::read(None, b""),
        }
    }

    #[test]
    fn answers_tell_what_is_left_in_headers_of_the_applications_own() {
        let told = window(
            "{ per_seconds: 10, told_limit: \"{{ headers['x-max'] }}\", told_remaining: \"{{ headers['x-left'] }}\", told_reset: \"{{ headers['x-reset'] }}\", reset_unit: milliseconds }",
        );
        let full = answer(&[("x-max", "190"), ("x-left", "3"), ("x-reset", "2500")]);
        let expected = Told {
            limit: Some(190),
            remaining: Some(3),
            reset: Some(Duration::from_millis(2500)),
        };
        assert_eq!(told.told(&full, NOW), expected);
        let nonsense = answer(&[("x-max", "many"), ("x-left", "NaN")]);
        assert_eq!(told.told(&nonsense, NOW), Told::default());
        let overdrawn = answer(&[("x-left", "-4")]);
        assert_eq!(told.told(&overdrawn, NOW).remaining, Some(0));
    }

    #[test]
    fn a_window_may_count_some_paths_only() {
        let search = window("{ limit: 5, per_seconds: 1, paths: [/crm/v3/objects/*/search] }");
        assert!(search.counts("/crm/v3/objects/contacts/search"));
        assert!(!search.counts("/crm/v3/objects/contacts"));
        assert!(!search.counts("/crm/v3/objects/contacts/search/more"));
        assert!(window("{ limit: 5, per_seconds: 1 }").counts("/anything"));
    }
}
