//! What a vendor says of its API, read into one shape: OpenAPI 3.0 and 3.1, Swagger 2.0 and Google Discovery, as
//! JSON or YAML, become a [`Description`] whose schemas are JSON Schema 2020-12.
//!
//! Pure: nothing is fetched, and a document cannot make this crate panic, hang or take much memory: what is larger
//! than the [`limits`] is refused with the limit named. What is wrong in one place costs that place: it is told as a
//! [`Problem`], and the rest is read.

pub mod import;
pub mod limits;

mod answers;
mod at;
mod body;
mod cycles;
mod discovery;
mod keywords;
mod odata;
mod openapi;
mod operation;
mod params;
mod reader;
mod schema;
mod shape;
mod swagger;
mod tree;
pub mod vendor;
pub mod verify;
mod ways;

pub use odata::Odata;
pub use reader::read;
pub use shape::{
    Answer, Content, Description, Encoding, Media, Operation, Parameter, Place, Problem,
    RequestBody, Upload, Variable,
};
pub use tree::Unreadable;
pub use ways::{Flow, Way};
