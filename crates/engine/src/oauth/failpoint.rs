//! Places where a test lets a debug build die, to prove that nothing is lost there. A release build has none.

/// Ends the process, as `kill -9` does, where `TENON_FAILPOINT` names this place.
#[cfg(debug_assertions)]
pub(super) fn failpoint(name: &str) {
    if std::env::var_os("TENON_FAILPOINT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(super) fn failpoint(_name: &str) {}
