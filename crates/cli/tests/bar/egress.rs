//! Where the program connects to, and where it never does.

mod addresses;
mod names;

/// An action that reads.
const LOOK: &str = "request: { get: /look }\noutput: { schema: {} }\n";
