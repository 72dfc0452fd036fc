//! What the kernel must not do with this process: write its memory into a core file, or let another process of the
//! same user read it. Secrets are in it. And what it must do: hold as many connections as the operator allowed.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

/// Asks the kernel for both. A kernel that refuses leaves things as they are on any other program.
pub(crate) fn harden() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _as_it_was = setrlimit(Resource::Core, none);
    let _as_it_was = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // The usual soft limit of open files is for programs that cannot count beyond it.
    let files = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: files.maximum,
        ..files
    };
    let _as_it_was = setrlimit(Resource::Nofile, all);
}
