//! The journal of a whole environment.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use tenon_engine::model::ExecutionFilter;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::executions::ExecutionQuery;
use crate::api::extract::{Managed, Path, Query, account_id};
use crate::api::paging::{PageQuery, Paged};
use crate::api::route::{Operation, Route, get};
use crate::api::shape::{ExecutionBody, ExecutionDetail};
use crate::api::text::AccountIdText;
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/api/v2/admin/executions",
            Admin,
            list,
            Operation::new("adminListExecutions", "List the executions of all accounts")
                .managed()
                .query::<PageQuery>()
                .query::<ExecutionQuery>()
                .query::<OfAccount>()
                .gives::<Paged<ExecutionBody>>(),
        ),
        get(
            "/api/v2/admin/executions/{execution_id}",
            Admin,
            one,
            Operation::new("adminGetExecution", "Read an execution")
                .managed()
                .gives::<ExecutionDetail>(),
        ),
    ]
}

/// Whose executions.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfAccount {
    /// Of this account.
    #[schemars(with = "Option<AccountIdText>")]
    linked_account_id: Option<String>,
}

async fn list(
    State(app): State<App>,
    managed: Managed,
    Query(page): Query<PageQuery>,
    Query(query): Query<ExecutionQuery>,
    Query(of): Query<OfAccount>,
) -> Answer<Paged<ExecutionBody>> {
    let paging = page.paging();
    let filter = ExecutionFilter {
        account: of
            .linked_account_id
            .as_deref()
            .map(account_id)
            .transpose()?,
        ..query.filter()?
    };
    let found = app
        .engine
        .tenant_executions(&managed.tenant, &filter, paging)
        .await?;
    Ok(Json(Paged::new(found, paging, ExecutionBody::from)))
}

async fn one(
    State(app): State<App>,
    managed: Managed,
    Path(id): Path<String>,
) -> Answer<ExecutionDetail> {
    let inspected = app.engine.tenant_execution(&managed.tenant, &id).await?;
    Ok(Json(inspected.into()))
}
