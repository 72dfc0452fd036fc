//! Where the application lives: the connector's `base_url` and the facts that stand in it.

use serde_json::{Map, Value, json};

use super::ImportError;
use super::names::{label, param_name};
use super::texts::short;
use crate::operation::variables;
use crate::shape::{Description, Operation};

/// The address of an application.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// As the description has it, without a slash at the end.
    pub(crate) url: String,
    /// As the connector has it.
    pub(crate) template: String,
    /// The connector's `connection`.
    pub(crate) facts: Map<String, Value>,
}

/// The server that the user chose, or the description's first.
pub(crate) fn base(description: &Description, chosen: Option<&str>) -> Result<Base, ImportError> {
    let first = || description.servers.first().map(String::as_str);
    let url = chosen
        .or_else(first)
        .ok_or(ImportError::NoServer)?
        .trim_end_matches('/');
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| ImportError::Server {
        url: url.to_owned(),
        reason: "is no address that begins with https://".to_owned(),
    })?;
    let host = rest.split('/').next().unwrap_or_default();
    let unbounded = host.starts_with('{') && host.ends_with('}') || host.is_empty();
    if unbounded {
        return Err(ImportError::Server {
            url: url.to_owned(),
            reason: "leaves the whole host open, so that a credential could go anywhere".to_owned(),
        });
    }
    let names = variables(url).map_err(|reason| ImportError::Server {
        url: url.to_owned(),
        reason,
    })?;
    let (mut template, mut facts) = (url.to_owned(), Map::new());
    for name in names {
        let fact = param_name(&name.to_lowercase(), false);
        let reference = format!("{{{{ connection.{fact} }}}}");
        template = template.replace(&format!("{{{name}}}"), &reference);
        facts.insert(fact, self::fact(description, &name));
    }
    Ok(Base {
        url: url.to_owned(),
        template,
        facts,
    })
}

fn fact(description: &Description, name: &str) -> Value {
    let known = description.variables.get(name).cloned().unwrap_or_default();
    let word = |text: &String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        text.bytes().all(plain) && !text.starts_with('-') && !text.ends_with('-') && text.len() < 64
    };
    let choices: Vec<&String> = known
        .choices
        .iter()
        .filter(|choice| !choice.is_empty())
        .collect();
    let first = choices.first().map(|first| (*first).clone());
    let default = known
        .default
        .filter(|default| choices.contains(&default) || (choices.is_empty() && word(default)));
    let example = default
        .clone()
        .or(first)
        .unwrap_or_else(|| "example".to_owned());
    let mut fact = json!({ "label": label(name), "example": example });
    if let Some(fact) = fact.as_object_mut() {
        if choices.is_empty() {
            fact.insert("subdomain".to_owned(), json!(true));
        } else {
            fact.insert("choices".to_owned(), json!(choices));
        }
        if let Some(help) = known
            .description
            .as_deref()
            .and_then(|text| short(text, 300))
        {
            fact.insert("help".to_owned(), json!(help));
        }
        if let Some(default) = default.filter(|_| !choices.is_empty()) {
            fact.insert("default".to_owned(), json!(default));
        }
    }
    fact
}

/// The path of an operation below the base; one that lives at another server cannot be reached.
pub(crate) fn path(base: &Base, operation: &Operation) -> Result<String, String> {
    let here = |server: &String| {
        let rest = server.strip_prefix(&base.url)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{rest}{}", operation.path))
    };
    let Some(first) = operation.servers.first() else {
        return Ok(operation.path.clone());
    };
    let found = operation.servers.iter().find_map(here);
    found.ok_or_else(|| {
        format!("it lives at another server: import it into a connector of its own, with --server {first}")
    })
}
