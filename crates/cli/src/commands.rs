//! The commands, one file for each group.

pub(crate) mod api_key;
pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod execute;
pub(crate) mod executions;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod linked_account;
pub(crate) mod oauth_client;
pub(crate) mod openapi;
pub(crate) mod organization;
pub(crate) mod sandbox;
pub(crate) mod sbom;
pub(crate) mod serve;
pub(crate) mod webhook;
