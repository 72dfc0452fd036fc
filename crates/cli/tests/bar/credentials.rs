//! B. Credentials: they open where they were sealed for, and show nowhere.

mod keyless;
mod oauth;
mod rotation;
mod undumpable;

use tenon_testkit::promise;

use crate::matrix::matrix;

#[test]
fn b10_no_credential_shows_while_the_vendor_misbehaves_in_every_way() {
    let matrix = matrix();
    assert!(matrix.clean, "the search for canaries found one, see above");
    let runs = matrix.runs.len();
    promise::kept(
        "B10",
        format!(
            "{runs} runs at trace level, 9 encodings: no canary in logs, answers, metrics or files"
        ),
    );
}
