//! What handlers ask of a request, with every refusal in the envelope.

use axum::RequestPartsExt;
use axum::extract::FromRequestParts;
use http::request::Parts;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenon_engine::access::{AccountCaller, AdminCaller, TenantCaller};
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{AccountId, Environment, OrgId, RequestId, Tenant};

use super::error::Failure;
use crate::app::App;

/// Something that a layer before the handler left: a caller, the call's id.
pub(super) struct Left<T>(pub(super) T);

impl<S: Sync, T: Clone + Send + Sync + 'static> FromRequestParts<S> for Left<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let found = parts.extensions.get::<T>().cloned();
        // A route whose handler wants another caller than its access admits is a fault of the table.
        let missing = || Error::internal(format!("no {}", std::any::type_name::<T>()));
        Ok(Self(found.ok_or_else(missing)?))
    }
}

/// The caller of a route with `Access::Tenant`.
pub(super) type ByKey = Left<TenantCaller>;
/// The caller of a route with `Access::Account`, `Access::KeyedAccount` or `Access::Session`.
pub(super) type ByAccount = Left<AccountCaller>;
/// The caller of a route with `Access::Admin`.
pub(super) type ByAdmin = Left<AdminCaller>;

/// The caller of a route with `Access::TenantOrSession`.
pub(super) enum ByKeyOrSession {
    /// A whole environment.
    Tenant(TenantCaller),
    /// One account.
    Account(Box<AccountCaller>),
}

impl ByKeyOrSession {
    /// Whose data the caller may touch.
    pub(super) fn tenant(&self) -> &Tenant {
        match self {
            Self::Tenant(caller) => caller.tenant(),
            Self::Account(caller) => caller.tenant(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ByKeyOrSession {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        if let Some(account) = parts.extensions.get::<AccountCaller>() {
            return Ok(Self::Account(Box::new(account.clone())));
        }
        let Left(tenant) = ByKey::from_request_parts(parts, state).await?;
        Ok(Self::Tenant(tenant))
    }
}

/// The parts of the path, percent-decoded once.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        match parts.extract::<axum::extract::Path<T>>().await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(_not_text) => Err(Error::of(Code::RouteNotFound).into()),
        }
    }
}

/// The query.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => Err(misfit(&error.body_text()).into()),
        }
    }
}

/// The refusal of a query, from the library's text: what failed, which member, and why, with colons between them.
fn misfit(text: &str) -> Error {
    let reason = text.split_once(": ").map_or(text, |(_, rest)| rest);
    let (name, problem) = match reason.split_once(": ") {
        Some((name, problem)) => (name, problem),
        None => (reason.split('`').nth(1).unwrap_or_default(), reason),
    };
    let problem = match problem.rsplit_once(", expected ") {
        _ if problem.starts_with("duplicate field") => "came more than once".to_owned(),
        _ if problem.starts_with("must be") => problem.to_owned(),
        Some((_, expected)) => format!("must be {expected}"),
        // What remains is a number that cannot be read.
        None => "must be a whole number".to_owned(),
    };
    Error::invalid(name, "type", format!("`{name}` in the query {problem}"))
}

/// An admin, and the environment that the query chooses.
pub(super) struct Managed {
    pub(super) admin: AdminCaller,
    pub(super) tenant: Tenant,
}

/// Which environment a management call is about.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ManagedQuery {
    /// `test` or `production`; `test` where nobody says.
    #[schemars(with = "Option<String>", extend("enum" = ["test", "production"]))]
    environment: Option<Environment>,
    /// The organization; the first one where nobody says.
    organization_id: Option<String>,
}

impl FromRequestParts<App> for Managed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Left(admin) = ByAdmin::from_request_parts(parts, app).await?;
        let Query(query) = Query::<ManagedQuery>::from_request_parts(parts, app).await?;
        let org = query.organization_id.as_deref().map(org_id).transpose()?;
        let organization = app.engine.organization(admin, org.as_ref()).await?;
        let environment = query.environment.unwrap_or(Environment::Test);
        Ok(Self {
            admin,
            tenant: Tenant {
                org: organization.id,
                environment,
            },
        })
    }
}

/// An organization's id, as a caller writes it.
pub(super) fn org_id(text: &str) -> Outcomes<OrgId> {
    let unknown = || Error::new(Code::ResourceNotFound, "There is no such organization");
    OrgId::parse(text).ok_or_else(unknown)
}

/// A linked account's id, as a caller writes it.
pub(super) fn account_id(text: &str) -> Outcomes<AccountId> {
    let invalid = || {
        Error::new(
            Code::InvalidLinkedAccountId,
            "linked_account_id must be 1 to 255 characters without control characters",
        )
    };
    AccountId::parse(text).ok_or_else(invalid)
}

/// The call's id.
pub(super) type CallId = Left<RequestId>;
