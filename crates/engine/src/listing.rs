//! What an account can choose from: the choices of a parameter, and an action's parameters with the fields that the account
//! has of its own.
//!
//! Both are executions of the listing action that the connector names, as any other: with a record, the caller's scopes and
//! the account's connection.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};
use tenon_connector::document::ParamDoc;
use tenon_connector::{Action, Choice, FETCH_ALL, Source};

use crate::Engine;
use crate::access::AccountCaller;
use crate::connections::Choice as Connections;
use crate::error::{Code, Error, Outcomes};
use crate::execute::{Answered, ExecuteRequest, Reading, Reply};
use crate::model::{ExecutionError, ExecutionId, RequestId};

/// How many entries are looked through where the application cannot search its list.
const SEARCHED: u64 = 1_000;
/// How many fields of its own an account may have in one object.
const MOST_FIELDS: u64 = 2_000;

/// Whose choices are asked for.
#[derive(Debug)]
pub struct ListingRequest {
    /// The application.
    pub slug: String,
    /// The action.
    pub action: String,
    /// The parameters that are filled in so far.
    pub given: Map<String, Value>,
    /// Which connection.
    pub choice: Connections,
    /// The call of our API that it comes with.
    pub request_id: RequestId,
}

/// Choices of a parameter.
#[derive(Debug, Serialize)]
pub struct Options {
    /// The choices of this page.
    pub options: Vec<Choice>,
    /// What gives the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether the application gave them.
    pub success: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ExecutionError>,
    /// The execution of the listing action.
    pub execution_id: ExecutionId,
}

/// An action's parameters for one account.
#[derive(Debug, Serialize)]
pub struct AccountSchema {
    /// The parameters as JSON Schema.
    pub input_schema: Value,
    /// Whether the application told the account's own fields. Where it did not, these are the parameters without them.
    pub success: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ExecutionError>,
}

impl Engine {
    /// The choices of a parameter for the account: those of `query`, from `cursor` on.
    ///
    /// # Errors
    /// Where the parameter has no listed choices, and as [`Engine::execute`].
    pub async fn options(
        self: &Arc<Self>,
        caller: &AccountCaller,
        asked: ListingRequest,
        param: &str,
        (query, cursor): (Option<String>, Option<String>),
    ) -> Outcomes<Options> {
        let action = self.seen_by(caller, &asked).await?;
        let source = action
            .options
            .get(param)
            .ok_or_else(|| not_listed(&action, param))?;
        let (_, listing) = self.registry.action(&asked.slug, &source.action)?;
        let query = query.filter(|query| !query.trim().is_empty());
        let mut params = source.params(&asked.given);
        if let (Some(query), Some(search)) = (&query, listing.search_param()) {
            params.insert(search.to_owned(), Value::String(query.clone()));
        }
        let searched_here = query.filter(|_| listing.search_param().is_none());
        if searched_here.is_some() && listing.paged() {
            params.insert(FETCH_ALL.to_owned(), SEARCHED.into());
        }
        if let (Some(cursor), Some(param)) = (cursor, listing.cursor_param()) {
            params.insert(param.to_owned(), Value::String(cursor));
        }
        let answered = self
            .list(caller, &asked, source, params, Reading::Choices)
            .await?;
        Ok(options_of(answered, &listing, searched_here.as_deref()))
    }

    /// The action's parameters as JSON Schema, with the fields that the account has of its own.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn account_schema(
        self: &Arc<Self>,
        caller: &AccountCaller,
        asked: ListingRequest,
    ) -> Outcomes<AccountSchema> {
        let action = self.seen_by(caller, &asked).await?;
        let mut told = AccountSchema {
            input_schema: action.input_schema.clone(),
            success: true,
            error: None,
        };
        for (param, source) in &action.member_sources {
            let (_, listing) = self.registry.action(&asked.slug, &source.action)?;
            let mut params = source.params(&asked.given);
            if listing.paged() {
                params.insert(FETCH_ALL.to_owned(), MOST_FIELDS.into());
            }
            let answered = self
                .list(caller, &asked, source, params, Reading::Fields)
                .await?;
            if answered.success {
                let fields: IndexMap<String, ParamDoc> =
                    serde_json::from_value(answered.data).map_err(Error::internal)?;
                Action::extend(&mut told.input_schema, param, &fields);
            } else {
                told.success = false;
                told.error = answered.error;
            }
        }
        Ok(told)
    }

    /// The action, if the caller's token covers its application and the tenant has that switched on. A door need not ask.
    async fn seen_by(
        &self,
        caller: &AccountCaller,
        asked: &ListingRequest,
    ) -> Outcomes<Arc<Action>> {
        let (connector, action) = self.registry.action(&asked.slug, &asked.action)?;
        caller.check_application(&connector.slug)?;
        self.check_enabled(caller.tenant(), &connector.slug).await?;
        Ok(action)
    }

    async fn list(
        self: &Arc<Self>,
        caller: &AccountCaller,
        asked: &ListingRequest,
        source: &Source,
        params: Map<String, Value>,
        reading: Reading,
    ) -> Outcomes<Answered> {
        let request = ExecuteRequest {
            choice: asked.choice.clone(),
            request_id: asked.request_id.clone(),
            reading,
            ..ExecuteRequest::new(&asked.slug, &source.action, Value::Object(params))
        };
        // Boxed, because the whole execution is in this future.
        match Box::pin(self.execute(caller, request)).await? {
            Reply::Done(done) | Reply::Replayed(done) => done,
            Reply::Accepted(_) | Reply::DryRun(_) => Err(Error::of(Code::Internal)),
        }
    }
}

fn options_of(answered: Answered, listing: &Action, searched: Option<&str>) -> Options {
    let mut options: Vec<Choice> = match answered.success {
        true => serde_json::from_value(answered.data).unwrap_or_default(),
        false => Vec::new(),
    };
    if let Some(words) = searched.map(str::to_lowercase) {
        options.retain(|choice| choice.label.to_lowercase().contains(words.trim()));
    }
    let cursor = listing
        .cursor_param()
        .zip(answered.next)
        .and_then(|(param, next)| next.get(param).cloned())
        .filter(|_| searched.is_none());
    Options {
        options,
        next_cursor: cursor.map(|cursor| match cursor {
            Value::String(text) => text,
            other => other.to_string(),
        }),
        success: answered.success,
        error: answered.error,
        execution_id: answered.execution_id,
    }
}

fn not_listed(action: &Action, param: &str) -> Error {
    let message = match action
        .options
        .keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
    {
        listed if listed.is_empty() => {
            format!(
                "No parameter of `{}` has choices that the application lists",
                action.id
            )
        }
        listed => format!(
            "`{param}` has no choices that the application lists; those of `{}` that have are: {}",
            action.id,
            listed.join(", ")
        ),
    };
    Error::invalid("param", "options", message)
}
