//! G: what is parsed. Bounded in time and memory, whatever the input.
