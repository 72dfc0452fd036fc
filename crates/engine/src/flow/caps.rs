//! How many executions may run at once.

/// The bounds of one process. As many calls may wait as may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Executions in all.
    pub process: usize,
    /// Executions at one host, of all tenants.
    pub host: usize,
    /// Executions with one connection.
    pub connection: usize,
    /// How much of the first two one organization's environment may take, in percent.
    pub tenant_percent: u8,
    /// After how many failures in a row a host is given up for some seconds; 0: never.
    pub breaker_failures: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            process: 1024,
            host: 512,
            connection: 64,
            tenant_percent: 50,
            breaker_failures: 20,
        }
    }
}
