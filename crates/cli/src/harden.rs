//! What the kernel must not do with this process: write its memory into a core file, or let another process of the
//! same user read it. Secrets are in it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Asks the kernel for both. A kernel that refuses leaves things as they are on any other program.
pub(crate) fn harden() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _as_it_was = setrlimit(Resource::Core, none);
    let _as_it_was = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
