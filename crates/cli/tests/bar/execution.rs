//! A: executions. Nothing lost, nothing doubled.
