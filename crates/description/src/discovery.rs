//! Google Discovery, version 1.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::at::At;
use crate::limits;
use crate::operation::{texts, variables};
use crate::reader::Reader;
use crate::schema::{plain, text};
use crate::shape::{
    Answer, Content, Description, Encoding, Media, Operation, Parameter, Place, RequestBody, Upload,
};
use crate::tree::Unreadable;
use crate::ways::{Flow, Way};

const JSON: &str = "application/json";

/// Reads a document.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Description, Unreadable> {
    let root = reader.root;
    let mut operations = Vec::new();
    resources(
        reader,
        root,
        &At::start(""),
        &mut Vec::new(),
        &mut operations,
    )?;
    reader.operation = None;
    let server = text(root.get("rootUrl")).or_else(|| text(root.get("baseUrl")));
    Ok(Description {
        title: text(root.get("title")).unwrap_or_default(),
        version: root.get("version").map(plain).unwrap_or_default(),
        description: text(root.get("description")),
        servers: server
            .iter()
            .map(|server| server.trim_end_matches('/').to_owned())
            .collect(),
        ways: ways(root),
        operations,
        ..Description::default()
    })
}

fn resources<'a>(
    reader: &mut Reader<'a>,
    value: &'a Value,
    at: &At<'_>,
    tags: &mut Vec<String>,
    operations: &mut Vec<Operation>,
) -> Result<(), Unreadable> {
    let methods = value.get("methods").and_then(Value::as_object);
    for (name, method) in methods.into_iter().flatten() {
        let here = at.under("methods");
        let here = here.under(name);
        reader.operation = text(method.get("id")).or_else(|| Some(name.clone()));
        match operation(reader, method, &here, tags) {
            Ok(operation) => operations.push(operation),
            Err(message) => reader.leave_out(&here, message),
        }
        if operations.len() > limits::MOST_OPERATIONS {
            let most = limits::MOST_OPERATIONS;
            return Err(Unreadable::TooMuch(format!(
                "has more than {most} operations"
            )));
        }
    }
    let inner = value.get("resources").and_then(Value::as_object);
    for (name, resource) in inner.into_iter().flatten() {
        let here = at.under("resources");
        tags.push(name.clone());
        resources(reader, resource, &here.under(name), tags, operations)?;
        tags.pop();
    }
    Ok(())
}

fn operation<'a>(
    reader: &mut Reader<'a>,
    value: &'a Value,
    at: &At<'_>,
    tags: &[String],
) -> Result<Operation, String> {
    let base = text(reader.root.get("servicePath")).unwrap_or_default();
    let path = text(value.get("flatPath")).or_else(|| text(value.get("path")));
    let path = path.ok_or("a method needs a `path`")?;
    let template = text(value.get("path")).unwrap_or_default();
    let method = text(value.get("httpMethod")).ok_or("a method needs `httpMethod`")?;
    let (path, params) = params(reader, value, &path, &template, at)?;
    Ok(Operation {
        id: text(value.get("id")),
        method: method.to_ascii_uppercase(),
        path: format!(
            "/{}{}",
            base.trim_start_matches('/'),
            path.trim_start_matches('/')
        ),
        description: text(value.get("description")),
        tags: tags.to_vec(),
        deprecated: value.get("deprecated") == Some(&Value::Bool(true)),
        params,
        body: body(reader, value, at),
        answers: answers(reader, value, at),
        scopes: texts(value.get("scopes"))
            .into_iter()
            .map(|scope| vec![scope])
            .collect(),
        media: media(value),
        at: at.to_string(),
        ..Operation::default()
    })
}

/// The path and its parameters. `path` may be `v1/{+name}`, one variable for several segments; `flatPath` spells these
/// out under names of its own, and then the variables are those.
fn params<'a>(
    reader: &mut Reader<'a>,
    value: &'a Value,
    path: &str,
    template: &str,
    at: &At<'_>,
) -> Result<(String, Vec<Parameter>), String> {
    let mut params = Vec::new();
    let common = reader.root.get("parameters").and_then(Value::as_object);
    let own = value.get("parameters").and_then(Value::as_object);
    let start = At::start("");
    for (list, at, common) in [(own, at, false), (common, &start, true)] {
        let at = at.under("parameters");
        for (name, value) in list.into_iter().flatten() {
            if !params.iter().any(|param: &Parameter| param.name == *name) {
                params.push(param(reader, name, value, &at.under(name), common));
            }
        }
    }
    if params.len() > limits::MOST_PARAMETERS {
        let most = limits::MOST_PARAMETERS;
        return Err(format!("has more than {most} parameters"));
    }
    let path = path.replace("{+", "{");
    spell_out(&path, template, &mut params)?;
    Ok((path, params))
}

/// Puts the variables that only the flat path has in the place of those that it spells out.
fn spell_out(path: &str, template: &str, params: &mut Vec<Parameter>) -> Result<(), String> {
    let names = variables(path)?;
    let whole = |param: &Parameter| template.contains(&format!("{{+{}}}", param.name));
    let spelt = params.iter().find(|param| whole(param)).cloned();
    for name in &names {
        if params.iter().any(|param| param.name == *name) {
            continue;
        }
        let pattern = spelt
            .as_ref()
            .and_then(|param| text(param.schema.get("pattern")));
        let described = spelt.as_ref().and_then(|param| param.description.clone());
        let mut param = variable(name);
        param.description = described.map(|text| match pattern {
            Some(pattern) => format!("A part of `{pattern}`. {text}"),
            None => text,
        });
        params.push(param);
    }
    params.retain(|param| param.place != Place::Path || names.contains(&param.name));
    for param in params {
        param.encoding.reserved = param.place == Place::Path && whole(param);
    }
    Ok(())
}

fn variable(name: &str) -> Parameter {
    crate::operation::parameter(name, Place::Path, json!({ "type": "string" }))
}

fn param<'a>(
    reader: &mut Reader<'a>,
    name: &str,
    value: &'a Value,
    at: &At<'_>,
    common: bool,
) -> Parameter {
    let flag = |key: &str| value.get(key) == Some(&Value::Bool(true));
    let place = match value.get("location").and_then(Value::as_str) {
        Some("path") => Place::Path,
        _ => Place::Query,
    };
    Parameter {
        name: name.to_owned(),
        place,
        required: place == Place::Path || flag("required"),
        description: text(value.get("description")),
        deprecated: flag("deprecated"),
        schema: reader.schema(Some(value), at, false),
        example: None,
        encoding: Encoding {
            explode: Some(true),
            ..Encoding::default()
        },
        common,
    }
}

fn content<'a>(
    reader: &mut Reader<'a>,
    value: &'a Value,
    at: &At<'_>,
) -> IndexMap<String, Content> {
    let content = Content {
        schema: reader.schema(Some(value), at, false),
        ..Content::default()
    };
    IndexMap::from([(JSON.to_owned(), content)])
}

fn body<'a>(reader: &mut Reader<'a>, value: &'a Value, at: &At<'_>) -> Option<RequestBody> {
    let request = value.get("request").filter(|request| request.is_object())?;
    Some(RequestBody {
        description: None,
        required: false,
        contents: content(reader, request, &at.under("request")),
    })
}

fn answers<'a>(reader: &mut Reader<'a>, value: &'a Value, at: &At<'_>) -> Vec<Answer> {
    let response = value
        .get("response")
        .filter(|response| response.is_object());
    let (status, contents) = match response {
        Some(response) => ("200", content(reader, response, &at.under("response"))),
        // Google answers 204, or 200 with nothing in it.
        None => ("2XX", IndexMap::new()),
    };
    vec![Answer {
        status: status.to_owned(),
        contents,
        ..Answer::default()
    }]
}

fn media(value: &Value) -> Option<Media> {
    let upload = value.get("mediaUpload");
    let protocols = upload.and_then(|upload| upload.get("protocols")?.as_object());
    let uploads = protocols
        .into_iter()
        .flatten()
        .filter_map(|(protocol, one)| {
            Some(Upload {
                protocol: protocol.clone(),
                path: text(one.get("path"))?.replace("{+", "{"),
                multipart: one.get("multipart") == Some(&Value::Bool(true)),
            })
        });
    let media = Media {
        download: value.get("supportsMediaDownload") == Some(&Value::Bool(true)),
        uploads: uploads.collect(),
        accept: texts(upload.and_then(|upload| upload.get("accept"))),
    };
    (media != Media::default()).then_some(media)
}

fn ways(root: &Value) -> IndexMap<String, Way> {
    let empty = Map::new();
    let scopes = root
        .pointer("/auth/oauth2/scopes")
        .and_then(Value::as_object);
    let scope = |(name, value): (&String, &Value)| {
        (
            name.clone(),
            text(value.get("description")).unwrap_or_default(),
        )
    };
    let scopes: IndexMap<_, _> = scopes.unwrap_or(&empty).iter().map(scope).collect();
    if scopes.is_empty() {
        return IndexMap::new();
    }
    // The format is Google's own, so its addresses are known; they stand nowhere in it.
    let flow = Flow {
        kind: "authorizationCode".to_owned(),
        authorize_url: Some("https://accounts.google.com/o/oauth2/v2/auth".to_owned()),
        token_url: Some("https://oauth2.googleapis.com/token".to_owned()),
        scopes,
    };
    let way = Way::Oauth2 {
        description: None,
        flows: vec![flow],
    };
    IndexMap::from([("oauth2".to_owned(), way)])
}
