//! One action: when to use it, what it takes and gives, and code that runs it.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tenon_connector::document::ExampleDoc;
use tenon_connector::profile::Profile;
use tenon_connector::{Action, Connector};

use super::{Page, line, missing, page};
use crate::api::actions::{EXECUTE, annotations, example_data};
use crate::api::connect::{app_view, base};
use crate::api::extract::Path;
use crate::app::App;
use crate::docs::{Snippets, Table, pretty};

/// What code calls where nobody has said where this installation is.
const SOMEWHERE: &str = "https://tenon.example.com";
/// The longest name of a tool that every provider takes.
const LONGEST_TOOL_NAME: usize = 64;

pub(super) async fn show(State(app): State<App>, Path((slug, id)): Path<(String, String)>) -> Page {
    let snapshot = app.engine.registry().snapshot();
    let Some(connector) = snapshot.connector(&slug) else {
        return missing::application(&app, &snapshot, &slug);
    };
    match connector.action(&id) {
        Some(action) if action.id == id => {
            let view = view(&app, connector, action);
            page(&app, StatusCode::OK, "docs/action.html", view)
        }
        Some(action) => Ok(moved(&format!("{}/docs/{slug}/{}", base(&app), action.id))),
        None => missing::action(&app, connector, &id),
    }
}

/// An earlier id leads to the present one, for ever.
fn moved(address: &str) -> Response {
    let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
    // Slugs and ids are letters, digits, `-` and `_`, so this cannot fail.
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

fn view(app: &App, connector: &Connector, action: &Action) -> Value {
    let server = app.settings.public_url();
    let path = EXECUTE.replace("{slug}", &connector.slug);
    let path = path.replace("{action_id}", &action.id);
    let address = format!("{}{path}", server.as_deref().unwrap_or(SOMEWHERE));
    let succeeds = action.examples.iter().find(|one| one.fails.is_none());
    let body = succeeds.map_or_else(|| json!({}), ExampleDoc::body);
    json!({
        "app": app_view(connector), "action": line(connector, action), "annotations": annotations(action),
        "aliases": action.aliases, "scopes": action.scopes, "paged": action.paged(),
        "requests": action.step_count(), "lookup": action.lookup().is_some(), "gives_file": action.gives_file,
        "params": Table::of(&action.input_schema), "sources": sources(action),
        "output": action.output_schema.as_ref().map(Table::of),
        "examples": action.examples.iter().map(example).collect::<Vec<_>>(),
        "path": path, "code": Snippets::new(&address, &body), "tools": tools(connector, action),
    })
}

/// The actions that know the choices and the members of parameters, by parameter.
fn sources(action: &Action) -> Value {
    let choices = action
        .options
        .iter()
        .map(|(name, source)| (name, "options", source));
    let members = action.member_sources.iter();
    let members = members.map(|(name, source)| (name, "fields", source));
    let all = choices.chain(members);
    all.map(|(param, kind, source)| json!({"param": param, "kind": kind, "action": source.action}))
        .collect()
}

/// The action as a tool that a model calls, in each provider's form.
fn tools(connector: &Connector, action: &Action) -> Vec<Value> {
    let whole = format!("{}_{}", connector.slug, action.id);
    let name = match whole.len() <= LONGEST_TOOL_NAME {
        true => &whole,
        false => &action.id,
    };
    let tool = |profile: Profile| {
        let tool = profile.tool(name, &action.description, &action.input_schema);
        json!({"provider": profile.as_str(), "tool": pretty(&tool)})
    };
    Profile::ALL.map(tool).into()
}

fn example(example: &ExampleDoc) -> Value {
    json!({
        "name": example.name, "fails": example.fails, "input": pretty(&example.body()),
        "data": example_data(example).map(|data| pretty(&data)),
    })
}
