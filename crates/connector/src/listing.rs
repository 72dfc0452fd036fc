//! What a list says about other parameters: the choices of one, or the fields that an account has of its own. Pure.
//!
//! An entry that does not read as the document says is left out: an application's answer is never the caller's fault.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::{Answer, Seen, answer_names};
use crate::document::{ChoicesDoc, FieldsDoc, ParamDoc, ParamType, SourceDoc};
use crate::expr::{Expr, Scope};
use crate::page::{Paging, Place};
use crate::problem::Fault;
use crate::template::{Entry, Template, Text, compile_entries, render_map};

/// One choice of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What the parameter takes.
    pub value: Value,
    /// What a person reads.
    pub label: String,
}

/// How an action's answers read as choices.
#[derive(Debug)]
pub(crate) struct Choices {
    items: Items,
    value: Template,
    label: Text,
    search: Option<String>,
}

/// How an action's answers read as fields.
#[derive(Debug)]
pub(crate) struct Fields {
    items: Items,
    name: Text,
    label: Option<Text>,
    description: Option<Text>,
    kind: Option<Text>,
    types: IndexMap<String, ParamType>,
    only: Option<Expr>,
    choices: Option<Template>,
    choice: Option<Template>,
}

/// Where the list is: said here, or by the action's paging.
#[derive(Debug)]
enum Items {
    Here(Place),
    OfPaging,
}

/// The listing action behind a parameter.
#[derive(Debug)]
pub struct Source {
    /// Its id.
    pub action: String,
    params: Vec<Entry>,
}

impl Items {
    fn compile(doc: Option<&String>, paging: Option<&Paging>) -> Result<Self, Fault> {
        match (doc, paging) {
            (Some(items), _) => Place::compile(items)
                .map(Self::Here)
                .map_err(|fault| fault.under("items")),
            (None, Some(_)) => Ok(Self::OfPaging),
            (None, None) => Err(Fault::here(
                "say where the list is (`items`): the action is not `paged`",
            )),
        }
    }

    fn list<'a>(&'a self, paging: Option<&'a Paging>, answer: &'a Answer) -> &'a [Value] {
        let place = match self {
            Self::Here(place) => Some(place),
            Self::OfPaging => paging.map(Paging::items),
        };
        place
            .and_then(|place| place.list(answer))
            .map_or(&[], Vec::as_slice)
    }
}

fn item_names(name: &str) -> bool {
    name == "item" || answer_names(name)
}

fn value_of(key: &str, source: &str) -> Result<Template, Fault> {
    let names = |name: &str| name == "choice" || item_names(name);
    Template::compile(&Value::String(source.to_owned()), &names).map_err(|fault| fault.under(key))
}

fn text_of(key: &str, source: Option<&String>) -> Result<Option<Text>, Fault> {
    let text = source.map(|source| Text::compile(source, &item_names));
    text.transpose().map_err(|fault| fault.under(key))
}

impl Choices {
    pub(crate) fn compile(doc: &ChoicesDoc, paging: Option<&Paging>) -> Result<Self, Fault> {
        Ok(Self {
            items: Items::compile(doc.items.as_ref(), paging)?,
            value: value_of("value", &doc.value)?,
            label: Text::compile(&doc.label, &item_names).map_err(|fault| fault.under("label"))?,
            search: doc.search.clone(),
        })
    }

    /// The parameter that takes what a person has typed.
    pub(crate) fn search(&self) -> Option<&str> {
        self.search.as_deref()
    }

    pub(crate) fn read(&self, paging: Option<&Paging>, answer: &Answer) -> Vec<Choice> {
        let seen = Seen::of(answer);
        let read = |item: &Value| {
            let scope = seen.scope().and("item", item);
            let value = self.value.render(&scope).ok().flatten()?;
            let label = self.label.render(&scope).ok().flatten();
            let label = label.unwrap_or_else(|| crate::expr::text_of(&value));
            (!value.is_null()).then_some(Choice { value, label })
        };
        let items = self.items.list(paging, answer);
        items.iter().filter_map(read).collect()
    }
}

impl Fields {
    pub(crate) fn compile(doc: &FieldsDoc, paging: Option<&Paging>) -> Result<Self, Fault> {
        let value = |key: &str, source: &Option<String>| {
            source
                .as_ref()
                .map(|source| value_of(key, source))
                .transpose()
        };
        let only = doc.only.as_ref().map(|only| {
            let only = only.trim();
            let bare = only
                .strip_prefix("{{")
                .and_then(|rest| rest.strip_suffix("}}"));
            Expr::compile(bare.unwrap_or(only), &item_names)
        });
        Ok(Self {
            items: Items::compile(doc.items.as_ref(), paging)?,
            name: Text::compile(&doc.name, &item_names).map_err(|fault| fault.under("name"))?,
            label: text_of("label", doc.label.as_ref())?,
            description: text_of("description", doc.description.as_ref())?,
            kind: text_of("type", doc.kind.as_ref())?,
            types: doc.types.clone(),
            only: only.transpose().map_err(|fault| fault.under("only"))?,
            choices: value("choices", &doc.choices)?,
            choice: value("choice", &doc.choice)?,
        })
    }

    pub(crate) fn read(
        &self,
        paging: Option<&Paging>,
        answer: &Answer,
    ) -> IndexMap<String, ParamDoc> {
        let seen = Seen::of(answer);
        let read = |item: &Value| self.field(&seen.scope().and("item", item));
        let items = self.items.list(paging, answer);
        items.iter().filter_map(read).collect()
    }

    fn field(&self, scope: &Scope<'_>) -> Option<(String, ParamDoc)> {
        let wanted = self
            .only
            .as_ref()
            .is_none_or(|only| only.holds(scope).unwrap_or(false));
        let text = |text: &Option<Text>| text.as_ref()?.render(scope).ok().flatten();
        let name = self.name.render(scope).ok().flatten()?;
        let field = ParamDoc {
            kind: text(&self.kind).and_then(|word| self.json_type(&word)),
            label: text(&self.label),
            description: text(&self.description).filter(|text| !text.is_empty()),
            choices: self.values(scope),
            ..ParamDoc::default()
        };
        (wanted && !name.is_empty()).then_some((name, field))
    }

    fn json_type(&self, word: &str) -> Option<ParamType> {
        self.types
            .get(word)
            .copied()
            .or_else(|| ParamType::parse(word))
    }

    /// The values that a field may have. `choice` is looked up in each of the application's entries.
    fn values(&self, scope: &Scope<'_>) -> Vec<Value> {
        let list = self.choices.as_ref();
        let Some(Value::Array(entries)) = list.and_then(|list| list.render(scope).ok().flatten())
        else {
            return Vec::new();
        };
        let value = |entry: Value| match &self.choice {
            None => Some(entry),
            Some(choice) => choice
                .render(&scope.with_also("choice", &entry))
                .ok()
                .flatten(),
        };
        entries.into_iter().filter_map(value).collect()
    }
}

impl Source {
    pub(crate) fn compile(doc: &SourceDoc, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        Ok(Self {
            action: doc.action().to_owned(),
            params: compile_entries(doc.params(), known).map_err(|fault| fault.under("params"))?,
        })
    }

    /// The listing action's parameters, from what the caller has filled in so far. What cannot be made of that is left
    /// out: the listing action then says what is missing.
    pub fn params(&self, given: &Map<String, Value>) -> Map<String, Value> {
        render_map(&self.params, &Scope::default().with_params(given)).unwrap_or_default()
    }

    /// The names of the parameters that it is given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.params.iter().filter_map(|entry| match entry {
            Entry::Key(name, _) => Some(name.as_str()),
            Entry::Spread(_) => None,
        })
    }
}
