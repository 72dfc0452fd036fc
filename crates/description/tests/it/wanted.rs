//! Small descriptions, and what is made of them.

use serde_json::{Value, json};
use tenon_connector::Connector;
use tenon_description::import::{ImportError, Imported, Selection, Wanted, import};
use tenon_description::read;

pub(crate) fn document(paths: Value, schemas: Value) -> Value {
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Acme", "version": "1" },
        "servers": [{ "url": "https://api.acme.test/v1" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" } }
        }
    })
}

pub(crate) fn wanted() -> Wanted {
    Wanted {
        slug: "acme".to_owned(),
        operations: Selection::All,
        server: None,
        source: "acme.json".to_owned(),
    }
}

pub(crate) fn made(document: &Value, wanted: &Wanted) -> Result<Imported, ImportError> {
    let description = read(document.to_string().as_bytes()).unwrap();
    import(&description, wanted)
}

/// The connector that a document becomes, of which nothing was left out.
pub(crate) fn connector(document: &Value) -> Connector {
    let imported = made(document, &wanted()).unwrap();
    assert_eq!(imported.left_out, []);
    let connector = imported.bundle.compile();
    connector.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// An action file of a document, as YAML was read.
pub(crate) fn file(document: &Value, id: &str) -> String {
    let imported = made(document, &wanted()).unwrap();
    imported.bundle.files[&format!("actions/{id}.yaml")].clone()
}
