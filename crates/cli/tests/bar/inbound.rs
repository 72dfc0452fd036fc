//! What anybody can do to the port: be slow, be many, speak something else, or say one thing twice.

mod bodies;
mod http2;
mod idle;
mod raw;
mod slow;
mod smuggling;
