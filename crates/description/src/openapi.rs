//! OpenAPI 3.0 and 3.1.

use indexmap::IndexMap;
use serde_json::Value;

use crate::at::At;
use crate::operation::texts;
use crate::reader::Reader;
use crate::schema::{plain, text};
use crate::shape::{Description, Operation, Variable};
use crate::tree::Unreadable;
use crate::ways::Way;

/// Reads a document.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Description, Unreadable> {
    let info = reader.root.get("info").unwrap_or(&Value::Null);
    let mut description = Description {
        title: text(info.get("title")).unwrap_or_default(),
        version: info.get("version").map(plain).unwrap_or_default(),
        description: text(info.get("description")),
        servers: addresses(reader.root),
        variables: variables(reader.root),
        ways: ways(reader),
        ..Description::default()
    };
    description.operations = reader.operations("", &mut operation)?;
    Ok(description)
}

fn operation<'a>(
    reader: &mut Reader<'a>,
    item: &'a Value,
    value: &'a Value,
    operation: &mut Operation,
    item_at: &At<'_>,
    at: &At<'_>,
) -> Result<(), String> {
    let mut params = std::mem::take(&mut operation.params);
    let none = &mut |_: &mut Reader<'a>, _: &str, _: &'a Value, _: &At<'_>| {};
    reader.params(item.get("parameters"), item_at, &mut params, none)?;
    reader.params(value.get("parameters"), at, &mut params, none)?;
    operation.params = params;
    if let Some(body) = value.get("requestBody") {
        operation.body = reader.request_body(body, &at.under("requestBody"))?;
    }
    operation.answers = reader.answers(value.get("responses"), &[], at);
    let own = [value, item].into_iter().map(addresses);
    operation.servers = own
        .into_iter()
        .find(|own| !own.is_empty())
        .unwrap_or_default();
    Ok(())
}

fn addresses(value: &Value) -> Vec<String> {
    let servers = value
        .get("servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let urls = servers.filter_map(|server| text(server.get("url")));
    urls.map(|url| url.trim_end_matches('/').to_owned())
        .filter(|url| !url.is_empty())
        .collect()
}

fn variables(root: &Value) -> IndexMap<String, Variable> {
    let servers = root
        .get("servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let named = servers.filter_map(|server| server.get("variables")?.as_object());
    let variable = |(name, value): (&String, &Value)| {
        let default = value.get("default").map(plain);
        let variable = Variable {
            default: default.filter(|default| !default.is_empty()),
            choices: texts(value.get("enum")),
            description: text(value.get("description")),
        };
        (name.clone(), variable)
    };
    named.flatten().map(variable).collect()
}

fn ways(reader: &mut Reader<'_>) -> IndexMap<String, Way> {
    let schemes = reader.root.pointer("/components/securitySchemes");
    let schemes = schemes.and_then(Value::as_object).into_iter().flatten();
    let mut ways = IndexMap::new();
    for (name, scheme) in schemes {
        if let Ok(found) = reader.follow(scheme) {
            ways.insert(name.clone(), Way::read(found.value));
        }
    }
    ways
}
