//! What is said of every way in which a request can fail.

use tenon_connector::retry::Safety;
use tenon_egress::{ErrorKind, Fault, SendError, Sent};

use super::*;

const KINDS: [ErrorKind; 10] = [
    ErrorKind::HostNotAllowed,
    ErrorKind::AddressNotAllowed,
    ErrorKind::Resolve,
    ErrorKind::Connect,
    ErrorKind::Tls,
    ErrorKind::Timeout,
    ErrorKind::Reset,
    ErrorKind::Protocol,
    ErrorKind::TooLarge,
    ErrorKind::Plan,
];

fn shown(kind: ErrorKind, sent: Sent, safety: Safety) -> (Error, NodeStatus, Outcome) {
    of_send_error(&SendError::new(Fault(kind, "failed"), sent), safety)
}

#[test]
fn a6_a_fault_is_unknown_exactly_when_something_may_have_left() {
    for kind in KINDS {
        for safety in [Safety::Unsafe, Safety::Repeatable] {
            let (before, status, outcome) = shown(kind, Sent::No, safety);
            assert_eq!(outcome, Outcome::NotSent, "{kind:?}");
            assert_ne!(status, NodeStatus::Unknown, "{kind:?}");
            assert_ne!(before.code, Code::UpstreamOutcomeUnknown, "{kind:?}");
            let (_, status, outcome) = shown(kind, Sent::Maybe, safety);
            assert_eq!(outcome, Outcome::Unknown, "{kind:?}");
            let expected = match kind {
                ErrorKind::Timeout => NodeStatus::TimedOut,
                _ => NodeStatus::Unknown,
            };
            assert_eq!(status, expected, "{kind:?}");
        }
    }
}

#[test]
fn a6_a_caller_is_never_told_to_repeat_what_may_have_had_an_effect() {
    for kind in KINDS {
        let (after, ..) = shown(kind, Sent::Maybe, Safety::Unsafe);
        assert!(!after.retryable, "{kind:?}");
        assert!(
            matches!(after.code.entry().status, 400 | 403 | 502 | 504),
            "{kind:?}"
        );
    }
    let repeatable = |kind| shown(kind, Sent::No, Safety::Unsafe).0.retryable;
    assert!(
        [ErrorKind::Resolve, ErrorKind::Connect, ErrorKind::Tls]
            .into_iter()
            .all(repeatable)
    );
}
