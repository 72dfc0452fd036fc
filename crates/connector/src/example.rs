//! Examples as tests: input → exact request → response → data. Pure: nothing is sent.

mod sends;

use serde_json::{Map, Value};

use crate::action::Action;
use crate::answer::{Answer, Verdict};
use crate::connector::{Connector, Facts};
use crate::disposition;
use crate::document::{AnswerDoc, ExampleDoc};
use crate::payload::{KeptFile, Payload};
use crate::plan::Plan;
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
    let facts = example.facts(connector);
    for (plan, sends) in run.plans.iter().zip(sends) {
        sends::check(connector, action, plan, &facts, sends)?;
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
        run.verdict = action.interpret(connector, &plan.step, &answer, 0);
        if let Value::Object(answers) = &mut run.answers {
            answers.insert(plan.step.clone(), answer.as_value());
        }
        run.plans.push(plan);
        let last = index + 1 == action.step_count();
        run.last = Some(match run.verdict {
            Verdict::Success if action.gives_file && last => kept(answer, example),
            _ => answer,
        });
        if run.verdict != Verdict::Success {
            break;
        }
    }
    Ok(run)
}

/// The answer of an example as if it had been kept.
fn kept(answer: Answer, example: &ExampleDoc) -> Answer {
    let docs = example.answers.as_slice();
    let text = docs.last().and_then(|doc| doc.text.as_deref());
    let size = text.map_or(0, str::len) as u64;
    let kept = KeptFile {
        file: "file_example".to_owned(),
        link: "https://tenon.example/api/v2/files/example".to_owned(),
        filename: disposition::filename(&answer),
        content_type: answer.content_type().to_owned(),
        size,
        expires_at: "2027-01-01T00:00:00Z".to_owned(),
    };
    Answer {
        payload: Payload::File(kept),
        ..answer
    }
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
        same("data", &told(action, &data), written)?;
    }
    check_output(action, &data)
}

/// The data as an example tells it: of a kept file what the application said of it.
fn told(action: &Action, data: &Value) -> Value {
    let said = ["filename", "content_type", "size"];
    match data {
        Value::Object(map) if action.gives_file => {
            let said = said
                .into_iter()
                .filter_map(|key| Some((key.to_owned(), map.get(key)?.clone())));
            Value::Object(said.collect())
        }
        data => data.clone(),
    }
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
