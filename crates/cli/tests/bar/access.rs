//! E: access. Who may do what, and nobody else.
