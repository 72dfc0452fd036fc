//! Bodies by media type, of requests and answers.

use indexmap::IndexMap;
use serde_json::Value;

use crate::at::At;
use crate::params::example;
use crate::reader::Reader;
use crate::schema::text;
use crate::shape::{Content, Encoding, RequestBody};

impl<'a> Reader<'a> {
    /// The body of an OpenAPI 3 operation.
    ///
    /// # Errors
    /// Where it is not one.
    pub(crate) fn request_body(
        &mut self,
        value: &'a Value,
        at: &At<'_>,
    ) -> Result<Option<RequestBody>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let found = self.follow(value)?;
        let led = found.pointer.is_some();
        let at = found.pointer.as_deref().map_or(*at, At::start);
        if !found.value.is_object() {
            return Err("`requestBody` must be an object".to_owned());
        }
        Ok(Some(RequestBody {
            description: text(found.value.get("description")),
            required: found.value.get("required") == Some(&Value::Bool(true)),
            contents: self.contents(found.value.get("content"), &at.under("content"), led),
        }))
    }

    /// Schemas by media type.
    pub(crate) fn contents(
        &mut self,
        value: Option<&'a Value>,
        at: &At<'_>,
        led: bool,
    ) -> IndexMap<String, Content> {
        let mut contents = IndexMap::new();
        for (media, content) in value.and_then(Value::as_object).into_iter().flatten() {
            let here = at.under(media);
            let schema = self.schema(content.get("schema"), &here.under("schema"), led);
            let encoding = content.get("encoding").and_then(Value::as_object);
            let encoding = encoding.into_iter().flatten();
            contents.insert(
                media.clone(),
                Content {
                    schema,
                    example: self.example_of(content),
                    encoding: encoding
                        .map(|(name, value)| (name.clone(), encoding_of(value)))
                        .collect(),
                },
            );
        }
        contents
    }

    /// The example of a body; one that stands elsewhere is fetched from there.
    fn example_of(&mut self, content: &'a Value) -> Option<Value> {
        let named = content.get("examples").and_then(Value::as_object);
        let first = named.and_then(|named| named.values().next());
        let found = first.and_then(|first| self.follow(first).ok());
        let elsewhere = found.and_then(|found| found.value.get("value").cloned());
        example(content).or(elsewhere)
    }
}

fn encoding_of(value: &Value) -> Encoding {
    Encoding {
        style: text(value.get("style")).unwrap_or_default(),
        explode: value.get("explode").and_then(Value::as_bool),
        content_type: text(value.get("contentType")),
        reserved: value.get("allowReserved") == Some(&Value::Bool(true)),
    }
}
