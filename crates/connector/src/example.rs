//! Examples as tests: input → exact request → response → data. Pure: nothing is sent.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::answer::{Answer, Verdict};
use crate::connector::{Connector, Facts};
use crate::document::{AnswerDoc, ExampleDoc, SendsDoc};
use crate::payload::Payload;
use crate::plan::{Body, Plan};
use crate::schema;

/// The `idempotency_key` that examples see.
const EXAMPLE_KEY: &str = "example-key";

impl ExampleDoc {
    /// The facts of the example's connection: its own, and the declared examples for the rest.
    pub fn facts(&self, connector: &Connector) -> Facts {
        let mut connection = connector.example_facts();
        connection.extend(self.connection.clone());
        Facts {
            connection,
            idempotency_key: EXAMPLE_KEY.to_owned(),
        }
    }

    /// The parameters, as a caller would send them.
    pub fn body(&self) -> Value {
        Value::Object(
            self.input
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }
}

impl AnswerDoc {
    /// The answer as if it had come.
    pub fn answer(&self) -> Answer {
        let payload = match (&self.json, &self.text) {
            (Some(json), _) => Payload::Json(json.clone()),
            (None, Some(text)) => Payload::read(
                self.headers.get("content-type").map(String::as_str),
                text.as_bytes(),
            ),
            (None, None) => Payload::Empty,
        };
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect();
        Answer {
            status: self.status,
            headers,
            payload,
        }
    }
}

/// Runs every example of an action and says what does not hold.
pub fn check(connector: &Connector, action: &Action) -> Vec<String> {
    let run = |(index, example): (usize, &ExampleDoc)| {
        let name = example
            .name
            .clone()
            .unwrap_or_else(|| format!("example {}", index + 1));
        check_one(connector, action, example)
            .err()
            .map(|message| format!("{name}: {message}"))
    };
    action.examples.iter().enumerate().filter_map(run).collect()
}

fn check_one(connector: &Connector, action: &Action, example: &ExampleDoc) -> Result<(), String> {
    let run = run(connector, action, example)?;
    let sends = example.sends.as_slice();
    if run.plans.len() != sends.len() {
        return Err(format!(
            "{} requests are planned and `sends` has {}",
            run.plans.len(),
            sends.len()
        ));
    }
    for (plan, sends) in run.plans.iter().zip(sends) {
        check_request(connector, action, plan, sends)?;
    }
    check_outcome(action, example, &run)
}

/// What an example comes to.
struct Run {
    params: Map<String, Value>,
    plans: Vec<Plan>,
    answers: Value,
    last: Option<Answer>,
    verdict: Verdict,
}

fn run(connector: &Connector, action: &Action, example: &ExampleDoc) -> Result<Run, String> {
    let admitted = action.admit(example.body());
    let params = admitted.map_err(|errors| {
        errors
            .iter()
            .map(|error| error.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    })?;
    let (_, way) = connector
        .default_way()
        .ok_or("the connector has no way to authenticate")?;
    let facts = example.facts(connector);
    let mut run = Run {
        params,
        plans: Vec::new(),
        answers: Value::Object(Map::new()),
        last: None,
        verdict: Verdict::Success,
    };
    let mut replies = example.answers.as_slice().iter().map(AnswerDoc::answer);
    for index in 0..action.step_count() {
        let planned = action.plan(index, connector, way, &run.params, &facts, &run.answers);
        let Some(plan) = planned.map_err(|error| error.to_string())? else {
            continue;
        };
        let answer = replies
            .next()
            .ok_or_else(|| format!("no answer for step `{}`", plan.step))?;
        run.verdict = connector.interpret(&answer, 0);
        if let Value::Object(answers) = &mut run.answers {
            answers.insert(plan.step.clone(), answer.as_value());
        }
        run.plans.push(plan);
        run.last = Some(answer);
        if run.verdict != Verdict::Success {
            break;
        }
    }
    Ok(run)
}

/// The requests of an example, for those who send them somewhere.
///
/// # Errors
/// Where the example does not come to a request.
pub fn plans(
    connector: &Connector,
    action: &Action,
    example: &ExampleDoc,
) -> Result<Vec<Plan>, String> {
    run(connector, action, example).map(|run| run.plans)
}

fn check_request(
    connector: &Connector,
    action: &Action,
    plan: &Plan,
    sends: &SendsDoc,
) -> Result<(), String> {
    let fixed = action
        .steps
        .iter()
        .find(|step| step.name == plan.step)
        .and_then(|step| step.request.fixed_path());
    let path = sends
        .path
        .clone()
        .or(fixed)
        .ok_or("`sends` needs `path`: the action's path has a reference")?;
    same(
        "method",
        plan.method.as_str(),
        sends.method.as_deref().unwrap_or(plan.method.as_str()),
    )?;
    same(
        "path",
        plan.url.path(),
        &format!("{}{path}", connector.base_path()),
    )?;
    same("query", &planned_query(plan), &written_query(&sends.query))?;
    same(
        "headers",
        &planned_headers(connector, plan),
        &written_headers(&sends.headers),
    )?;
    check_body(plan, sends)
}

fn check_body(plan: &Plan, sends: &SendsDoc) -> Result<(), String> {
    let written = match (&sends.json, &sends.form, &sends.text) {
        (Some(json), None, None) => Body::Json(json.clone()),
        (None, Some(form), None) => Body::Form(
            form.iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        ),
        (None, None, Some(text)) => {
            let content_type = match &plan.body {
                Body::Raw { content_type, .. } => content_type.clone(),
                _ => String::new(),
            };
            Body::Raw {
                content_type,
                text: text.clone(),
            }
        }
        (None, None, None) => Body::Empty,
        _ => return Err("`sends` has at most one of `json`, `form` and `text`".to_owned()),
    };
    same("body", &plan.body, &written)
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    planned: &T,
    written: &T,
) -> Result<(), String> {
    if planned == written {
        Ok(())
    } else {
        Err(format!(
            "the {what} is {planned:?} and the example says {written:?}"
        ))
    }
}

fn planned_query(plan: &Plan) -> Vec<(String, String)> {
    plan.url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn written_query(query: &IndexMap<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    query
        .iter()
        .for_each(|(name, value)| crate::payload::flatten_query(name, value, &mut pairs));
    pairs
}

fn planned_headers(connector: &Connector, plan: &Plan) -> Vec<(String, String)> {
    let common = |(name, value): &&(String, String)| {
        connector
            .headers
            .iter()
            .any(|(key, text)| key.eq_ignore_ascii_case(name) && text == value)
    };
    plan.headers
        .iter()
        .filter(|header| !common(header))
        .cloned()
        .collect()
}

fn written_headers(headers: &IndexMap<String, String>) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect()
}

fn check_outcome(action: &Action, example: &ExampleDoc, run: &Run) -> Result<(), String> {
    let failed = run.verdict.failure().map(|failure| failure.code.clone());
    same("error's code", &failed, &example.fails)?;
    let Some(last) = run.last.as_ref().filter(|_| failed.is_none()) else {
        return Ok(());
    };
    let data = action
        .data(&run.params, &run.answers, last)
        .map_err(|error| error.to_string())?;
    if let Some(written) = &example.data {
        same("data", &data, written)?;
    }
    check_output(action, &data)
}

fn check_output(action: &Action, data: &Value) -> Result<(), String> {
    let Some(schema) = &action.output_schema else {
        return Ok(());
    };
    let errors: Vec<_> = schema::validator(schema)?
        .iter_errors(data)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "the data does not fit `output`: {}",
            errors.join("; ")
        ))
    }
}
