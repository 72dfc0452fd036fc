//! B: credentials. Sealed, bound, rotated, revoked.
