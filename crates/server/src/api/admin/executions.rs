//! The journal of a whole environment.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::error::{Error, Outcomes};
use tenon_engine::model::ExecutionFilter;
use tenon_engine::resolve::{Resolution, Word};

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::executions::ExecutionQuery;
use crate::api::extract::{Managed, Path, Query, account_id};
use crate::api::paging::{PageQuery, Paged};
use crate::api::route::{Operation, Route, get, post};
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
        post(
            "/api/v2/admin/executions/{execution_id}/resolve",
            Admin,
            resolve,
            Operation::new("adminResolveExecution", "Find out how an execution ended")
                .describe(
                    "For one whose outcome is `unknown`. Without `outcome` the application is asked, by the action's `lookup`.",
                )
                .managed()
                .takes::<WordBody>()
                .gives::<Resolved>(),
        ),
    ]
}

/// A person's word.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WordBody {
    /// `happened` or `did_not_happen`. Left out: the application is asked.
    #[schemars(extend("enum" = ["happened", "did_not_happen"]))]
    outcome: Option<String>,
    /// How the person knows. Required with `outcome`.
    note: Option<String>,
}

/// What is known now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResolvedExecution")]
struct Resolved {
    /// `happened`, `did_not_happen` or `still_unknown`
    #[schemars(with = "String")]
    resolution: Resolution,
    execution: ExecutionBody,
}

impl WordBody {
    fn word(self) -> Outcomes<Option<Word>> {
        let happened = match self.outcome.as_deref() {
            None => return Ok(None),
            Some("happened") => true,
            Some("did_not_happen") => false,
            Some(_) => {
                let message = "`outcome` must be `happened` or `did_not_happen`";
                return Err(Error::invalid("outcome", "enum", message));
            }
        };
        Word::new(happened, self.note.as_deref()).map(Some)
    }
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

async fn resolve(
    State(app): State<App>,
    managed: Managed,
    Path(id): Path<String>,
    Given(body): Given<WordBody>,
) -> Answer<Resolved> {
    let resolving = app.engine.resolve(&managed.tenant, &id, body.word()?);
    let (execution, resolution) = resolving.await?;
    Ok(Json(Resolved {
        resolution,
        execution: execution.into(),
    }))
}
