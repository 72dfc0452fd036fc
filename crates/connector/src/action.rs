//! Compiled actions: parameters in, plans out, data back. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::answer::{Answer, Verdict};
use crate::connector::{Connector, Facts, Way};
use crate::document::{Effect, ExampleDoc, ParamDoc};
use crate::expr::{Expr, Scope};
use crate::file::{self, StoredFile};
use crate::input::{self, FieldError};
use crate::listing::{Choice, Choices, Fields, Source};
use crate::lookup::Lookup;
use crate::page::Paging;
use crate::plan::{Method, Plan};
use crate::request::{PlanError, Request};
use crate::schema;
use crate::template::Template;

/// The parameter by which a caller asks for the entries of all pages at once.
pub const FETCH_ALL: &str = "fetch_all_up_to";

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
    /// Whether its data is a file: the last answer, kept as it comes in.
    pub gives_file: bool,
    /// Examples.
    pub examples: Vec<ExampleDoc>,
    pub(crate) effect: Option<Effect>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) validator: Validator,
    pub(crate) steps: Vec<Step>,
    pub(crate) result: Option<Template>,
    /// The listing actions that know the choices of its parameters, by parameter.
    pub options: IndexMap<String, Source>,
    /// The listing actions that know which members an account has in its object parameters, by parameter.
    pub member_sources: IndexMap<String, Source>,
    pub(crate) paging: Option<Arc<Paging>>,
    pub(crate) choices: Option<Choices>,
    pub(crate) listed_fields: Option<Fields>,
    pub(crate) lookup: Option<Lookup>,
}

/// One request of an action.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) when: Option<Expr>,
    pub(crate) effect: Option<Effect>,
    pub(crate) request: Request,
}

impl Action {
    /// Turns a caller's body into parameters.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn admit(&self, body: Value) -> Result<Map<String, Value>, Vec<FieldError>> {
        input::admit(&self.params, &self.validator, body)
    }

    /// The ids of the stored files among admitted parameters.
    pub fn stored_files(&self, params: &Map<String, Value>) -> Vec<String> {
        file::stored(&self.params, params)
    }

    /// Completes the stored files among parameters by what is known of them, so that requests can use their name, type and size.
    pub fn describe_files(
        &self,
        params: &mut Map<String, Value>,
        known: &HashMap<String, StoredFile>,
    ) {
        file::describe(&self.params, params, known);
    }

    /// What it does to the application's data, for these parameters. Of several steps never less than the worst one
    /// does, whatever the document says of the whole: what changes something needs its row in the journal first.
    pub fn effect(&self, params: &Map<String, Value>) -> Effect {
        let of_step = |step: &Step| {
            step.effect
                .unwrap_or_else(|| self.method(step, params).default_effect())
        };
        match self.effect {
            Some(declared) if self.steps.len() == 1 => declared,
            declared => {
                let least = declared.unwrap_or(Effect::Read);
                self.steps.iter().map(of_step).fold(least, Effect::max)
            }
        }
    }

    /// Whether doing it twice is the same as doing it once, for these parameters.
    pub fn idempotent(&self, params: &Map<String, Value>) -> bool {
        let of_step = |step: &Step| self.method(step, params).default_idempotent();
        self.idempotent.unwrap_or_else(|| {
            self.effect(params) == Effect::Read || self.steps.iter().all(of_step)
        })
    }

    /// Whether the application recognises a repetition by the execution's key, so that a run that was cut off can be
    /// taken up again: every request that changes something carries the key, and twice is the same as once.
    pub fn resumes(&self, params: &Map<String, Value>) -> bool {
        let carries = |step: &Step| {
            let exprs = step.request.exprs();
            exprs
                .into_iter()
                .any(|expr| expr.mentions("idempotency_key"))
        };
        let alone = self.steps.len() == 1;
        let reads = |step: &Step| {
            let declared = step.effect.or(self.effect.filter(|_| alone));
            declared.unwrap_or_else(|| self.method(step, params).default_effect()) == Effect::Read
        };
        self.idempotent(params)
            && self.steps.iter().any(carries)
            && self.steps.iter().all(|step| carries(step) || reads(step))
    }

    /// The method where the document fixes it; else the one that a parameter chooses; else the most careful guess.
    fn method(&self, step: &Step, params: &Map<String, Value>) -> Method {
        let chosen = || {
            params
                .get("method")
                .and_then(Value::as_str)
                .and_then(Method::parse)
        };
        step.request
            .fixed_method()
            .or_else(chosen)
            .unwrap_or(Method::Post)
    }

    /// Whether its data is something else than the last answer's body.
    pub fn has_result(&self) -> bool {
        self.result.is_some()
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
        let connection = connector.facts_value(&facts.connection);
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
            placement: match step.request.credential {
                true => Arc::clone(&way.placement),
                false => Arc::new(way.placement.without_slots()),
            },
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
        let Some(result) = self.result.as_ref().filter(|_| !last.is_kept()) else {
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

    /// What an answer to one of its requests means: by the connector's rules, but for a redirect that was asked for.
    pub fn interpret(
        &self,
        connector: &Connector,
        step: &str,
        answer: &Answer,
        now_ms: i64,
    ) -> Verdict {
        let mut steps = self.steps.iter();
        let asked = steps.any(|known| known.name == step && known.request.redirect);
        match asked && (300..=399).contains(&answer.status) {
            true => Verdict::Success,
            false => connector.interpret(answer, now_ms),
        }
    }

    /// How to find out whether it happened, where its author said.
    pub fn lookup(&self) -> Option<&Lookup> {
        self.lookup.as_ref()
    }

    /// Whether it is a list that goes on.
    pub fn paged(&self) -> bool {
        self.paging.is_some()
    }

    /// The parameters that give the next page, where the action is a list that goes on.
    pub fn next_page(
        &self,
        params: &Map<String, Value>,
        answer: &Answer,
    ) -> Option<Map<String, Value>> {
        self.paging.as_deref()?.next(params, answer)
    }

    /// How many entries of all pages the caller asked for at once, if it did.
    pub fn fetch_all(&self, params: &Map<String, Value>) -> Option<usize> {
        self.paging.as_ref()?;
        let wanted = params.get(FETCH_ALL)?.as_u64()?;
        usize::try_from(wanted).ok()
    }

    /// Takes a page's entries out of its answer.
    pub fn take_items(&self, answer: &mut Answer) -> Vec<Value> {
        let place = self.paging.as_deref().map(Paging::items);
        let list = place.and_then(|place| place.list_mut(answer));
        list.map(std::mem::take).unwrap_or_default()
    }

    /// Puts the entries of all pages in the place of the last page's.
    pub fn put_items(&self, answer: &mut Answer, items: Vec<Value>) {
        let place = self.paging.as_deref().map(Paging::items);
        if let Some(list) = place.and_then(|place| place.list_mut(answer)) {
            *list = items;
        }
    }

    /// The parameter that takes the cursor, where the action is a list that goes on.
    pub fn cursor_param(&self) -> Option<&str> {
        self.paging.as_deref().map(Paging::param)
    }

    /// The parameter that takes what a person typed, where the application searches its choices itself.
    pub fn search_param(&self) -> Option<&str> {
        self.choices.as_ref()?.search()
    }

    /// An answer as choices of another action's parameter; none where the author did not say how it reads.
    pub fn read_choices(&self, answer: &Answer) -> Vec<Choice> {
        let choices = self.choices.as_ref();
        choices.map_or_else(Vec::new, |choices| {
            choices.read(self.paging.as_deref(), answer)
        })
    }

    /// An answer as the fields that an account has of its own; none where the author did not say how it reads.
    pub fn read_fields(&self, answer: &Answer) -> IndexMap<String, ParamDoc> {
        let fields = self.listed_fields.as_ref();
        fields.map_or_else(IndexMap::new, |fields| {
            fields.read(self.paging.as_deref(), answer)
        })
    }

    /// Puts the fields that an account has of its own into the schema of one of its parameters. Members beyond these stay
    /// allowed: the listing may be behind.
    pub fn extend(schema: &mut Value, param: &str, fields: &IndexMap<String, ParamDoc>) {
        let params = schema.pointer_mut("/properties");
        if let Some(Value::Object(param)) = params.and_then(|params| params.get_mut(param)) {
            let empty = || Value::Object(Map::new());
            let known = param.entry("properties").or_insert_with(empty);
            if let Value::Object(known) = known {
                known.extend(schema::of_fields(fields));
            }
        }
    }
}
