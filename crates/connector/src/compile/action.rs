//! Action files.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::Context;
use crate::action::{Action, FETCH_ALL, Step};
use crate::answer::answer_names;
use crate::bundle::{Bundle, CONNECTOR_FILE};
use crate::document::{
    ActionDoc, OutputDoc, PagedDoc, ParamDoc, ParamType, RequestDoc, SourceDoc, StepDoc,
};
use crate::expr::Expr;
use crate::listing::{Choices, Fields, Source};
use crate::lookup::Lookup;
use crate::page::Paging;
use crate::payload::KeptFile;
use crate::problem::{Fault, Problem};
use crate::request::Request;
use crate::schema;
use crate::template::Template;
use crate::yaml;

const MOST_STEPS: usize = 8;

/// The most entries that one execution collects.
const MOST_FETCHED: u32 = 10_000;

/// Names that parameters cannot have: they mean something else in a request.
const RESERVED: &[&str] = &[
    "connection",
    "idempotency_key",
    "steps",
    "true",
    "false",
    "none",
];

pub(super) fn actions(
    bundle: &Bundle,
    context: &Context,
    problems: &mut Vec<Problem>,
) -> Vec<Action> {
    let compile = |(id, file, text)| {
        action(id, file, text, context)
            .map_err(|problem| problems.push(problem))
            .ok()
    };
    bundle.actions().filter_map(compile).collect()
}

/// The action files that are no action files, whatever they refer to.
pub(super) fn unreadable(bundle: &Bundle) -> impl Iterator<Item = Problem> {
    bundle
        .actions()
        .filter_map(|(_, file, text)| yaml::read::<ActionDoc>(file, text).err())
}

pub(crate) fn action(
    id: &str,
    file: &str,
    text: &str,
    context: &Context,
) -> Result<Action, Problem> {
    let doc: ActionDoc = yaml::read(file, text)?;
    action_from_doc(id, doc, context).map_err(|fault| yaml::locate(file, text, fault))
}

fn action_from_doc(id: &str, mut doc: ActionDoc, context: &Context) -> Result<Action, Fault> {
    check_ids(id, &doc)?;
    let paging = paging(&doc, context).map_err(|fault| fault.under("paged"))?;
    if paging.is_some() {
        doc.params.insert(FETCH_ALL.to_owned(), fetch_all());
    }
    let known = |name: &str| {
        doc.params.contains_key(name)
            || name == "connection"
            || name == "idempotency_key"
            || name == "steps"
    };
    let steps = steps(&doc, &known, context)?;
    let segments = steps
        .iter()
        .flat_map(|step| step.request.path_params())
        .collect();
    let input_schema = schema::of_params(&doc.params, &segments);
    let validator =
        schema::validator(&input_schema).map_err(|message| Fault::here(message).under("params"))?;
    let seen = |name: &str| known(name) || answer_names(name);
    let result = doc
        .result
        .as_ref()
        .map(|result| Template::compile(result, &seen))
        .transpose();
    let lookup = doc.lookup.as_ref().map(Lookup::compile).transpose();
    let choices = doc
        .choices
        .as_ref()
        .map(|choices| Choices::compile(choices, paging.as_deref()));
    let fields = doc
        .fields
        .as_ref()
        .map(|fields| Fields::compile(fields, paging.as_deref()));
    Ok(Action {
        id: id.to_owned(),
        input_schema,
        validator,
        steps,
        result: result.map_err(|fault| fault.under("result"))?,
        gives_file: matches!(doc.output, Some(OutputDoc::File(true))),
        output_schema: output(doc.output.as_ref(), context)
            .map_err(|fault| fault.under("output"))?,
        name: doc.name,
        description: doc.description,
        aliases: doc.aliases,
        scopes: doc.scopes,
        examples: doc.examples,
        effect: doc.effect,
        idempotent: doc.idempotent,
        options: sources(
            &doc.params,
            "options",
            |param| param.options.as_ref(),
            &known,
        )?,
        member_sources: sources(&doc.params, "fields", |param| param.fields.as_ref(), &known)?,
        choices: choices
            .transpose()
            .map_err(|fault| fault.under("choices"))?,
        listed_fields: fields.transpose().map_err(|fault| fault.under("fields"))?,
        paging,
        params: doc.params,
        lookup: lookup.map_err(|fault| fault.under("lookup"))?,
    })
}

/// The rule by which the list goes on, if it is one.
fn paging(doc: &ActionDoc, context: &Context) -> Result<Option<Arc<Paging>>, Fault> {
    let paging = match &doc.paged {
        PagedDoc::Usual(false) => return Ok(None),
        PagedDoc::Usual(true) => context.paging.clone().ok_or_else(|| {
            Fault::here(format!(
                "{CONNECTOR_FILE} does not say how lists go on (`paging`)"
            ))
        })?,
        PagedDoc::Own(own) => Arc::new(Paging::compile(own)?),
    };
    if doc.request.is_none() {
        return Err(Fault::here(
            "a list that goes on has one `request`, no `steps`",
        ));
    }
    if !doc.params.contains_key(paging.param()) {
        let message = format!(
            "the list cannot go on without the parameter `{}`",
            paging.param()
        );
        return Err(Fault::here(message));
    }
    Ok(Some(paging))
}

/// The parameter that every list which goes on has.
fn fetch_all() -> ParamDoc {
    let description = format!(
        "Follow the pages and give as many as this of all entries at once, at most {MOST_FETCHED}. Left out: one page."
    );
    ParamDoc {
        kind: Some(ParamType::Integer),
        label: Some("Fetch All Up To".to_owned()),
        description: Some(description),
        minimum: Some(1.0),
        maximum: Some(f64::from(MOST_FETCHED)),
        ..ParamDoc::default()
    }
}

/// The listing actions behind parameters, by their names.
fn sources(
    params: &IndexMap<String, ParamDoc>,
    keyword: &str,
    of: impl Fn(&ParamDoc) -> Option<&SourceDoc>,
    known: &dyn Fn(&str) -> bool,
) -> Result<IndexMap<String, Source>, Fault> {
    let named = params
        .iter()
        .filter_map(|(name, param)| Some((name, of(param)?)));
    named
        .map(|(name, doc)| {
            let source = Source::compile(doc, known);
            let under = |fault: Fault| fault.under(keyword).under(name).under("params");
            Ok((name.clone(), source.map_err(under)?))
        })
        .collect()
}

fn check_ids(id: &str, doc: &ActionDoc) -> Result<(), Fault> {
    if !id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || id.is_empty()
        || id.len() > 128
    {
        return Err(Fault::here(format!(
            "the file name `{id}` cannot be an action's id: use letters, digits and `_`"
        )));
    }
    for (name, param) in &doc.params {
        let under = |message: String| Fault::here(message).under(name).under("params");
        if RESERVED.contains(&name.as_str()) {
            return Err(under(format!("`{name}` is a reserved name")));
        }
        if name == FETCH_ALL && doc.paged.goes_on() {
            return Err(under(format!("`{name}` comes by itself with `paged`")));
        }
        if param.items.is_some() && param.kind != Some(ParamType::Array) {
            return Err(under("`items` goes with `type: array`".to_owned()));
        }
    }
    Ok(())
}

/// A later step that has an earlier one's name would hide its answer.
fn check_step_names(docs: &[StepDoc]) -> Result<(), Fault> {
    for (index, step) in docs.iter().enumerate() {
        if docs
            .iter()
            .take(index)
            .any(|earlier| earlier.name == step.name)
        {
            let message = format!("another step is called `{}` already", step.name);
            return Err(Fault::here(message)
                .under("name")
                .under(index.to_string())
                .under("steps"));
        }
    }
    Ok(())
}

fn steps(
    doc: &ActionDoc,
    known: &dyn Fn(&str) -> bool,
    context: &Context,
) -> Result<Vec<Step>, Fault> {
    check_step_names(&doc.steps)?;
    match (&doc.request, doc.steps.as_slice()) {
        (Some(request), []) => {
            let request = request_with_facts(request, known, context)
                .map_err(|fault| fault.under("request"))?;
            Ok(vec![Step {
                name: "request".to_owned(),
                when: None,
                effect: None,
                request,
            }])
        }
        (None, docs @ [_, ..]) if docs.len() <= MOST_STEPS => docs
            .iter()
            .enumerate()
            .map(|(index, step)| {
                let under = |fault: Fault| fault.under(index.to_string()).under("steps");
                let request = request_with_facts(&step.request, known, context)
                    .map_err(|fault| under(fault.under("request")))?;
                let when = step
                    .when
                    .as_ref()
                    .map(|when| Expr::compile(when, known))
                    .transpose();
                let when = when.map_err(|fault| under(fault.under("when")))?;
                Ok(Step {
                    name: step.name.clone(),
                    when,
                    effect: step.effect,
                    request,
                })
            })
            .collect(),
        (None, [_, ..]) => Err(Fault::here(format!("at most {MOST_STEPS} steps")).under("steps")),
        _ => Err(Fault::here("an action needs either `request` or `steps`")),
    }
}

/// Facts are few and written by the same author: a misspelt one would silently leave its key out.
fn request_with_facts(
    doc: &RequestDoc,
    known: &dyn Fn(&str) -> bool,
    context: &Context,
) -> Result<Request, Fault> {
    let request = Request::compile(doc, known)?;
    let misspelt = request
        .exprs()
        .into_iter()
        .filter(|expr| expr.root() == Some("connection"))
        .find_map(|expr| {
            expr.member()
                .filter(|member| !context.facts.iter().any(|fact| fact == member))
        });
    match misspelt {
        Some(name) => Err(Fault::here(format!(
            "`connection.{name}` is not declared under `connection` in {CONNECTOR_FILE}"
        ))),
        None => Ok(request),
    }
}

fn output(doc: Option<&OutputDoc>, context: &Context) -> Result<Option<Value>, Fault> {
    let schema = match doc {
        None => return Ok(None),
        Some(OutputDoc::Object(name)) => context.schemas.get(name).cloned().ok_or_else(|| {
            Fault::here(format!(
                "`{name}` is not declared under `schemas` in {CONNECTOR_FILE}"
            ))
        })?,
        Some(OutputDoc::Schema(schema)) => schema.clone(),
        Some(OutputDoc::Nothing(_)) => json!({"type": "null"}),
        Some(OutputDoc::File(_)) => return Ok(Some(KeptFile::schema())),
    };
    let schema = with_definitions(schema, &context.schemas);
    schema::validator(&schema).map_err(Fault::here)?;
    Ok(Some(schema))
}

/// Schemas may refer to each other as `#/$defs/name`; what a schema defines itself comes first.
fn with_definitions(mut schema: Value, schemas: &IndexMap<String, Value>) -> Value {
    if schema.to_string().contains("#/$defs/")
        && let Some(map) = schema.as_object_mut()
        && let Some(own) = map
            .entry("$defs")
            .or_insert_with(|| json!({}))
            .as_object_mut()
    {
        for (name, schema) in schemas {
            own.entry(name).or_insert_with(|| schema.clone());
        }
    }
    schema
}
