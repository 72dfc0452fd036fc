//! `tenon openapi`: the API's description, or that of an application's actions.

use std::process::ExitCode;

use tenon_server::api::{openapi, openapi_of};
use tenon_server::catalogue::Catalogue;

use crate::arguments::Global;
use crate::failure::{Failure, Outcome};
use crate::screen;

/// Prints the document. Nothing is opened for it.
pub(crate) fn run(global: &Global, application: Option<&str>) -> Outcome {
    let document = match application {
        Some(slug) => {
            let catalogue = Catalogue::new(global.connectors.clone());
            let connector = catalogue.registry().connector(slug);
            openapi_of(&*connector.map_err(|_unknown| not_served(slug))?)
        }
        None => openapi(),
    };
    screen::print_json(&document)?;
    Ok(ExitCode::SUCCESS)
}

fn not_served(slug: &str) -> Failure {
    Failure::usage(format!("no connector at hand has the slug `{slug}`"))
        .hint("tenon connector list shows them")
}
