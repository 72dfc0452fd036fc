//! GraphQL: a request's document against the vendor's schema, its variables against their types, and an example's answer
//! against what the document selects.

use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value, json};
use tenon_connector::document::AnswerDoc;
use tenon_connector::{Body, Plan};

use super::filled::ANY;
use super::{Finding, Look, note};

/// A vendor's GraphQL schema.
pub struct Graphql(Valid<Schema>);

impl Graphql {
    /// Reads a schema in the schema definition language.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = with_one_of(text);
        Schema::parse_and_validate(text, "schema.graphql")
            .map(Self)
            .map_err(|error| first_line(&error.errors.to_string()))
    }

    pub(super) fn check(&self, look: &mut Look<'_>, plan: &Plan, answer: Option<&AnswerDoc>) {
        let Body::Json(body) = &plan.body else {
            return;
        };
        let query = body
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let document = match ExecutableDocument::parse_and_validate(&self.0, query, "query") {
            Ok(document) => document,
            Err(error) => {
                for diagnostic in error.errors.iter() {
                    look.find("query", diagnostic.error.to_string());
                }
                return;
            }
        };
        let name = body.get("operationName").and_then(Value::as_str);
        let Ok(operation) = document.operations.get(name) else {
            return look.find("query", "`operationName` names none of several operations");
        };
        roots(&operation.selection_set).for_each(|root| note(look, root));
        self.variables(look, operation, body.get("variables"));
        if let Some(data) = answer.and_then(|answer| answer.json.as_ref()?.get("data")) {
            let mut findings = Vec::new();
            selected(
                &document,
                &operation.selection_set,
                data,
                "answer/data",
                &mut findings,
            );
            look.findings.extend(findings);
        }
    }

    fn variables(&self, look: &mut Look<'_>, operation: &Operation, given: Option<&Value>) {
        let mut given = given.cloned().unwrap_or_else(|| json!({}));
        drop_any(&mut given);
        let names = given
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name);
        let declared = |name: &str| operation.variables.iter().any(|one| one.name == name);
        for name in names.filter(|name| !declared(name)) {
            look.find(
                format!("variables/{name}"),
                "the document does not declare it",
            );
        }
        // Its own form of JSON, by way of text.
        let Ok(given) = serde_json::from_value(given) else {
            return look.find("variables", "must be an object");
        };
        if let Err(error) = coerce_variable_values(&self.0, operation, &given) {
            look.find("variables", error.message().to_string());
        }
    }
}

/// What stands for whatever a caller adds is no name of the vendor's.
fn drop_any(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove(ANY);
            map.values_mut().for_each(drop_any);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_any),
        _ => {}
    }
}

fn roots(set: &SelectionSet) -> impl Iterator<Item = String> {
    let fields = set
        .selections
        .iter()
        .filter_map(|selection| match selection {
            Selection::Field(field) => Some(field.name.to_string()),
            _ => None,
        });
    fields.collect::<Vec<_>>().into_iter()
}

/// Every member of an answer was asked for.
fn selected(
    document: &ExecutableDocument,
    set: &SelectionSet,
    value: &Value,
    at: &str,
    findings: &mut Vec<Finding>,
) {
    match value {
        Value::Object(map) => members(document, set, map, at, findings),
        Value::Array(items) => {
            for item in items {
                selected(document, set, item, at, findings);
            }
        }
        _ => {}
    }
}

fn members(
    document: &ExecutableDocument,
    set: &SelectionSet,
    map: &Map<String, Value>,
    at: &str,
    findings: &mut Vec<Finding>,
) {
    for (name, value) in map {
        let at = format!("{at}/{name}");
        let mut found = Vec::new();
        sets_of(document, set, name, &mut found);
        match found.first() {
            None => findings.push(Finding {
                at,
                message: "the document does not select it".to_owned(),
            }),
            Some(inner) if inner.selections.is_empty() => {}
            Some(inner) => selected(document, inner, value, &at, findings),
        }
    }
}

/// What is selected of the members with this name, also by fragments.
fn sets_of<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    name: &str,
    found: &mut Vec<&'a SelectionSet>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                if field.response_key() == name {
                    found.push(&field.selection_set);
                }
            }
            Selection::InlineFragment(inline) => {
                sets_of(document, &inline.selection_set, name, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.fragment_name) {
                    sets_of(document, &fragment.selection_set, name, found);
                }
            }
        }
    }
}

/// The schema with the directive that it uses and, as a built-in one of the language's edition of 2025, does not define.
fn with_one_of(text: &str) -> String {
    let defined = !text.contains("@oneOf") || text.contains("directive @oneOf");
    let directive = if defined {
        ""
    } else {
        "\ndirective @oneOf on INPUT_OBJECT\n"
    };
    format!("{text}{directive}")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
