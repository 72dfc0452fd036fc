//! Where in a document: a chain of keys that becomes a JSON pointer only when somebody asks.

use std::fmt;

/// A place in a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'p> {
    up: Option<&'p At<'p>>,
    key: &'p str,
}

impl<'p> At<'p> {
    /// The place with this pointer; empty for the document itself.
    pub(crate) fn start(pointer: &'p str) -> Self {
        Self {
            up: None,
            key: pointer,
        }
    }

    /// The place one key below.
    pub(crate) fn under<'q>(&'q self, key: &'q str) -> At<'q> {
        At {
            up: Some(self),
            key,
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(up) = self.up else {
            return f.write_str(self.key);
        };
        write!(f, "{up}/{}", escape(self.key))
    }
}

/// A key as a part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
