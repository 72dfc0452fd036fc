//! Answers, of OpenAPI and Swagger.

use indexmap::IndexMap;
use serde_json::Value;

use crate::at::At;
use crate::reader::{Dialect, Reader};
use crate::schema::text;
use crate::shape::{Answer, Content};

impl<'a> Reader<'a> {
    /// The answers of an operation. One that is wrong is told and left out.
    pub(crate) fn answers(
        &mut self,
        value: Option<&'a Value>,
        produces: &[String],
        at: &At<'_>,
    ) -> Vec<Answer> {
        let mut answers = Vec::new();
        let at = at.under("responses");
        for (status, value) in value.and_then(Value::as_object).into_iter().flatten() {
            if status.starts_with("x-") {
                continue;
            }
            let here = at.under(status);
            match self.answer(status, value, produces, &here) {
                Ok(answer) => answers.push(answer),
                Err(message) => self.note(&here, message),
            }
        }
        answers
    }

    fn answer(
        &mut self,
        status: &str,
        value: &'a Value,
        produces: &[String],
        at: &At<'_>,
    ) -> Result<Answer, String> {
        let found = self.follow(value)?;
        let led = found.pointer.is_some();
        let at = found.pointer.as_deref().map_or(*at, At::start);
        let headers = found.value.get("headers").and_then(Value::as_object);
        let headers = headers.into_iter().flatten();
        let contents = match self.dialect {
            Dialect::Swagger2 => self.swagger_contents(found.value, produces, &at, led),
            _ => self.contents(found.value.get("content"), &at.under("content"), led),
        };
        Ok(Answer {
            status: status.to_uppercase().replace("DEFAULT", "default"),
            description: text(found.value.get("description")),
            headers: headers.map(|(name, _)| name.to_lowercase()).collect(),
            contents,
        })
    }

    fn swagger_contents(
        &mut self,
        value: &'a Value,
        produces: &[String],
        at: &At<'_>,
        led: bool,
    ) -> IndexMap<String, Content> {
        let Some(schema) = value.get("schema") else {
            return IndexMap::new();
        };
        let schema = self.schema(Some(schema), &at.under("schema"), led);
        let media = produces.first().map_or("application/json", String::as_str);
        let examples = value.get("examples").and_then(Value::as_object);
        let example = examples.and_then(|examples| examples.get(media));
        let content = Content {
            schema,
            example: example.cloned(),
            encoding: IndexMap::new(),
        };
        IndexMap::from([(media.to_owned(), content)])
    }
}
