//! Parameters outside of the body, of OpenAPI and Swagger.

use serde_json::Value;

use crate::at::At;
use crate::limits;
use crate::reader::{Dialect, Reader};
use crate::schema::text;
use crate::shape::{Encoding, Parameter, Place};

/// Headers that descriptions may list and that are no parameters (OpenAPI, Parameter Object).
const NOT_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

impl<'a> Reader<'a> {
    /// Reads a list of parameters into those that are there already: the later of two with the same name and place counts.
    ///
    /// # Errors
    /// Where one is not a parameter.
    pub(crate) fn params(
        &mut self,
        list: Option<&'a Value>,
        at: &At<'_>,
        params: &mut Vec<Parameter>,
        other: &mut dyn FnMut(&mut Self, &str, &'a Value, &At<'_>),
    ) -> Result<(), String> {
        let items = match list {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err("`parameters` must be a list".to_owned()),
        };
        if items.len() > limits::MOST_PARAMETERS {
            let most = limits::MOST_PARAMETERS;
            return Err(format!("has more than {most} parameters"));
        }
        for (index, item) in items.iter().enumerate() {
            let index = index.to_string();
            let here = at.under("parameters");
            let here = here.under(&index);
            let found = self.follow(item)?;
            let pointer = found.pointer.clone();
            let at = pointer.as_deref().map_or(here, At::start);
            let place = text(found.value.get("in")).unwrap_or_default();
            let place = match place.as_str() {
                "path" => Place::Path,
                "query" => Place::Query,
                "header" => Place::Header,
                "cookie" => Place::Cookie,
                word @ ("body" | "formData") if self.dialect == Dialect::Swagger2 => {
                    other(self, word, found.value, &at);
                    continue;
                }
                _ => {
                    return Err(format!(
                        "parameter {index} says no place that is known (`in`)"
                    ));
                }
            };
            let param = self.param(found.value, &at, place, pointer.is_some());
            let param = param.ok_or_else(|| format!("parameter {index} has no name"))?;
            let header = place == Place::Header;
            if header && NOT_PARAMETERS.contains(&param.name.to_ascii_lowercase().as_str()) {
                continue;
            }
            params.retain(|other| other.name != param.name || other.place != param.place);
            params.push(param);
        }
        Ok(())
    }

    fn param(
        &mut self,
        value: &'a Value,
        at: &At<'_>,
        place: Place,
        led: bool,
    ) -> Option<Parameter> {
        let flag = |key: &str| value.get(key) == Some(&Value::Bool(true));
        let name = text(value.get("name")).filter(|name| !name.is_empty())?;
        let content = value.get("content").and_then(Value::as_object);
        let content = content.and_then(|content| content.iter().next());
        let schema = if self.dialect == Dialect::Swagger2 {
            // The parameter is its own schema, beside what is said of the parameter.
            self.schema(Some(value), at, false)
        } else if let Some((media, content)) = content {
            let here = at.under("content");
            let here = here.under(media);
            self.schema(content.get("schema"), &here.under("schema"), led)
        } else {
            self.schema(value.get("schema"), &at.under("schema"), led)
        };
        Some(Parameter {
            name,
            place,
            required: place == Place::Path || flag("required"),
            description: text(value.get("description")),
            deprecated: flag("deprecated"),
            schema,
            example: example(value).or_else(|| content.and_then(|(_, content)| example(content))),
            encoding: Encoding {
                style: self.style(value),
                explode: self.explode(value),
                content_type: content.map(|(media, _)| media.clone()),
                reserved: flag("allowReserved"),
            },
            common: false,
        })
    }

    fn explode(&self, value: &Value) -> Option<bool> {
        if self.dialect == Dialect::Swagger2 {
            let format = value.get("collectionFormat").and_then(Value::as_str);
            return Some(format == Some("multi"));
        }
        value.get("explode").and_then(Value::as_bool)
    }

    fn style(&self, value: &Value) -> String {
        let swagger =
            text(value.get("collectionFormat")).filter(|_| self.dialect == Dialect::Swagger2);
        let style = match swagger.as_deref() {
            Some("ssv") => Some("spaceDelimited".to_owned()),
            Some("pipes") => Some("pipeDelimited".to_owned()),
            Some("tsv") => Some("tabDelimited".to_owned()),
            Some(_) => None,
            None => text(value.get("style")),
        };
        style.unwrap_or_default()
    }
}

/// The document's own example of something: `example`, or the first of `examples`.
pub(crate) fn example(value: &Value) -> Option<Value> {
    let named = || {
        let first = value.get("examples")?.as_object()?.values().next()?;
        first.get("value")
    };
    let known = ["example", "x-example"];
    let own = known.iter().find_map(|key| value.get(key));
    own.or_else(named).cloned()
}
