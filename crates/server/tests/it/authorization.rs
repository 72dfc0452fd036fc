//! Who may call what: every route of the table, every kind of caller, every kind of id, and every forged credential.

mod audited;
mod conflicts;
mod expected;
mod foreign;
mod forged;
mod matrix;
mod town;
