//! What is wrong with a document: which file, where in it, what, and how to mend it.

use std::fmt;

/// One thing that an author has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the connector's folder.
    pub file: String,
    /// Line and column, from 1, where they are known.
    pub position: Option<(u64, u64)>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Problem {
    /// A problem of the file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            position: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// A place inside a document, as the keys that lead to it, and what is wrong there. Becomes a [`Problem`] once the file is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The keys (or list indices as text) from the root.
    pub(crate) path: Vec<String>,
    /// What is wrong and what was expected.
    pub(crate) message: String,
}

impl Fault {
    /// A fault at the place that the caller stands at; [`Fault::under`] leads there.
    pub(crate) fn here(message: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            message: message.into(),
        }
    }

    /// The same fault, seen from one level higher.
    pub(crate) fn under(mut self, key: impl Into<String>) -> Self {
        self.path.insert(0, key.into());
        self
    }
}
