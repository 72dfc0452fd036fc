//! Routes: compiled from a connector's `sandbox` section, matched against methods and paths.

use jsonschema::Validator;
use serde_json::{Map, Value};
use tenon_connector::document::{Operation, SandboxRouteDoc};
use tenon_connector::{Method, Template, schema};

use crate::answer::Canned;
use crate::received::decoded;

/// A compiled [`SandboxRouteDoc`].
#[derive(Debug)]
pub(crate) struct Route {
    /// The method that it takes.
    pub(crate) method: Method,
    segments: Vec<Segment>,
    collections: Vec<String>,
    /// What it does.
    pub(crate) operation: Operation,
    /// What its body is like.
    pub(crate) body: Option<Validator>,
    /// Where the fields are.
    pub(crate) fields: Option<Template>,
    /// Which records.
    pub(crate) filter: Option<Template>,
    /// How many on a page.
    pub(crate) limit: Option<Template>,
    /// From where on.
    pub(crate) after: Option<Template>,
    /// How a record is shown.
    pub(crate) record: Option<Template>,
    /// The answer.
    pub(crate) answer: Canned,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Name(String),
}

impl Route {
    /// Compiles a route.
    ///
    /// # Errors
    /// A sentence that begins with the key that is wrong.
    pub(crate) fn compile(doc: &SandboxRouteDoc) -> Result<Self, String> {
        let (method, segments) = read_line(&doc.on).map_err(|error| format!("on: {error}"))?;
        let one_record = matches!(
            doc.operation,
            Operation::Read | Operation::Update | Operation::Delete
        );
        if one_record && !segments.contains(&Segment::Name("id".to_owned())) {
            return Err("on: the path needs `{id}`, or it is not known which record".to_owned());
        }
        if doc.operation == Operation::Query && doc.filter.is_none() {
            return Err("filter: a query needs the text to run".to_owned());
        }
        let text = |key: &str, text: &Option<String>| {
            let value = text.clone().map(Value::String);
            template(key, value.as_ref())
        };
        let body = doc.body.as_ref().map(schema::validator).transpose();
        Ok(Self {
            method,
            segments,
            collections: doc.collections.clone(),
            operation: doc.operation,
            body: body.map_err(|error| format!("body: {error}"))?,
            fields: text("fields", &doc.fields)?,
            filter: text("filter", &doc.filter)?,
            limit: text("limit", &doc.limit)?,
            after: text("after", &doc.after)?,
            record: template("record", doc.record.as_ref())?,
            answer: Canned::compile(&doc.answer).map_err(|error| format!("answer.{error}"))?,
        })
    }

    /// The names in the path where it is this route's.
    pub(crate) fn fit(&self, path: &str) -> Option<Map<String, Value>> {
        let given: Vec<_> = path.trim_start_matches('/').split('/').collect();
        if given.len() != self.segments.len() {
            return None;
        }
        let mut names = Map::new();
        for (segment, given) in self.segments.iter().zip(given) {
            let given = decoded(given);
            match segment {
                Segment::Literal(text) if *text == given => {}
                Segment::Name(name) if !given.is_empty() => {
                    names.insert(name.clone(), Value::String(given));
                }
                _ => return None,
            }
        }
        let collection = names.get("collection").and_then(Value::as_str);
        collection
            .is_none_or(|name| self.has_collection(name))
            .then_some(names)
    }

    /// Whether the route serves a collection.
    pub(crate) fn has_collection(&self, name: &str) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|known| known == name)
    }

    /// The collection where the path does not name it: the one that is listed, else the last fixed word of the path.
    pub(crate) fn own_collection(&self) -> &str {
        let literal = self
            .segments
            .iter()
            .rev()
            .find_map(|segment| match segment {
                Segment::Literal(text) => Some(text),
                Segment::Name(_) => None,
            });
        self.collections
            .first()
            .or(literal)
            .map_or("", String::as_str)
    }
}

fn template(key: &str, value: Option<&Value>) -> Result<Option<Template>, String> {
    value
        .map(Template::free)
        .transpose()
        .map_err(|error| format!("{key}: {error}"))
}

fn read_line(line: &str) -> Result<(Method, Vec<Segment>), String> {
    let wrong = || format!("`{line}` is not like `GET /things/{{id}}`");
    let (method, path) = line.split_once(' ').ok_or_else(wrong)?;
    let method = Method::parse(method).ok_or_else(wrong)?;
    let path = path.trim().strip_prefix('/').ok_or_else(wrong)?;
    Ok((method, path.split('/').map(read_segment).collect()))
}

fn read_segment(text: &str) -> Segment {
    let name = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    name.map_or_else(
        || Segment::Literal(text.to_owned()),
        |name| Segment::Name(name.to_owned()),
    )
}
