//! The HTTP side: the public API, the management API, telemetry, and where the program is wired together.
//!
//! Handlers translate; every decision is the engine's.

pub mod api;
pub mod app;
pub mod bootstrap;
pub mod catalogue;
pub mod client;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod maintenance;

mod connect;
mod docs;
mod jobs;
mod listen;
mod pages;
mod telemetry;
