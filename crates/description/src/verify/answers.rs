//! What comes back: the example's answer and the action's `output`, against the vendor's answer.

use serde_json::Value;
use tenon_connector::document::AnswerDoc;

use super::address::Match;
use super::knows::{Member, Shape, Told, is_annotation, walk};
use super::values::{Strictness, misfits};
use super::{Look, answer_for};
use crate::shape::Content;

/// Checks one answer; `alone` where the action's data is that answer's body.
pub(super) fn check(look: &mut Look<'_>, matched: &Match<'_>, answer: &AnswerDoc, alone: bool) {
    let answers = &matched.operation.answers;
    if answers.is_empty() {
        return;
    }
    let Some(described) = answer_for(answers, answer.status) else {
        let known: Vec<_> = answers
            .iter()
            .map(|answer| answer.status.as_str())
            .collect();
        let message = format!(
            "the vendor answers {}, not {}",
            known.join(", "),
            answer.status
        );
        return look.find("status", message);
    };
    let Some(content) = json_content(&described.contents) else {
        return;
    };
    if let Some(body) = &answer.json {
        let shape = Shape::new(matched.defs, &content.schema);
        walk(&shape, body, "answer", &mut |at, told| {
            if let Told::Unknown = told {
                look.find(at, "the vendor does not answer it");
            }
        });
        let strictness = Strictness::Abbreviated;
        for (at, message) in misfits(matched.defs, &content.schema, body, strictness) {
            look.find(format!("answer{at}"), message);
        }
    }
    // What `result` makes of an answer has a shape of its own.
    if alone
        && !look.action.has_result()
        && !look.action.gives_file
        && let Some(output) = &look.action.output_schema
    {
        let shape = Shape::new(matched.defs, &content.schema);
        let mut unknown = Vec::new();
        promised(&shape, output, output, "output", 0, &mut unknown);
        for at in unknown {
            look.find(at, "the vendor does not answer it");
        }
    }
}

fn json_content(contents: &indexmap::IndexMap<String, Content>) -> Option<&Content> {
    let json = |name: &str| name.contains("json") || name == "*/*";
    let found = contents.iter().find(|(name, _)| json(name));
    found.map(|(_, content)| content)
}

/// The members that `output` promises and the vendor does not know.
fn promised(
    shape: &Shape<'_>,
    output: &Value,
    root: &Value,
    at: &str,
    depth: usize,
    unknown: &mut Vec<String>,
) {
    if depth > 12 {
        return;
    }
    if let Some(found) = output
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| root.pointer(text.strip_prefix('#')?))
    {
        promised(shape, found, root, at, depth + 1, unknown);
    }
    let properties = output.get("properties").and_then(Value::as_object);
    for (name, inner) in properties.into_iter().flatten() {
        let at = format!("{at}/{name}");
        match shape.member(name) {
            Member::Known(shape) => promised(&shape, inner, root, &at, depth + 1, unknown),
            Member::Open => {}
            Member::Unknown if is_annotation(name) => {}
            Member::Unknown => unknown.push(at),
        }
    }
    if let Some(items) = output.get("items") {
        promised(&shape.items(), items, root, at, depth + 1, unknown);
    }
    for word in ["anyOf", "allOf", "oneOf"] {
        let branches = output.get(word).and_then(Value::as_array);
        for branch in branches.into_iter().flatten() {
            promised(shape, branch, root, at, depth + 1, unknown);
        }
    }
}
