//! D: applications that misbehave. Every fault is named right and harms nobody else.
