//! What people and scripts see: data on stdout, everything else on stderr.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use serde_json::Value;

use crate::failure::Failure;

/// Prints data.
///
/// # Errors
/// Where it cannot be written. A reader that has had enough is no error.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a JSON document.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_json(value: &Value) -> std::io::Result<()> {
    print(&format!("{value:#}"))
}

/// Prints rows below their headings; each column as wide as it has to be.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_table(headings: &[&str], rows: &[Vec<String>]) -> std::io::Result<()> {
    let headings: Vec<String> = headings.iter().map(|text| (*text).to_owned()).collect();
    let all = || std::iter::once(&headings).chain(rows);
    let width = |column: usize| {
        let cells = all().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    print(&all().map(line).collect::<Vec<_>>().join("\n"))
}

/// Says something that is not data.
pub(crate) fn note(text: &str) {
    // Where stderr is gone there is nobody to tell.
    let _nobody_listens = writeln!(stderr().lock(), "{text}");
}

/// Says why a command failed.
pub(crate) fn fail(failure: &Failure) {
    note(&format!("{} {}", bold("error:", "31"), failure.message));
    for cause in &failure.causes {
        note(&format!("  {cause}"));
    }
    if let Some(hint) = &failure.hint {
        note(&format!("{} {hint}", bold("hint:", "36")));
    }
}

/// A word in colour, where colour is seen and wanted.
fn bold(word: &str, colour: &str) -> String {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if unwanted || !stderr().is_terminal() {
        word.to_owned()
    } else {
        format!("\x1b[1;{colour}m{word}\x1b[0m")
    }
}

/// A member of an object as a table shows it.
pub(crate) fn cell(row: &Value, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.len().to_string(),
        Some(value) => value.to_string(),
    }
}

/// The rows of a list, or of one page of a list.
pub(crate) fn rows(list: &Value, columns: &[&str]) -> Vec<Vec<String>> {
    let rows = list.get("docs").unwrap_or(list).as_array();
    let row = |row| columns.iter().map(|name| cell(row, name)).collect();
    rows.into_iter().flatten().map(row).collect()
}

/// Says that a page is not all there is.
pub(crate) fn note_more(page: &Value) {
    if let Some(next) = page.get("nextPage").and_then(Value::as_u64) {
        let total = cell(page, "totalDocs");
        note(&format!("{total} in all; more with --page {next}"));
    }
}
