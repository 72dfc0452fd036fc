//! How much a description may be. Each limit is several times what the largest known description needs.

/// The greatest size of a document.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The most values of a document, what YAML's aliases stand for among them.
pub const MOST_NODES: usize = 3_000_000;
/// The most members of one object, and items of one list.
pub const MOST_MEMBERS: usize = 20_000;
/// The deepest nesting.
pub const MOST_LEVELS: usize = 100;
/// The most aliases of a YAML document.
pub const MOST_ALIASES: usize = 10_000;
/// The most values that a YAML document's anchors stand for.
pub const MOST_ANCHORED: usize = 200_000;
/// The most operations of a document.
pub const MOST_OPERATIONS: usize = 20_000;
/// The most parameters of an operation.
pub const MOST_PARAMETERS: usize = 500;
/// The most references that are followed from parameters, bodies and answers, all operations together.
pub const MOST_REFERENCES: usize = 1_000_000;
/// The most references that lead one to the next before there is something.
pub const LONGEST_CHAIN: usize = 32;
/// The most problems that are told; what comes after them is counted.
pub const MOST_PROBLEMS: usize = 1_000;
