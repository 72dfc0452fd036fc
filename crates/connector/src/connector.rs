//! Compiled connectors: what the rest of the program works with. Nothing in them can be malformed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use jsonschema::Validator;
use serde_json::{Map, Value};
use url::Url;

use crate::answer::{self, Answer, ErrorRule, Seen, Verdict};
use crate::auth::Placement;
use crate::document::{AuthDoc, AuthKind, Effect, ExampleDoc, FactDoc, ParamDoc, SandboxDoc};
use crate::expr::{Expr, Scope};
use crate::hosts::{HostPattern, HostSet};
use crate::input::{self, FieldError};
use crate::page::Paging;
use crate::plan::Plan;
use crate::request::{PlanError, Request};
use crate::template::{Template, Text};

/// The id of the action that every application has.
pub const HTTP_REQUEST: &str = "httprequest";

/// One application, ready to use.
#[derive(Debug)]
pub struct Connector {
    /// What the application is known by.
    pub slug: String,
    /// Its name as its makers write it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The address of a picture.
    pub icon: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The document's version.
    pub version: u32,
    /// Non-secret facts that each connection brings.
    pub facts: IndexMap<String, FactDoc>,
    /// Ways to authenticate, the default first.
    pub ways: IndexMap<String, Way>,
    /// How the sandbox plays it.
    pub sandbox: SandboxDoc,
    /// Its actions by id, in the order of their names.
    pub actions: IndexMap<String, Arc<Action>>,
    pub(crate) aliases: HashMap<String, String>,
    pub(crate) base: Text,
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) fact_hosts: HashMap<String, Vec<HostPattern>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) headers: IndexMap<String, String>,
    pub(crate) errors: Vec<ErrorRule>,
    pub(crate) paging: Option<Paging>,
}

/// One way to authenticate.
#[derive(Debug)]
pub struct Way {
    /// What its author wrote.
    pub doc: AuthDoc,
    /// Where its credential goes.
    pub placement: Arc<Placement>,
}

impl Way {
    /// The family of its credential.
    pub fn kind(&self) -> AuthKind {
        self.doc.kind
    }
}

/// The request that says whose credential this is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) request: Request,
    pub(crate) identifier: Text,
}

/// One operation of an application.
#[derive(Debug)]
pub struct Action {
    /// What it is known by.
    pub id: String,
    /// What a person reads in a list.
    pub name: String,
    /// When to use it and what it does.
    pub description: String,
    /// Earlier ids.
    pub aliases: Vec<String>,
    /// The application's permissions that it needs.
    pub scopes: Vec<String>,
    /// Its parameters.
    pub params: IndexMap<String, ParamDoc>,
    /// Its parameters as JSON Schema.
    pub input_schema: Value,
    /// Its data as JSON Schema, where its author said.
    pub output_schema: Option<Value>,
    /// Examples.
    pub examples: Vec<ExampleDoc>,
    pub(crate) effect: Option<Effect>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) validator: Validator,
    pub(crate) steps: Vec<Step>,
    pub(crate) result: Option<Template>,
    pub(crate) paged: bool,
}

/// One request of an action.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) when: Option<Expr>,
    pub(crate) effect: Option<Effect>,
    pub(crate) request: Request,
}

/// What a connection brings to a request, none of it secret.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The connection's own facts, such as the address of the customer's instance.
    pub connection: BTreeMap<String, String>,
    /// A key that the application may use to recognise a repetition.
    pub idempotency_key: String,
}

impl Connector {
    /// An action by its id or an earlier id.
    pub fn action(&self, id: &str) -> Option<&Arc<Action>> {
        self.actions
            .get(self.aliases.get(id).map_or(id, String::as_str))
    }

    /// The way to authenticate with this name; failing that, the first of this family.
    pub fn way(&self, name: &str) -> Option<(&str, &Way)> {
        let found = self.ways.get_key_value(name).or_else(|| {
            self.ways
                .iter()
                .find(|(_, way)| way.kind().as_str() == name)
        });
        found.map(|(name, way)| (name.as_str(), way))
    }

    /// The way that is taken where nobody chooses.
    pub fn default_way(&self) -> Option<(&str, &Way)> {
        self.ways.first().map(|(name, way)| (name.as_str(), way))
    }

    /// Checks the facts of a connection that is being made: all there, and addresses within their patterns.
    ///
    /// # Errors
    /// One error for each fact that is missing, unknown or not allowed.
    pub fn check_facts(&self, given: &BTreeMap<String, String>) -> Result<(), Vec<FieldError>> {
        let missing = self
            .facts
            .iter()
            .filter(|(name, fact)| !fact.optional && !given.contains_key(*name));
        let mut errors: Vec<_> = missing
            .map(|(name, _)| fact_error(name, "required", format!("`{name}` is missing")))
            .collect();
        for (name, value) in given {
            if !self.facts.contains_key(name) {
                errors.push(fact_error(
                    name,
                    "unknown",
                    format!("`{name}` is not a fact of this application's connections"),
                ));
            } else if let Err(message) = self.check_address(name, value) {
                errors.push(fact_error(name, "hosts", message));
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    fn check_address(&self, name: &str, value: &str) -> Result<(), String> {
        let Some(patterns) = self.fact_hosts.get(name) else {
            return Ok(());
        };
        let set = HostSet::new(patterns.iter().cloned());
        let url = Url::parse(value).map_err(|_unparsable| {
            format!(
                "`{name}` must be an address such as https://{}",
                set.canonical()
            )
        })?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if bare && set.allows(&url) {
            Ok(())
        } else {
            Err(format!(
                "`{name}` must be an address at one of: {}",
                set.canonical()
            ))
        }
    }

    /// Where requests of such a connection go.
    ///
    /// # Errors
    /// Where the facts do not make an address.
    pub fn base_url(&self, facts: &BTreeMap<String, String>) -> Result<Url, PlanError> {
        let connection = facts_value(facts);
        let text = self
            .base
            .render(&Scope::new([("connection", &connection)]))?;
        let text = text.ok_or_else(|| PlanError::Absent("the application's address".to_owned()))?;
        let unfit = PlanError::Unfit {
            place: "the application's address".to_owned(),
            reason: "is not a URL",
        };
        Url::parse(&text)
            .ok()
            .filter(|url| url.host_str().is_some())
            .ok_or(unfit)
    }

    /// The path that every request's path stands below; empty for most.
    pub fn base_path(&self) -> String {
        let examples = self
            .facts
            .iter()
            .map(|(name, fact)| (name.clone(), fact.example.clone()))
            .collect();
        self.base_url(&examples)
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// Whether the application lives at this host, given as `name` or `name:port`: for those who play it.
    pub fn lives_at(&self, host: &str) -> bool {
        let examples = self
            .facts
            .iter()
            .map(|(name, fact)| (name.clone(), fact.example.clone()))
            .collect();
        let own = self.host_set(&examples).unwrap_or_default();
        let named = HostSet::new(self.fact_hosts.values().flatten().cloned());
        Url::parse(&format!("https://{host}/"))
            .is_ok_and(|url| own.allows(&url) || named.allows(&url))
    }

    /// The hosts that such a connection's credential may reach.
    ///
    /// # Errors
    /// As [`Connector::base_url`].
    pub fn host_set(&self, facts: &BTreeMap<String, String>) -> Result<HostSet, PlanError> {
        let base = HostPattern::of(&self.base_url(facts)?);
        Ok(HostSet::new(self.hosts.iter().cloned().chain(base)))
    }

    /// Every host where some connection of this application may have its requests, for those who play the application.
    pub fn served_hosts(&self) -> HostSet {
        let examples = self
            .facts
            .iter()
            .map(|(name, fact)| (name.clone(), fact.example.clone()))
            .collect();
        let base = self.base_url(&examples).ok();
        let of_facts = self.fact_hosts.values().flatten();
        HostSet::new(
            self.hosts
                .iter()
                .chain(of_facts)
                .cloned()
                .chain(base.as_ref().and_then(HostPattern::of)),
        )
    }

    /// What a credential is sealed for: the hosts that it may reach and its places in a request. Changes when either does.
    ///
    /// # Errors
    /// As [`Connector::base_url`].
    pub fn trust(&self, way: &Way, facts: &BTreeMap<String, String>) -> Result<String, PlanError> {
        Ok(format!(
            "{} | {:?}",
            self.host_set(facts)?.canonical(),
            way.placement.slots
        ))
    }

    /// What a response means. `now_ms` is the time in Unix milliseconds, for dates in `Retry-After`.
    pub fn interpret(&self, answer: &Answer, now_ms: i64) -> Verdict {
        answer::interpret(&self.errors, answer, now_ms)
    }

    /// The request that says whose credential this is, if the application has one.
    ///
    /// # Errors
    /// Where the facts do not make a request.
    pub fn identity_plan(&self, way: &Way, facts: &Facts) -> Result<Option<Plan>, PlanError> {
        let Some(identity) = &self.identity else {
            return Ok(None);
        };
        let connection = facts_value(&facts.connection);
        let scope = Scope::new([("connection", &connection)]);
        let rendered =
            identity
                .request
                .render(&self.base_url(&facts.connection)?, &self.headers, &scope)?;
        Ok(Some(Plan {
            step: "identity".to_owned(),
            method: rendered.method,
            url: rendered.url,
            headers: rendered.headers,
            body: rendered.body,
            placement: Arc::clone(&way.placement),
            effect: Effect::Read,
            idempotent: true,
        }))
    }

    /// The vendor's own id of the account, from the answer to the identity request.
    pub fn identifier(&self, answer: &Answer) -> Option<String> {
        let seen = Seen::of(answer);
        self.identity
            .as_ref()?
            .identifier
            .render(&seen.scope())
            .ok()
            .flatten()
            .filter(|id| !id.is_empty())
    }
}

fn fact_error(param: &str, code: &str, message: String) -> FieldError {
    FieldError {
        param: param.to_owned(),
        code: code.to_owned(),
        message,
    }
}

fn facts_value(facts: &BTreeMap<String, String>) -> Value {
    Value::Object(
        facts
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect(),
    )
}

impl Action {
    /// Turns a caller's body into parameters.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn admit(&self, body: Value) -> Result<Map<String, Value>, Vec<FieldError>> {
        input::admit(&self.params, &self.validator, body)
    }

    /// What it does to the application's data, for these parameters.
    pub fn effect(&self, params: &Map<String, Value>) -> Effect {
        let of_step = |step: &Step| {
            step.effect
                .unwrap_or_else(|| self.method(step, params).default_effect())
        };
        let worst = |one: Effect, other: Effect| if rank(other) > rank(one) { other } else { one };
        self.effect
            .unwrap_or_else(|| self.steps.iter().map(of_step).fold(Effect::Read, worst))
    }

    /// Whether doing it twice is the same as doing it once, for these parameters.
    pub fn idempotent(&self, params: &Map<String, Value>) -> bool {
        let of_step = |step: &Step| self.method(step, params).default_idempotent();
        self.idempotent.unwrap_or_else(|| {
            self.effect(params) == Effect::Read || self.steps.iter().all(of_step)
        })
    }

    /// The method where the document fixes it; else the one that a parameter chooses; else the most careful guess.
    fn method(&self, step: &Step, params: &Map<String, Value>) -> crate::plan::Method {
        let chosen = || {
            params
                .get("method")
                .and_then(Value::as_str)
                .and_then(crate::plan::Method::parse)
        };
        step.request
            .fixed_method()
            .or_else(chosen)
            .unwrap_or(crate::plan::Method::Post)
    }

    /// How many requests it makes at most.
    pub fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// The names of its requests.
    pub fn step_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    /// Its requests, for those who play the application.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.steps.iter().map(|step| &step.request)
    }

    /// Whether step `index` uses the answer of an earlier one, so that it cannot be planned before that came.
    pub fn waits(&self, index: usize) -> bool {
        let uses = |step: &Step| {
            step.request
                .exprs()
                .into_iter()
                .chain(&step.when)
                .any(|expr| expr.mentions("steps"))
        };
        self.steps.get(index).is_some_and(uses)
    }

    /// Plans step `index`. `answers` holds what [`Answer::as_value`] gave for the steps before it, by name. `None`: the step is left out.
    ///
    /// # Errors
    /// Where parameters, facts and answers do not make a request.
    pub fn plan(
        &self,
        index: usize,
        connector: &Connector,
        way: &Way,
        params: &Map<String, Value>,
        facts: &Facts,
        answers: &Value,
    ) -> Result<Option<Plan>, PlanError> {
        let Some(step) = self.steps.get(index) else {
            return Ok(None);
        };
        let connection = facts_value(&facts.connection);
        let key = Value::String(facts.idempotency_key.clone());
        let names = [
            ("connection", &connection),
            ("idempotency_key", &key),
            ("steps", answers),
        ];
        let scope = Scope::new(names).with_params(params);
        if let Some(when) = &step.when
            && !when.holds(&scope)?
        {
            return Ok(None);
        }
        let rendered = step.request.render(
            &connector.base_url(&facts.connection)?,
            &connector.headers,
            &scope,
        )?;
        let alone = self.steps.len() == 1;
        let effect = step
            .effect
            .or(self.effect.filter(|_| alone))
            .unwrap_or_else(|| rendered.method.default_effect());
        let idempotent = self
            .idempotent
            .unwrap_or_else(|| effect == Effect::Read || rendered.method.default_idempotent());
        Ok(Some(Plan {
            step: step.name.clone(),
            method: rendered.method,
            url: rendered.url,
            headers: rendered.headers,
            body: rendered.body,
            placement: Arc::clone(&way.placement),
            effect,
            idempotent,
        }))
    }

    /// What the caller gets: what the action's `result` says, or else the last answer's body.
    ///
    /// # Errors
    /// Where `result` cannot be evaluated on these answers.
    pub fn data(
        &self,
        params: &Map<String, Value>,
        answers: &Value,
        last: &Answer,
    ) -> Result<Value, PlanError> {
        let Some(result) = &self.result else {
            return Ok(last.payload.clone().into_data());
        };
        let seen = last.as_value();
        let part = |name: &str| seen.get(name).unwrap_or(&Value::Null);
        let names = [
            ("steps", answers),
            ("status", part("status")),
            ("headers", part("headers")),
            ("body", part("body")),
        ];
        Ok(result
            .render(&Scope::new(names).with_params(params))?
            .unwrap_or(Value::Null))
    }

    /// The parameters that give the next page, where the action is a list that goes on.
    pub fn next_page(
        &self,
        connector: &Connector,
        params: &Map<String, Value>,
        answer: &Answer,
    ) -> Option<Map<String, Value>> {
        connector
            .paging
            .as_ref()
            .filter(|_| self.paged)?
            .next(params, answer)
    }
}

fn rank(effect: Effect) -> u8 {
    match effect {
        Effect::Read => 0,
        Effect::Write => 1,
        Effect::Destructive => 2,
    }
}
