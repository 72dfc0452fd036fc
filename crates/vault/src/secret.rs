//! A text that must not be seen: wiped when dropped, and invisible to `Debug`.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text. It has no `Display` and no `Serialize`, so it cannot end up in a log line or an answer by accident.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; its buffer is wiped when the secret is dropped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every call of this is a place for a reviewer to look at.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        assert_eq!(format!("{:?}", Secret::new("canary")), "Secret(…)");
        assert_eq!(
            format!("{:#?}", Some(Secret::new("canary"))).find("canary"),
            None
        );
    }
}
