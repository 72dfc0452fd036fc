//! Tenon's own rate limits: how often a caller may call.

/// So many calls in so much time, with some at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many calls.
    pub calls: u32,
    /// In how many milliseconds.
    pub per_ms: u32,
    /// How many of them may come at once.
    pub burst: u32,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many more may come at once.
    pub remaining: u32,
    /// How long until the next one may come, in milliseconds; 0 where one may come now.
    pub retry_after_ms: u64,
    /// How long until as many as ever may come at once, in milliseconds.
    pub reset_ms: u64,
}
