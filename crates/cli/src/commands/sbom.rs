//! `tenon sbom`: what the binary was built from, embedded when it was built.

use std::process::ExitCode;

use crate::failure::Outcome;
use crate::screen;

/// CycloneDX 1.5, generated from the locked dependencies.
const BILL: &str = include_str!("../../../../schemas/sbom.cdx.json");

/// Prints the bill.
pub(crate) fn run() -> Outcome {
    screen::print(BILL.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
