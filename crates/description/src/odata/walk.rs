//! A path through the model, and the operation at its end.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Bound, Odata, TypeRef, schemas};
use crate::shape::{Answer, Content, Encoding, Operation, Parameter, Place, RequestBody};

/// The options of a query that every OData service knows.
const OPTIONS: &[&str] = &[
    "$select",
    "$filter",
    "$top",
    "$skip",
    "$expand",
    "$orderby",
    "$search",
    "$count",
    "$skiptoken",
    "$skipToken",
    "$format",
    "$deltatoken",
];

/// What a path leads to.
enum Reached<'a> {
    /// A value of the model.
    Value(TypeRef),
    /// A call of an action or function.
    Call(&'a Bound),
    /// The bytes of a file.
    Bytes,
}

impl Odata {
    /// The operation that a method and a path below the service's root are.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let segments: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let reached = self.walk(&segments)?;
        let (body, answer) = self.at(method, &reached)?;
        let mut operation = Operation {
            id: Some(format!("{method} {}", template(&segments))),
            method: method.to_owned(),
            path: path.to_owned(),
            params: OPTIONS.iter().map(|name| query(name)).collect(),
            body,
            answers: answer.into_iter().collect(),
            ..Operation::default()
        };
        if let Reached::Call(bound) = reached {
            let others = bound.params.iter().filter(|_| !bound.is_action);
            operation.params.extend(others.map(|(name, _)| query(name)));
        }
        if method == "GET" && path.to_lowercase().ends_with("view") {
            // A view of a calendar is asked for between two moments.
            operation
                .params
                .extend(["startDateTime", "endDateTime"].map(query));
        }
        Some(operation)
    }

    fn walk(&self, segments: &[String]) -> Option<Reached<'_>> {
        let (first, rest) = segments.split_first()?;
        let mut here = self.roots.get(first.as_str())?.clone();
        let mut rest = rest.iter();
        while let Some(segment) = rest.next() {
            // `root:/folder/file:` names an item below another one by its path.
            let (name, by_path) = match segment.strip_suffix(':') {
                Some(name) => (name, true),
                None => (segment.as_str(), false),
            };
            if name == "$value" || self.is_stream(&here, name) {
                return rest.next().is_none().then_some(Reached::Bytes);
            }
            if let Some(bound) = self.bound_to(&here, name) {
                return rest.next().is_none().then_some(Reached::Call(bound));
            }
            here = match here.collection {
                true => TypeRef {
                    collection: false,
                    ..here
                },
                false => self.member(&here.name, name)?,
            };
            if by_path {
                rest.find(|segment| segment.ends_with(':'))?;
            }
        }
        Some(Reached::Value(here))
    }

    fn is_stream(&self, here: &TypeRef, name: &str) -> bool {
        let member = self.member(&here.name, name);
        !here.collection && member.is_some_and(|member| member.name == "Edm.Stream")
    }

    fn member(&self, kind: &str, name: &str) -> Option<TypeRef> {
        let mut kind = Some(kind);
        while let Some(one) = kind.and_then(|name| self.types.get(name)) {
            let found = one.navigation.get(name).or(one.properties.get(name));
            if let Some(found) = found {
                return Some(found.clone());
            }
            kind = one.base.as_deref();
        }
        None
    }

    fn bound_to(&self, here: &TypeRef, segment: &str) -> Option<&Bound> {
        let name = segment.split('(').next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default();
        let fits = |bound: &&Bound| {
            bound.to.collection == here.collection && self.is_a(&here.name, &bound.to.name)
        };
        self.bound.get(name)?.iter().find(fits)
    }

    fn is_a(&self, kind: &str, base: &str) -> bool {
        let mut kind = Some(kind);
        while let Some(name) = kind {
            if name == base {
                return true;
            }
            kind = self.types.get(name).and_then(|one| one.base.as_deref());
        }
        false
    }

    /// Body and answer of a method; `None` where there is no such method.
    fn at(
        &self,
        method: &str,
        reached: &Reached<'_>,
    ) -> Option<(Option<RequestBody>, Option<Answer>)> {
        Some(match (reached, method) {
            (Reached::Bytes, "GET") => (None, Some(answer("200", None))),
            (Reached::Bytes, "PUT") => (Some(anything()), None),
            (Reached::Call(bound), "POST") if bound.is_action => (
                Some(arguments(bound)),
                Some(answer_of(bound.gives.as_ref())),
            ),
            (Reached::Call(bound), "GET") if !bound.is_action => {
                (None, Some(answer_of(bound.gives.as_ref())))
            }
            (Reached::Value(kind), "GET") => (None, Some(answer_of(Some(kind)))),
            (Reached::Value(kind), "POST") if kind.collection => {
                let item = one_of(kind);
                (
                    Some(json_body(schemas::of(&item))),
                    Some(answer_of(Some(&item))),
                )
            }
            (Reached::Value(kind), "PATCH" | "PUT") if !kind.collection => (
                Some(json_body(schemas::of(kind))),
                Some(answer_of(Some(kind))),
            ),
            (Reached::Value(kind), "DELETE") if !kind.collection => {
                (None, Some(answer("2XX", None)))
            }
            _ => return None,
        })
    }
}

/// The path with its keys as variables, for people.
fn template(segments: &[String]) -> String {
    let plain = |segment: &String| {
        let name = segment.trim_end_matches(':');
        let word = name.split('(').next().unwrap_or_default();
        word.len() <= 24
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_uppercase() || c == '$')
    };
    let shown = segments.iter().map(|segment| match plain(segment) {
        true => format!("/{segment}"),
        false => "/{id}".to_owned(),
    });
    shown.collect()
}

fn one_of(kind: &TypeRef) -> TypeRef {
    TypeRef {
        collection: false,
        ..kind.clone()
    }
}

fn query(name: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place: Place::Query,
        required: false,
        description: None,
        deprecated: false,
        schema: json!({}),
        example: None,
        encoding: Encoding::default(),
        common: false,
    }
}

fn contents(media_type: &str, schema: Value) -> IndexMap<String, Content> {
    let content = Content {
        schema,
        ..Content::default()
    };
    IndexMap::from([(media_type.to_owned(), content)])
}

fn json_body(schema: Value) -> RequestBody {
    RequestBody {
        contents: contents("application/json", schema),
        ..RequestBody::default()
    }
}

fn anything() -> RequestBody {
    RequestBody {
        contents: contents("*/*", json!(true)),
        ..RequestBody::default()
    }
}

/// An action's parameters are members of its body, whatever their capitals.
fn arguments(bound: &Bound) -> RequestBody {
    let mut properties = serde_json::Map::new();
    for (name, kind) in &bound.params {
        properties.insert(name.clone(), schemas::of(kind));
        let mut letters = name.chars();
        if let Some(first) = letters.next() {
            let other = format!("{}{}", first.to_lowercase(), letters.as_str());
            properties.insert(other, schemas::of(kind));
        }
    }
    json_body(json!({"type": "object", "properties": properties, "additionalProperties": false}))
}

fn answer(status: &str, schema: Option<Value>) -> Answer {
    Answer {
        status: status.to_owned(),
        contents: schema
            .map(|schema| contents("application/json", schema))
            .unwrap_or_default(),
        ..Answer::default()
    }
}

/// A collection comes as `{value: [...]}`.
fn answer_of(kind: Option<&TypeRef>) -> Answer {
    let schema = kind.map(|kind| match kind.collection {
        true => json!({"type": "object", "properties": {"value": schemas::of(kind)}}),
        false => schemas::of(kind),
    });
    answer("2XX", schema)
}
