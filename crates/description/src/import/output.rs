//! What an action gives: the schema of the answer's data, and an answer for the example.

use serde_json::{Map, Value, json};
use tenon_connector::document::ParamDoc;

use super::bounded::{self, Direction};
use super::draft::Draft;
use super::sample;
use crate::shape::{Answer, Content, Description, Operation};

/// The most nodes of an output.
const NODES: usize = 80;
/// The longest description of a member.
const DESCRIPTION: usize = 120;

/// Fills the draft's output and the answer of its example. Gives the shape of the data, for those who look for lists.
pub(crate) fn fill(
    description: &Description,
    operation: &Operation,
    draft: &mut Draft,
) -> Option<ParamDoc> {
    let answer = best(&operation.answers);
    let status = answer.map_or(200, status);
    let mut answers = Map::new();
    if status != 200 {
        answers.insert("status".to_owned(), json!(status));
    }
    let content = answer.and_then(|answer| chosen(&answer.contents));
    let shape = match (answer, content) {
        (_, Some((true, _, content))) => json_data(description, content, draft, &mut answers),
        (_, Some((false, media, _))) => {
            other_data(media, draft, &mut answers);
            None
        }
        (Some(_), None) => {
            draft.output = Some(json!({ "nothing": true }));
            None
        }
        (None, None) => {
            answers.insert("json".to_owned(), json!({}));
            None
        }
    };
    draft.answers = answers;
    shape
}

/// The first answer that says that it worked.
fn best(answers: &[Answer]) -> Option<&Answer> {
    let good = |answer: &&Answer| answer.status.starts_with('2');
    let with_body = |answer: &&Answer| !answer.contents.is_empty();
    let mut found = answers.iter().filter(good);
    let first = found.clone().find(with_body).or_else(|| found.next());
    first.or_else(|| {
        answers
            .iter()
            .find(|answer| answer.status == "default" && !answer.contents.is_empty())
    })
}

fn status(answer: &Answer) -> u16 {
    let told = answer
        .status
        .parse()
        .ok()
        .filter(|status| (200..300).contains(status));
    told.unwrap_or(if answer.contents.is_empty() { 204 } else { 200 })
}

fn chosen(contents: &indexmap::IndexMap<String, Content>) -> Option<(bool, &str, &Content)> {
    let is_json = |media: &str| media.contains("json") || media.starts_with("*/*");
    let mut all = contents
        .iter()
        .map(|(media, content)| (is_json(media), media.as_str(), content));
    let first = all.clone().next();
    all.find(|(json, _, _)| *json).or(first)
}

fn json_data(
    description: &Description,
    content: &Content,
    draft: &mut Draft,
    answers: &mut Map<String, Value>,
) -> Option<ParamDoc> {
    let shape = bounded::param(
        &description.defs,
        &content.schema,
        Direction::Received,
        NODES,
    );
    let example = content.example.clone().filter(sample::is_handy);
    let value = example.or_else(|| shape.examples.first().cloned().filter(sample::is_handy));
    let mut shown = shape.clone();
    bare(&mut shown, 0);
    let mut schema = tenon_connector::schema::of_value(&shown);
    let value = fitting(&schema, value, &shape).unwrap_or_else(|| {
        // A schema that no example fits, not even one made of it, says nothing that is true.
        schema = json!({});
        sample::made(&shape, false)
    });
    answers.insert("json".to_owned(), value);
    let says = schema.as_object().is_some_and(|schema| !schema.is_empty());
    draft.output = says.then(|| json!({ "schema": schema }));
    Some(shape)
}

/// The vendor's own example where it fits the vendor's own schema, else one that is made.
fn fitting(schema: &Value, own: Option<Value>, shape: &ParamDoc) -> Option<Value> {
    let validator = tenon_connector::schema::validator(schema).ok()?;
    let made = [
        sample::value(shape, true),
        sample::made(shape, true),
        sample::made(shape, false),
    ];
    let mut candidates = own.into_iter().chain(made);
    candidates.find(|value| validator.is_valid(value))
}

/// What an answer is allowed to be is no place for samples and limits: applications grow. What lies deep is told by its
/// name.
fn bare(shape: &mut ParamDoc, level: usize) {
    shape.examples.clear();
    shape.default = None;
    (shape.pattern, shape.min_length, shape.max_length) = (None, None, None);
    (shape.minimum, shape.maximum) = (None, None);
    let about = shape.description.take().filter(|_| level < 2);
    shape.description = about.and_then(|text| super::texts::short(&text, DESCRIPTION));
    let parts = shape.properties.values_mut().chain(&mut shape.any_of);
    let parts = parts.chain(shape.additional.as_deref_mut());
    parts.for_each(|part| bare(part, level + 1));
    if let Some(item) = shape.items.as_deref_mut() {
        bare(item, level);
    }
}

/// Anything but JSON: a text where people could read it, else a file, which is kept elsewhere.
fn other_data(media: &str, draft: &mut Draft, answers: &mut Map<String, Value>) {
    let text = media.starts_with("text/") || media.ends_with("xml");
    draft.output = Some(match text {
        true => json!({ "schema": text_schema() }),
        false => json!({ "file": true }),
    });
    let media = if media.contains('*') {
        "application/octet-stream"
    } else {
        media
    };
    answers.insert("headers".to_owned(), json!({ "content-type": media }));
    answers.insert("text".to_owned(), json!("text"));
}

fn text_schema() -> Value {
    json!({
        "type": "object",
        "required": ["content_type", "encoding", "body"],
        "properties": {
            "content_type": { "type": "string" },
            "encoding": { "type": "string", "enum": ["text", "base64"] },
            "body": { "type": "string" }
        }
    })
}
