//! `tenon openapi`: the API's description, with every action of the connectors at hand.

use std::process::ExitCode;

use tenon_server::catalogue::Catalogue;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::screen;

/// Prints the document. Nothing is opened for it.
pub(crate) fn run(global: &Global) -> Outcome {
    let catalogue = Catalogue::new(global.connectors.clone());
    screen::print_json(&tenon_server::api::openapi(&catalogue.registry()))?;
    Ok(ExitCode::SUCCESS)
}
