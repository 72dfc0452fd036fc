//! What operations of OpenAPI and Swagger share.

use serde_json::{Value, json};

use crate::at::At;
use crate::limits;
use crate::reader::Reader;
use crate::schema::text;
use crate::shape::{Encoding, Operation, Parameter, Place};
use crate::tree::Unreadable;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Reads one operation: the document's words for it, its path item, and where it stands.
pub(crate) type ReadOperation<'a> = dyn FnMut(
    &mut Reader<'a>,
    &'a Value,
    &'a Value,
    &mut Operation,
    &At<'_>,
    &At<'_>,
) -> Result<(), String>;

impl<'a> Reader<'a> {
    /// Reads every operation below `paths`.
    pub(crate) fn operations(
        &mut self,
        base: &str,
        read: &mut ReadOperation<'a>,
    ) -> Result<Vec<Operation>, Unreadable> {
        let mut operations = Vec::new();
        let at = At::start("/paths");
        let paths = self.root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            if path.starts_with("x-") {
                continue;
            }
            let here = at.under(path);
            let found = match self.follow(item) {
                Ok(found) => found,
                Err(message) => {
                    self.operation = Some(path.clone());
                    self.leave_out(&here, message);
                    continue;
                }
            };
            let item_at = found.pointer.as_deref().map_or(here, At::start);
            for method in METHODS {
                let Some(value) = found.value.get(method) else {
                    continue;
                };
                let at = item_at.under(method);
                self.operation = Some(name_of(value, method, path));
                let read = self.one(
                    found.value,
                    value,
                    method,
                    base,
                    path,
                    (&item_at, &at),
                    read,
                );
                match read {
                    Ok(operation) => operations.push(operation),
                    Err(message) => self.leave_out(&at, message),
                }
                if operations.len() > limits::MOST_OPERATIONS {
                    let most = limits::MOST_OPERATIONS;
                    return Err(Unreadable::TooMuch(format!(
                        "has more than {most} operations"
                    )));
                }
            }
        }
        self.operation = None;
        Ok(operations)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one operation stands in two places at once"
    )]
    fn one(
        &mut self,
        item: &'a Value,
        value: &'a Value,
        method: &str,
        base: &str,
        path: &str,
        (item_at, at): (&At<'_>, &At<'_>),
        read: &mut ReadOperation<'a>,
    ) -> Result<Operation, String> {
        if !value.is_object() {
            return Err("an operation must be an object".to_owned());
        }
        let flag = |key: &str| value.get(key) == Some(&Value::Bool(true));
        let (path, fixed) = split_path(base, path)?;
        let mut operation = Operation {
            id: text(value.get("operationId")).filter(|id| !id.is_empty()),
            method: method.to_ascii_uppercase(),
            path,
            summary: text(value.get("summary")).or_else(|| text(item.get("summary"))),
            description: text(value.get("description")).or_else(|| text(item.get("description"))),
            tags: texts(value.get("tags")),
            deprecated: flag("deprecated"),
            at: at.to_string(),
            params: fixed,
            ..Operation::default()
        };
        self.security(value, &mut operation);
        read(self, item, value, &mut operation, item_at, at)?;
        self.fit_path(&mut operation, at)?;
        Ok(operation)
    }

    fn security(&mut self, value: &'a Value, operation: &mut Operation) {
        let security = value.get("security").or_else(|| self.root.get("security"));
        let ways = security.and_then(Value::as_array).into_iter().flatten();
        for requirement in ways.filter_map(Value::as_object) {
            let mut scopes = Vec::new();
            for (name, wanted) in requirement {
                if !operation.ways.contains(name) {
                    operation.ways.push(name.clone());
                }
                scopes.extend(texts(Some(wanted)));
            }
            if !scopes.is_empty() {
                operation.scopes.push(scopes);
            }
        }
    }

    /// The variables of the path and the parameters that fill them are the same.
    fn fit_path(&mut self, operation: &mut Operation, at: &At<'_>) -> Result<(), String> {
        let names = variables(&operation.path)?;
        let strays = |param: &Parameter| param.place == Place::Path && !names.contains(&param.name);
        for stray in operation.params.iter().filter(|param| strays(param)) {
            let message = format!(
                "the path has no `{{{}}}`; the parameter is left out",
                stray.name
            );
            self.note(at, message);
        }
        operation.params.retain(|param| !strays(param));
        for name in &names {
            let known = |param: &Parameter| param.place == Place::Path && param.name == *name;
            if !operation.params.iter().any(known) {
                self.note(
                    at,
                    format!("`{{{name}}}` is not described; taken as a text"),
                );
                let schema = json!({ "type": "string" });
                operation.params.push(parameter(name, Place::Path, schema));
            }
        }
        Ok(())
    }
}

/// A text that has to be given.
pub(crate) fn parameter(name: &str, place: Place, schema: Value) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place,
        required: true,
        description: None,
        deprecated: false,
        schema,
        example: None,
        encoding: Encoding::default(),
        common: false,
    }
}

/// What people call an operation: its id, or its method and path.
fn name_of(value: &Value, method: &str, path: &str) -> String {
    text(value.get("operationId")).unwrap_or_else(|| {
        let method = method.to_ascii_uppercase();
        format!("{method} {path}")
    })
}

/// Texts of a list; anything else is no text.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| text(Some(item))).collect()
}

/// The whole path, without what stands behind `#` and with what stands behind `?` as parameters that are always the same.
fn split_path(base: &str, path: &str) -> Result<(String, Vec<Parameter>), String> {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if !path.starts_with('/') {
        return Err(format!("the path `{path}` must begin with `/`"));
    }
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let fixed = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let schema = match value.starts_with('{') || value.is_empty() {
            true => json!({ "type": "string" }),
            false => json!({ "type": "string", "const": value }),
        };
        parameter(name, Place::Query, schema)
    });
    Ok((
        format!("{}{path}", base.trim_end_matches('/')),
        fixed.collect(),
    ))
}

/// The names of a path's variables.
///
/// # Errors
/// Where its braces do not fit.
pub(crate) fn variables(path: &str) -> Result<Vec<String>, String> {
    let unfit = || format!("the braces of the path `{path}` do not fit");
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or_else(unfit)?;
        if before.contains('}') || name.is_empty() || name.contains('{') {
            return Err(unfit());
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        rest = behind;
    }
    match rest.contains('}') {
        true => Err(unfit()),
        false => Ok(names),
    }
}
