//! One line of the table: a method and a path, who may call it, what the OpenAPI document says of it, and its handler.

use std::borrow::Cow;
use std::sync::Arc;

use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::access::{Access, Gate, admit};
use super::audit::Act;
use super::extract::ManagedQuery;
use crate::app::App;

/// Makes the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One route of the API.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What the OpenAPI document says of it.
    pub operation: Operation,
    handler: MethodRouter<App>,
}

/// What the OpenAPI document says of a route.
#[derive(Debug, Clone)]
pub struct Operation {
    /// A name that no other route has, in camel case.
    pub id: Cow<'static, str>,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What the summary leaves out.
    pub description: &'static str,
    /// The group that it is shown in.
    pub tag: &'static str,
    /// The status of a success.
    pub status: u16,
    /// Whether what it changes is a record of its own, so that the audit log needs no line of it.
    pub recorded_elsewhere: bool,
    /// Whether the query chooses the environment that it is about.
    pub managed: bool,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) queries: Vec<SchemaOf>,
    pub(super) request: Option<SchemaOf>,
    pub(super) takes_bytes: bool,
    pub(super) gives_bytes: bool,
    pub(super) demand: Option<fn() -> Value>,
    pub(super) response: Option<SchemaOf>,
    pub(super) accepted: Option<SchemaOf>,
}

impl Operation {
    /// An operation that answers 200.
    pub(super) fn new(id: impl Into<Cow<'static, str>>, summary: &'static str) -> Self {
        Self {
            id: id.into(),
            summary,
            description: "",
            tag: "",
            status: 200,
            recorded_elsewhere: false,
            managed: false,
            headers: Vec::new(),
            queries: Vec::new(),
            request: None,
            takes_bytes: false,
            gives_bytes: false,
            demand: None,
            response: None,
            accepted: None,
        }
    }

    pub(super) fn describe(self, description: &'static str) -> Self {
        Self {
            description,
            ..self
        }
    }

    /// Takes the members of `T` from the query.
    pub(super) fn query<T: JsonSchema>(mut self) -> Self {
        self.queries.push(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Is about the environment that the query chooses.
    pub(super) fn managed(self) -> Self {
        let managed = self.query::<ManagedQuery>();
        Self {
            managed: true,
            ..managed
        }
    }

    /// Leaves a record of its own: an execution in the journal, a session token's row. Or it changes nothing.
    pub(super) fn recorded_elsewhere(self) -> Self {
        Self {
            recorded_elsewhere: true,
            ..self
        }
    }

    pub(super) fn header(mut self, name: &'static str, description: &'static str) -> Self {
        self.headers.push((name, description));
        self
    }

    /// Takes a `T` as its body.
    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        let request: Option<SchemaOf> = Some(SchemaGenerator::subschema_for::<T>);
        Self { request, ..self }
    }

    /// Takes a file's content as its body.
    pub(super) fn takes_bytes(self) -> Self {
        Self {
            takes_bytes: true,
            ..self
        }
    }

    /// Answers with a file's content.
    pub(super) fn gives_bytes(self) -> Self {
        Self {
            gives_bytes: true,
            ..self
        }
    }

    /// Holds the body to the members of this schema too, beside those of its type.
    pub(super) fn demanding(self, demand: fn() -> Value) -> Self {
        let demand = Some(demand);
        Self { demand, ..self }
    }

    /// Answers with a `T`.
    pub(super) fn gives<T: JsonSchema>(self) -> Self {
        let response: Option<SchemaOf> = Some(SchemaGenerator::subschema_for::<T>);
        Self { response, ..self }
    }

    /// May also answer 202, with a `T`.
    pub(super) fn may_accept<T: JsonSchema>(self) -> Self {
        let accepted: Option<SchemaOf> = Some(SchemaGenerator::subschema_for::<T>);
        Self { accepted, ..self }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

impl Route {
    fn new<H: Handler<T, App>, T: 'static>(
        (method, filter): (Method, MethodFilter),
        path: &'static str,
        access: Access,
        handler: H,
        operation: Operation,
    ) -> Self {
        Self {
            method,
            path,
            access,
            operation,
            handler: on(filter, handler),
        }
    }

    /// Whether the audit log has a line of every call: whatever changes something and is no record itself.
    pub fn is_audited(&self) -> bool {
        let safe = [Method::GET, Method::HEAD].contains(&self.method);
        !safe && !self.access.is_anonymous() && !self.operation.recorded_elsewhere
    }

    /// The handler behind the layer that admits its callers: the only way to have it.
    pub(super) fn guarded(self, app: &App) -> MethodRouter<App> {
        let act = self.is_audited().then(|| Act {
            name: self.operation.id.clone(),
            path: self.path,
            managed: self.operation.managed,
        });
        let gate = Gate {
            app: app.clone(),
            access: self.access,
            act: act.map(Arc::new),
        };
        self.handler.route_layer(from_fn_with_state(gate, admit))
    }

    pub(super) fn tagged(mut self, tag: &'static str) -> Self {
        self.operation.tag = tag;
        self
    }
}

macro_rules! methods {
    ($($name:ident $method:ident)+) => {$(
        #[doc = concat!("A route for `", stringify!($method), "`.")]
        pub(super) fn $name<H: Handler<T, App>, T: 'static>(
            path: &'static str,
            access: Access,
            handler: H,
            operation: Operation,
        ) -> Route {
            let method = (Method::$method, MethodFilter::$method);
            Route::new(method, path, access, handler, operation)
        }
    )+};
}

methods! { get GET  post POST  put PUT  patch PATCH  delete DELETE }
