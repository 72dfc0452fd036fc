//! Operations: what a route does to the records, and how it shows them.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tenon_connector::Template;
use tenon_connector::document::{Operation, SandboxDoc};
use tenon_connector::expr::{EvalError, Scope};

use crate::answer::Answer;
use crate::condition::{Columns, Condition};
use crate::records::{Record, World, Worlds};
use crate::refusal::{Reason, Refusal};
use crate::route::Route;
use crate::{groups, select, text};

/// One request that a route has taken.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    /// The route.
    pub(crate) route: &'a Route,
    /// How the application is played.
    pub(crate) doc: &'a SandboxDoc,
    /// What templates see of the request: `body`, `query` and `path`.
    pub(crate) names: Map<String, Value>,
    /// All records.
    pub(crate) worlds: &'a Worlds,
    /// Whose.
    pub(crate) world: World,
}

/// A record with its fields as far as they are shown.
struct Row {
    record: Arc<Record>,
    fields: Map<String, Value>,
}

impl From<Arc<Record>> for Row {
    fn from(record: Arc<Record>) -> Self {
        let fields = record.fields.clone();
        Self { record, fields }
    }
}

impl Run<'_> {
    /// Does it.
    ///
    /// # Errors
    /// Where the application would refuse.
    pub(crate) fn answer(&self) -> Result<Answer, Refusal> {
        self.check_body()?;
        let collection = self
            .path_name("collection")
            .unwrap_or(self.route.own_collection());
        let id = self.path_name("id").unwrap_or_default();
        let (worlds, world) = (self.worlds, &self.world);
        match self.route.operation {
            Operation::Fixed => self.render_answer(collection, &[]),
            Operation::Create => self.create(collection),
            Operation::Read => self.show_one(collection, worlds.read(world, collection, id)),
            Operation::Update => {
                let fields = self.given_fields()?;
                self.show_one(collection, worlds.update(world, collection, id, fields))
            }
            Operation::Delete => self.show_one(collection, worlds.delete(world, collection, id)),
            Operation::List => self.page(collection, self.rows(collection)),
            Operation::Search => self.search(collection),
            Operation::Query => self.query(),
        }
    }

    fn check_body(&self) -> Result<(), Refusal> {
        let body = self.names.get("body").unwrap_or(&Value::Null);
        let Some(validator) = &self.route.body else {
            return Ok(());
        };
        if body.is_null() {
            return Err(Refusal::invalid("the request needs a JSON body"));
        }
        match validator.iter_errors(body).next() {
            None => Ok(()),
            Some(error) => {
                let place = error
                    .instance_path()
                    .as_str()
                    .trim_start_matches('/')
                    .replace('/', ".");
                let place = if place.is_empty() {
                    "the body".to_owned()
                } else {
                    format!("`{place}`")
                };
                Err(Refusal::invalid(format!("{place} is not valid: {error}")))
            }
        }
    }

    fn path_name(&self, name: &str) -> Option<&str> {
        self.names.get("path")?.get(name)?.as_str()
    }

    fn create(&self, collection: &str) -> Result<Answer, Refusal> {
        let defaults = self.doc.defaults.get(collection).into_iter().flatten();
        let mut fields: Map<_, _> = defaults
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        fields.extend(self.given_fields()?);
        let record = self
            .worlds
            .create(&self.world, collection, &self.doc.id, fields);
        let record = record.ok_or_else(|| {
            Refusal::invalid("the sandbox holds no more records of this kind; delete some")
        })?;
        self.show_one(collection, Some(record))
    }

    fn given_fields(&self) -> Result<Map<String, Value>, Refusal> {
        match self.given(self.route.fields.as_ref())? {
            Value::Object(fields) => Ok(fields),
            Value::Null => Ok(Map::new()),
            _ => Err(Refusal::invalid("the record's fields must be a map")),
        }
    }

    fn search(&self, collection: &str) -> Result<Answer, Refusal> {
        let filter = self.given(self.route.filter.as_ref())?;
        let mut conditions = vec![groups::parse(&filter).map_err(Refusal::invalid)?];
        let words = self
            .names
            .get("body")
            .and_then(|body| body.get("query")?.as_str());
        conditions.extend(
            words
                .filter(|words| !words.is_empty())
                .map(|words| Condition::Mentions(words.to_owned())),
        );
        let condition = Condition::All(conditions);
        let mut found = Vec::new();
        for row in self.rows(collection) {
            if condition.holds(&self.columns(collection, &row)?) {
                found.push(row);
            }
        }
        self.page(collection, found)
    }

    fn query(&self) -> Result<Answer, Refusal> {
        let text = self.given(self.route.filter.as_ref())?;
        let text = text
            .as_str()
            .ok_or_else(|| Refusal::invalid("there is no query text"))?;
        let select = select::parse(text).map_err(Refusal::invalid)?;
        let stored = self.worlds.collection_named(&self.world, &select.from);
        let collection = stored.as_deref().unwrap_or(&select.from);
        if !self.route.has_collection(collection) {
            return Err(Refusal::invalid(format!(
                "there is no object `{collection}`"
            )));
        }
        let mut rows = Vec::new();
        for row in self.rows(collection) {
            let columns = self.columns(collection, &row)?;
            rows.push((row, columns));
        }
        let narrowed = |(row, columns): (Row, Columns)| Row {
            fields: select.fields(&row.fields, &columns),
            record: row.record,
        };
        self.page(
            collection,
            select.rows(rows).into_iter().map(narrowed).collect(),
        )
    }

    fn rows(&self, collection: &str) -> Vec<Row> {
        let records = self.worlds.all(&self.world, collection).into_iter();
        records.map(Row::from).collect()
    }

    fn columns(&self, collection: &str, row: &Row) -> Result<Columns, Refusal> {
        Ok(Columns::of(
            &row.fields,
            &self.render_record(collection, row)?,
        ))
    }

    fn page(&self, collection: &str, rows: Vec<Row>) -> Result<Answer, Refusal> {
        let total = rows.len();
        let start = self
            .count(self.route.after.as_ref(), "the page's start")?
            .unwrap_or(0);
        let limit = self
            .count(self.route.limit.as_ref(), "the page's size")?
            .unwrap_or(total);
        let shown = rows.iter().skip(start).take(limit);
        let records: Result<Vec<_>, _> = shown
            .map(|row| self.render_record(collection, row))
            .collect();
        let end = start.saturating_add(limit);
        let mut names = vec![("records", Value::Array(records?)), ("total", json!(total))];
        // A page of nothing would go on for ever.
        if end < total && limit > 0 {
            names.push(("next", Value::String(end.to_string())));
        }
        self.render_answer(collection, &names)
    }

    fn count(&self, template: Option<&Template>, what: &str) -> Result<Option<usize>, Refusal> {
        let text = text::text_of(&self.given(template)?);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |_not_a_count| Refusal::invalid(format!("{what} must be a number from 0 on"));
        text.parse().map(Some).map_err(wrong)
    }

    /// What the caller gave at a place; `null` where nothing. An expression that fails there does so because of the request.
    fn given(&self, template: Option<&Template>) -> Result<Value, Refusal> {
        let scope = Scope::default().with_params(&self.names);
        let value = template.map(|template| template.render(&scope)).transpose();
        let value = value.map_err(|error| Refusal::invalid(error.to_string()))?;
        Ok(value.flatten().unwrap_or(Value::Null))
    }

    fn show_one(&self, collection: &str, record: Option<Arc<Record>>) -> Result<Answer, Refusal> {
        let record = record
            .ok_or_else(|| Refusal::new(Reason::NotFound, "there is no record with this id"))?;
        let row = Row::from(record);
        let mut names = record_names(&row);
        names.push(("record", self.render_record(collection, &row)?));
        self.render_answer(collection, &names)
    }

    /// A record as the application shows it: a map of its fields where the route does not say.
    fn render_record(&self, collection: &str, row: &Row) -> Result<Value, Refusal> {
        let Some(template) = &self.route.record else {
            return Ok(Value::Object(row.fields.clone()));
        };
        let names = record_names(row);
        let rendered = self.with_scope(collection, &names, |scope| template.render(scope))?;
        Ok(rendered.unwrap_or(Value::Null))
    }

    fn render_answer(&self, collection: &str, names: &[(&str, Value)]) -> Result<Answer, Refusal> {
        self.with_scope(collection, names, |scope| self.route.answer.render(scope))
    }

    /// An expression that fails over records is the author's mistake, which looks like one of the application.
    fn with_scope<T>(
        &self,
        collection: &str,
        names: &[(&str, Value)],
        render: impl FnOnce(&Scope<'_>) -> Result<T, EvalError>,
    ) -> Result<T, Refusal> {
        let collection = Value::String(collection.to_owned());
        let status = json!(self.route.answer.status);
        let common = [("collection", &collection), ("status", &status)];
        let names = names.iter().map(|(name, value)| (*name, value));
        let scope = Scope::new(common.into_iter().chain(names)).with_params(&self.names);
        render(&scope).map_err(|error| Refusal::new(Reason::ServerError, error.to_string()))
    }
}

fn record_names(row: &Row) -> Vec<(&'static str, Value)> {
    let text = |text: &String| Value::String(text.clone());
    vec![
        ("id", text(&row.record.id)),
        ("created_at", text(&row.record.created_at)),
        ("updated_at", text(&row.record.updated_at)),
        ("fields", Value::Object(row.fields.clone())),
    ]
}
