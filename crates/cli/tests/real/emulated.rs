//! The real binary against programs that play a vendor's application and keep state: each test is a story in which what
//! one action answers is what the next one takes. What succeeded is written down for the catalogue.

mod github;
mod google;
mod linear;
mod slack;
mod story;
mod stripe;
mod twilio;
