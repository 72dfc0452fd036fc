//! The YAML that connector authors write, as types.
//!
//! Nothing here is checked beyond its shape: unknown keys are refused, and that is all. [`crate::compile`]
//! turns documents into a [`crate::Connector`], after which nothing can be malformed. The doc comments of
//! these types become the JSON Schema that editors complete from, so they speak to authors.

mod action;
mod auth;
mod connector;
mod grant;
mod lists;
mod params;
mod rate;
mod request;
mod sandbox;

pub use action::{
    ActionDoc, AnswerDoc, Effect, ExampleDoc, LookupDoc, OneOrMany, OutputDoc, SendsDoc, StepDoc,
};
pub use auth::{AuthDoc, AuthKind, BasicDoc, FieldDoc, Oauth1Doc, SendDoc, SignatureMethod};
pub use connector::{ConnectorDoc, ErrorKind, ErrorRuleDoc, FactDoc, IdentityDoc};
pub use grant::{
    AssertionDoc, ClientAuth, Flow, GrantDoc, RevokeDoc, RevokeMethod, TokenAnswerDoc, TokenBody,
};
pub use lists::{ChoicesDoc, FieldsDoc, PagedDoc, PagingDoc, SourceDoc, SourceWithDoc};
pub use params::{ParamDoc, ParamType};
pub use rate::{RateScope, WindowDoc};
pub use request::{BodyDoc, FormLists, RawDoc, RelatedDoc, RequestDoc};
pub use sandbox::{CannedDoc, Operation, SandboxDoc, SandboxRouteDoc};

/// The JSON Schema (2020-12) of `connector.yaml`, for editors.
pub fn connector_schema() -> serde_json::Value {
    schemars::schema_for!(ConnectorDoc).to_value()
}

/// The JSON Schema (2020-12) of an action file, for editors.
pub fn action_schema() -> serde_json::Value {
    schemars::schema_for!(ActionDoc).to_value()
}
