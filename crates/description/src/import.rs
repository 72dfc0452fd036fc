//! Descriptions become connectors: each operation an action with flat, typed parameters, an output and an example.
//!
//! What comes out compiles, and its examples hold; an operation of which that cannot be said is left out and named.

mod auth;
mod body;
mod bounded;
mod draft;
mod effect;
mod names;
mod output;
mod paging;
mod readme;
mod request;
mod sample;
mod server;
mod settle;
mod texts;
mod value;
mod write;

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use tenon_connector::Bundle;

use self::draft::Draft;
use self::server::Base;
use crate::shape::{Description, Operation};

/// The longest description of an action.
const DESCRIPTION: usize = 500;

/// What is wanted of a description.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What the application will be known by.
    pub slug: String,
    /// Which operations.
    pub operations: Selection,
    /// The server, where it is not the description's first.
    pub server: Option<String>,
    /// Where the description came from, for the connector's README.
    pub source: String,
}

/// Which operations are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// Those with these ids, the description's or the actions'.
    Named(Vec<String>),
    /// Those that are filed under this tag.
    Tagged(String),
}

/// A connector that was made of a description.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its files, with a README.md.
    pub bundle: Bundle,
    /// The actions and the operations that they came from.
    pub actions: Vec<(String, String)>,
    /// The operations that were wanted and are not there.
    pub left_out: Vec<LeftOut>,
}

/// An operation that did not become an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its id in the description, or its method and path.
    pub operation: String,
    /// Where it stands, as a JSON pointer.
    pub at: String,
    /// Why.
    pub reason: String,
}

impl LeftOut {
    fn of(draft: &Draft, reason: String) -> Self {
        Self {
            operation: draft.operation.clone(),
            at: draft.at.clone(),
            reason,
        }
    }
}

/// Why nothing could be made of a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It does not say where the application lives.
    #[error(
        "the description names no server; say where the application lives: --server https://api.example.com"
    )]
    NoServer,
    /// It lives where nobody can go.
    #[error(
        "the server `{url}` {reason}; choose one: --server https://api.example.com, where a part may be `{{name}}`"
    )]
    Server {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// None of the operations is one.
    #[error("the description has no operation `{0}`")]
    NoOperation(String),
    /// No operation has the tag.
    #[error("no operation has the tag `{0}`; the tags are: {1}")]
    NoTag(String, String),
    /// The slug cannot be one, or what all actions share does not compile.
    #[error("the connector does not compile: {0}")]
    Connector(String),
}

/// Makes a connector of a description.
///
/// # Errors
/// Where nothing can be made of it. An operation that cannot become an action is named in [`Imported::left_out`].
pub fn import(description: &Description, wanted: &Wanted) -> Result<Imported, ImportError> {
    let base = server::base(description, wanted.server.as_deref())?;
    let mut taken = HashSet::from(["httprequest".to_owned()]);
    let named = description.operations.iter();
    let named: Vec<(String, &Operation)> = named
        .map(|operation| (names::action_id(operation, &mut taken), operation))
        .collect();
    let chosen = choose(description, &wanted.operations, named)?;
    let mut left_out = unread(description, &wanted.operations);
    let mut drafts = Vec::new();
    for (id, operation) in &chosen {
        match draft(description, operation, id, &base) {
            Ok(draft) => drafts.push(draft),
            Err(reason) => left_out.push(LeftOut {
                operation: called(operation),
                at: operation.at.clone(),
                reason,
            }),
        }
    }
    let operations: Vec<&Operation> = chosen.iter().map(|(_, operation)| *operation).collect();
    let (connector, guessed) = connector(description, wanted, &base, &operations)?;
    let mut settled = settle::all(&wanted.slug, &connector, drafts, &mut left_out);
    let read_me = readme::write(description, wanted, &settled.drafts, &left_out, guessed);
    settled.bundle.files.insert("README.md".to_owned(), read_me);
    let actions = settled.drafts.into_iter();
    Ok(Imported {
        bundle: settled.bundle,
        actions: actions.map(|draft| (draft.id, draft.operation)).collect(),
        left_out,
    })
}

/// What people call an operation.
fn called(operation: &Operation) -> String {
    let line = || format!("{} {}", operation.method, operation.path);
    operation.id.clone().unwrap_or_else(line)
}

fn choose<'d>(
    description: &Description,
    selection: &Selection,
    named: Vec<(String, &'d Operation)>,
) -> Result<Vec<(String, &'d Operation)>, ImportError> {
    let is = |name: &str, id: &str, operation: &Operation| id == name || called(operation) == name;
    match selection {
        Selection::All => Ok(named),
        Selection::Named(wanted) => {
            let known =
                |name: &&String| named.iter().any(|(id, operation)| is(name, id, operation));
            if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
                return Err(ImportError::NoOperation(unknown.clone()));
            }
            let keep = |(id, operation): &(String, &Operation)| {
                wanted.iter().any(|name| is(name, id, operation))
            };
            Ok(named.into_iter().filter(keep).collect())
        }
        Selection::Tagged(tag) => {
            let tagged = |one: &&(String, &Operation)| {
                one.1.tags.iter().any(|own| own.eq_ignore_ascii_case(tag))
            };
            let found: Vec<_> = named.iter().filter(tagged).cloned().collect();
            if found.is_empty() {
                return Err(ImportError::NoTag(tag.clone(), tags(description)));
            }
            Ok(found)
        }
    }
}

fn tags(description: &Description) -> String {
    let mut tags: Vec<&str> = Vec::new();
    for tag in description
        .operations
        .iter()
        .flat_map(|operation| &operation.tags)
    {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    tags.join(", ")
}

/// The operations that could not be read at all. Of a choice, only those that were chosen by name can be told.
fn unread(description: &Description, selection: &Selection) -> Vec<LeftOut> {
    let problems = description
        .problems
        .iter()
        .filter(|problem| problem.left_out);
    let wanted = |operation: &String| match selection {
        Selection::All => true,
        Selection::Named(names) => names.contains(operation),
        Selection::Tagged(_) => false,
    };
    let found = problems.filter_map(|problem| {
        let operation = problem.operation.clone().filter(wanted)?;
        Some(LeftOut {
            operation,
            at: problem.at.clone(),
            reason: problem.message.clone(),
        })
    });
    found.collect()
}

fn draft(
    description: &Description,
    operation: &Operation,
    id: &str,
    base: &Base,
) -> Result<Draft, String> {
    let path = server::path(base, operation)?;
    let title = operation
        .summary
        .as_deref()
        .and_then(|text| texts::short(text, 60));
    let title = title.map(|title| title.trim_end_matches('.').to_owned());
    let about = [&operation.description, &operation.summary];
    let about = about
        .into_iter()
        .flatten()
        .find_map(|text| texts::short(text, DESCRIPTION));
    let mut draft = Draft {
        id: id.to_owned(),
        operation: called(operation),
        at: operation.at.clone(),
        name: title.unwrap_or_else(|| names::label(id)),
        description: about.unwrap_or_else(|| format!("{} {}", operation.method, operation.path)),
        effect: effect::of(operation),
        scopes: auth::scopes_of(operation).cloned().unwrap_or_default(),
        ..Draft::default()
    };
    request::fill(description, operation, &path, &mut draft)?;
    let shape = output::fill(description, operation, &mut draft);
    draft.paged = paging::of(operation, &draft, shape.as_ref());
    Ok(draft)
}

/// `connector.yaml`, which compiles by itself. The flag: how to authenticate was guessed.
fn connector(
    description: &Description,
    wanted: &Wanted,
    base: &Base,
    operations: &[&Operation],
) -> Result<(String, bool), ImportError> {
    let (mut ways, guessed) = auth::ways(description, operations);
    let document = |ways: &Map<String, Value>| document(description, wanted, base, ways);
    let text = document(&ways)?;
    let problem = compiles(&wanted.slug, &text);
    let Err(problem) = problem else {
        return Ok((text, guessed));
    };
    // An address of a grant that is none must not cost the connector.
    ways.values_mut()
        .filter_map(Value::as_object_mut)
        .for_each(|way| {
            way.remove("grant");
        });
    let text = document(&ways)?;
    compiles(&wanted.slug, &text).map_err(|_still| ImportError::Connector(problem))?;
    Ok((text, guessed))
}

fn document(
    description: &Description,
    wanted: &Wanted,
    base: &Base,
    ways: &Map<String, Value>,
) -> Result<String, ImportError> {
    let about = description
        .description
        .as_deref()
        .and_then(|text| texts::short(text, 300));
    let name = Some(description.title.trim()).filter(|title| !title.is_empty());
    let mut document = json!({
        "name": name.unwrap_or(&wanted.slug),
        "description": about.unwrap_or_else(|| format!("Imported from {}.", wanted.source)),
        "base_url": base.template,
    });
    if let Some(map) = document.as_object_mut() {
        if !base.facts.is_empty() {
            map.insert("connection".to_owned(), Value::Object(base.facts.clone()));
        }
        map.insert("auth".to_owned(), Value::Object(ways.clone()));
        let errors = json!([
            { "when": "status == 401", "kind": "credential" },
            { "when": "status == 429", "kind": "rate_limited" }
        ]);
        map.insert("errors".to_owned(), errors);
    }
    write::yaml(&document).map_err(ImportError::Connector)
}

fn compiles(slug: &str, connector: &str) -> Result<(), String> {
    let file = tenon_connector::CONNECTOR_FILE.to_owned();
    let bundle = Bundle {
        slug: slug.to_owned(),
        files: [(file, connector.to_owned())].into(),
        proven: false,
    };
    let compiled = bundle.compile();
    compiled.map(drop).map_err(|problems| {
        let texts = problems.iter().map(ToString::to_string);
        texts.collect::<Vec<_>>().join("; ")
    })
}
