//! An action in the making.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use tenon_connector::document::ParamDoc;

use super::names::LONGEST_NAME;

/// One operation on its way to an action.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// The action's id.
    pub(crate) id: String,
    /// What people call the operation, and where it stands in the description.
    pub(crate) operation: String,
    pub(crate) at: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) effect: Option<&'static str>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) scopes: Vec<String>,
    pub(crate) params: IndexMap<String, ParamDoc>,
    /// The names of the parameters that stand alone in the query, by their names on the wire.
    pub(crate) query: IndexMap<String, String>,
    /// The request as the document has it.
    pub(crate) request: Map<String, Value>,
    pub(crate) output: Option<Value>,
    pub(crate) paged: Option<Value>,
    /// Values for the example, by parameter: the vendor's own, or made from the schema.
    pub(crate) input: IndexMap<String, Value>,
    /// The example's answer.
    pub(crate) answers: Map<String, Value>,
    /// The example's exact request, once it is known.
    pub(crate) sends: Option<Value>,
}

impl Draft {
    /// The file of the action.
    pub(crate) fn file(&self) -> String {
        format!("actions/{}.yaml", self.id)
    }

    /// Adds a parameter under a name that no other has, and gives the name.
    pub(crate) fn add(&mut self, wire: &str, place: &str, param: ParamDoc) -> String {
        let wanted = super::names::param_name(wire, place == "header");
        let beside: String = format!("{place}_{wanted}")
            .chars()
            .take(LONGEST_NAME - 4)
            .collect();
        let numbered = (2..).map(|number| format!("{beside}_{number}"));
        let mut names = [wanted, beside.clone()].into_iter().chain(numbered);
        let free = names.find(|name| !self.params.contains_key(name));
        let name = free.unwrap_or(beside);
        let label = Some(super::names::label(&name)).filter(|label| !label.is_empty());
        let param = ParamDoc { label, ..param };
        self.params.insert(name.clone(), param);
        name
    }

    /// The action as a document.
    pub(crate) fn document(&self) -> Value {
        let mut document = Map::new();
        let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
        put("name", Value::from(self.name.as_str()));
        put("description", Value::from(self.description.as_str()));
        if let Some(effect) = self.effect {
            put("effect", Value::from(effect));
        }
        if let Some(idempotent) = self.idempotent {
            put("idempotent", Value::Bool(idempotent));
        }
        if !self.scopes.is_empty() {
            put("scopes", Value::from(self.scopes.clone()));
        }
        if !self.params.is_empty() {
            put(
                "params",
                serde_json::to_value(&self.params).unwrap_or_default(),
            );
        }
        put("request", Value::Object(self.request.clone()));
        if let Some(output) = &self.output {
            put("output", output.clone());
        }
        if let Some(paged) = &self.paged {
            put("paged", paged.clone());
        }
        if let Some(sends) = &self.sends {
            let mut example = Map::new();
            if !self.input.is_empty() {
                let input = self.input.clone().into_iter().collect();
                example.insert("input".to_owned(), Value::Object(input));
            }
            if sends.as_object().is_some_and(|sends| !sends.is_empty()) {
                example.insert("sends".to_owned(), sends.clone());
            }
            example.insert("answers".to_owned(), Value::Object(self.answers.clone()));
            put("examples", Value::Array(vec![Value::Object(example)]));
        }
        Value::Object(document)
    }
}
