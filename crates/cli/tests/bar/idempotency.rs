//! C: idempotency. One key, one effect.
