//! Drafts become actions that compile and whose examples hold, or are left out with the reason.
//!
//! Vendors' own examples do not always fit their own schemas: a value that does not fit is replaced by one that is made,
//! and what even that does not fit loses the constraint.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tenon_connector::document::{AnswerDoc, ExampleDoc, OneOrMany, ParamDoc};
use tenon_connector::{
    Action, Body, Bundle, CONNECTOR_FILE, Connector, Content, Part, Plan, example,
};

use super::draft::Draft;
use super::{LeftOut, sample, write};

/// How often a draft is mended before it is given up.
const MOST_ROUNDS: usize = 3;

/// The drafts that hold, and the connector that they make.
pub(crate) struct Settled {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) bundle: Bundle,
}

/// Settles all drafts.
pub(crate) fn all(
    slug: &str,
    connector: &str,
    drafts: Vec<Draft>,
    left_out: &mut Vec<LeftOut>,
) -> Settled {
    let mut settled = Vec::new();
    let mut open = drafts;
    for _ in 0..MOST_ROUNDS {
        let Some((compiled, compiling)) = compile(slug, connector, open, left_out) else {
            open = Vec::new();
            break;
        };
        open = Vec::new();
        for mut draft in compiling {
            match settle(&compiled, &mut draft) {
                Step::Done => settled.push(draft),
                Step::Mended => open.push(draft),
                Step::GivenUp(reason) => left_out.push(LeftOut::of(&draft, reason)),
            }
        }
    }
    let never = open.into_iter();
    left_out.extend(
        never.map(|draft| LeftOut::of(&draft, "no example could be made for it".to_owned())),
    );
    finish(slug, connector, settled, left_out)
}

enum Step {
    Done,
    Mended,
    GivenUp(String),
}

fn bundle(slug: &str, connector: &str, drafts: &[Draft]) -> (Bundle, HashMap<String, String>) {
    let mut files = BTreeMap::from([(CONNECTOR_FILE.to_owned(), connector.to_owned())]);
    let mut unwritten = HashMap::new();
    for draft in drafts {
        match write::yaml(&draft.document()) {
            Ok(text) => drop(files.insert(draft.file(), text)),
            Err(message) => drop(unwritten.insert(draft.file(), message)),
        }
    }
    let slug = slug.to_owned();
    (
        Bundle {
            slug,
            files,
            proven: false,
        },
        unwritten,
    )
}

/// Compiles what compiles; the rest is left out.
fn compile(
    slug: &str,
    connector: &str,
    mut drafts: Vec<Draft>,
    left_out: &mut Vec<LeftOut>,
) -> Option<(Connector, Vec<Draft>)> {
    // Twice: what is wrong with actions together (ids, sources) shows when those that are wrong alone have gone.
    for _ in 0..3 {
        if drafts.is_empty() {
            return None;
        }
        let (bundle, mut wrong) = bundle(slug, connector, &drafts);
        match bundle.compile() {
            Ok(connector) if wrong.is_empty() => return Some((connector, drafts)),
            Ok(_) => {}
            Err(problems) => {
                for problem in problems {
                    wrong.entry(problem.file).or_insert(problem.message);
                }
            }
        }
        let (bad, good) = drafts
            .into_iter()
            .partition(|draft| wrong.contains_key(&draft.file()));
        drafts = good;
        let bad: Vec<Draft> = bad;
        left_out.extend(bad.iter().map(|draft| {
            let reason = wrong.get(&draft.file()).cloned().unwrap_or_default();
            LeftOut::of(draft, reason)
        }));
    }
    None
}

/// Makes the example of one action.
fn settle(connector: &Connector, draft: &mut Draft) -> Step {
    let Some(action) = connector.action(&draft.id) else {
        return Step::GivenUp("the action is missing after it was compiled".to_owned());
    };
    complete(draft);
    let input: Map<String, Value> = draft.input.clone().into_iter().collect();
    let Err(errors) = action.admit(Value::Object(input)) else {
        return plan(connector, action, draft);
    };
    let names = errors
        .iter()
        .filter_map(|error| error.param.split('/').next());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let mut loosened = false;
    for name in names {
        loosened |= mend(draft, &name);
    }
    if loosened {
        return Step::Mended;
    }
    let input: Map<String, Value> = draft.input.clone().into_iter().collect();
    match action.admit(Value::Object(input)) {
        Ok(_) => plan(connector, action, draft),
        // The next round has what was mended in this one.
        Err(_) => Step::Mended,
    }
}

/// Everything that is required, and one parameter where nothing is.
fn complete(draft: &mut Draft) {
    let wanted = draft.params.iter().filter(|(_, param)| param.required);
    let missing: Vec<(String, Value)> = wanted
        .filter(|(name, _)| !draft.input.contains_key(*name))
        .map(|(name, param)| (name.clone(), sample::value(param, false)))
        .collect();
    draft.input.extend(missing);
    let params = &draft.params;
    draft.input.retain(|name, _| params.contains_key(name));
    let order = |name: &String| params.get_index_of(name);
    draft
        .input
        .sort_by(|one, _, other, _| order(one).cmp(&order(other)));
    let repeated = draft.request.get("form_lists").is_some();
    for value in draft.input.values_mut().filter(|_| repeated) {
        // An example's form has one value for each name.
        if let Value::Array(items) = value {
            items.truncate(1);
        }
    }
    const SHOWN: usize = 8;
    let mut optional = 0;
    draft.input.retain(|name, _| {
        let required = params.get(name).is_some_and(|param| param.required);
        optional += usize::from(!required);
        required || optional <= SHOWN
    });
}

/// A value that does not fit is left out, or made, or the parameter takes more. Whether the parameter changed.
fn mend(draft: &mut Draft, name: &str) -> bool {
    let Some(param) = draft.params.get_mut(name) else {
        draft.input.shift_remove(name);
        return false;
    };
    if !param.required {
        draft.input.shift_remove(name);
        return false;
    }
    let made = sample::made(param, false);
    if draft.input.get(name) != Some(&made) {
        draft.input.insert(name.to_owned(), made);
        return false;
    }
    let loose = ParamDoc {
        kind: param.kind,
        required: true,
        label: param.label.take(),
        description: param.description.take(),
        ..ParamDoc::default()
    };
    *param = loose;
    let value = sample::made(param, false);
    draft.input.insert(name.to_owned(), value);
    true
}

/// What the example sends is what the action means.
fn plan(connector: &Connector, action: &Action, draft: &mut Draft) -> Step {
    let example = ExampleDoc {
        name: None,
        connection: Default::default(),
        input: draft.input.clone(),
        sends: OneOrMany::default(),
        answers: OneOrMany::One(AnswerDoc {
            status: 200,
            headers: Default::default(),
            json: None,
            text: None,
        }),
        data: None,
        fails: None,
    };
    match example::plans(connector, action, &example) {
        Err(reason) => Step::GivenUp(reason),
        Ok(plans) => match plans.first() {
            None => Step::GivenUp("it plans no request".to_owned()),
            Some(plan) => {
                draft.sends = Some(sends(connector, draft, plan));
                Step::Done
            }
        },
    }
}

fn sends(connector: &Connector, draft: &Draft, plan: &Plan) -> Value {
    let mut sends = Map::new();
    let base = connector.base_path();
    let lines = ["get", "post", "put", "patch", "delete"];
    let line = lines
        .iter()
        .find_map(|key| draft.request.get(*key)?.as_str());
    if line.is_some_and(|line| line.contains("{{")) {
        let path = plan.url.path();
        let path = path.strip_prefix(base.as_str()).unwrap_or(path);
        sends.insert("path".to_owned(), json!(path));
    }
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in plan.url.query_pairs() {
        again(
            &mut query,
            name.into_owned(),
            Value::String(value.into_owned()),
        );
    }
    // Connectors that are imported have no headers of their own.
    let headers: Map<String, Value> = plan
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    for (key, map) in [("query", query), ("headers", headers)] {
        if !map.is_empty() {
            sends.insert(key.to_owned(), Value::Object(map));
        }
    }
    if let Some((key, body)) = body(&plan.body) {
        sends.insert(key.to_owned(), body);
    }
    Value::Object(sends)
}

fn again(map: &mut Map<String, Value>, name: String, value: Value) {
    match map.get_mut(&name) {
        None => drop(map.insert(name, value)),
        Some(Value::Array(list)) => list.push(value),
        Some(one) => *one = json!([one.clone(), value]),
    }
}

fn body(body: &Body) -> Option<(&'static str, Value)> {
    Some(match body {
        Body::Empty => return None,
        Body::Json(json) => ("json", json.clone()),
        Body::Form(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)));
            ("form", Value::Object(pairs.collect()))
        }
        Body::Multipart(parts) => {
            let mut made = Map::new();
            for part in parts {
                again(&mut made, part.name.clone(), one_part(part));
            }
            ("multipart", Value::Object(made))
        }
        Body::Raw { content, .. } => match content_of(content) {
            ("text", text) => ("text", text),
            _ => return None,
        },
        Body::Related { .. } => return None,
    })
}

fn one_part(part: &Part) -> Value {
    let (key, content) = content_of(&part.content);
    let Some(filename) = &part.filename else {
        return content;
    };
    let kind = part.content_type.as_deref();
    let kind = kind.unwrap_or("application/octet-stream");
    json!({ "filename": filename, "content_type": kind, key: content })
}

/// Content as examples write it.
fn content_of(content: &Content) -> (&'static str, Value) {
    let Content::Inline(bytes) = content else {
        return ("base64", Value::Null);
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => ("text", json!(text)),
        Err(_not_text) => ("base64", json!(STANDARD.encode(bytes))),
    }
}

/// The last word: all files together compile, and every example holds.
fn finish(slug: &str, connector: &str, drafts: Vec<Draft>, left_out: &mut Vec<LeftOut>) -> Settled {
    let empty = |connector: &str| Bundle {
        slug: slug.to_owned(),
        files: BTreeMap::from([(CONNECTOR_FILE.to_owned(), connector.to_owned())]),
        proven: false,
    };
    let Some((compiled, drafts)) = compile(slug, connector, drafts, left_out) else {
        let bundle = empty(connector);
        return Settled {
            drafts: Vec::new(),
            bundle,
        };
    };
    let mut good = Vec::new();
    for draft in drafts {
        let wrong = compiled
            .action(&draft.id)
            .map(|action| example::check(&compiled, action));
        match wrong.unwrap_or_default().into_iter().next() {
            None => good.push(draft),
            Some(reason) => left_out.push(LeftOut::of(&draft, reason)),
        }
    }
    let (bundle, _) = bundle(slug, connector, &good);
    Settled {
        drafts: good,
        bundle,
    }
}
