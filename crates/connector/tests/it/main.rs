//! The connector language from outside: documents in, requests and verdicts out.

mod catalogue;
mod documents;
mod fixture;
mod inputs;
mod requests;
mod steps;
