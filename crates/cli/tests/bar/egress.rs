//! Where the program connects to, and where it never does.

mod addresses;
mod names;
mod redirects;
mod secrets;
mod surroundings;

/// An action that reads.
const LOOK: &str = "request: { get: /look }\noutput: { schema: {} }\n";
