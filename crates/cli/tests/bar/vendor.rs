//! D. Vendor misbehaviour: an application may do what it likes, and nobody but its own caller notices.

use tenon_testkit::promise;

use crate::matrix::{AT_ONCE, expected, matrix};

/// How long an answer may be, in KiB.
const ANSWER_LIMIT: u64 = 10 * 1024;

#[test]
fn d1_each_of_thirty_faults_gets_a_well_formed_answer_that_names_the_culprit() {
    let matrix = matrix();
    matrix.assert("an answer that is no object of JSON", |_, seen| {
        seen.answer.body.is_object()
    });
    matrix.assert("a wrong culprit", |call, seen| {
        expected(call.fault, call.scheme).contains(&seen.verdict().as_str())
    });
    let most = 2 * ANSWER_LIMIT * AT_ONCE as u64;
    assert!(matrix.growth <= most, "{} KiB of {most}", matrix.growth);
    let (runs, growth) = (matrix.runs.len(), matrix.growth / 1024);
    promise::kept(
        "D1",
        format!(
            "{runs} runs, all by the table; memory grew by {growth} MiB of {}",
            most / 1024
        ),
    );
}
