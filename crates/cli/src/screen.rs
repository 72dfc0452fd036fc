//! What people and scripts see: data on stdout, everything else on stderr.

use std::io::{IsTerminal as _, Read as _, Write as _, stderr, stdout};
use std::process::ExitCode;

use serde_json::Value;

use crate::arguments::Global;
use crate::failure::{Failure, Outcome};

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
    print(&table(headings, rows))
}

fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|text| (*text).to_owned()).collect();
    let shown = |row: &Vec<String>| row.iter().map(|cell| short(cell)).collect::<Vec<_>>();
    let rows: Vec<_> = rows.iter().map(shown).collect();
    let all = || std::iter::once(&headings).chain(&rows);
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
    all().map(line).collect::<Vec<_>>().join("\n")
}

/// The most characters of a cell: tenants name their customers at any length.
const WIDEST: usize = 100;

/// What fits into a table.
fn short(cell: &str) -> String {
    let cell = harmless(&cell.replace('\n', " "));
    match cell.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", cell.get(..end).unwrap_or_default()),
        None => cell,
    }
}

/// The text without what a terminal would obey: others chose it.
fn harmless(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n';
    let plain = |c| if obeyed(c) { '\u{fffd}' } else { c };
    text.chars().map(plain).collect()
}

/// Shows what a command came to: the API's answer to scripts, a sentence to people.
///
/// # Errors
/// As [`print`].
pub(crate) fn done(global: &Global, answer: &Value, said: &str) -> Outcome {
    if global.json {
        print_json(answer)?;
    } else {
        note(said);
    }
    Ok(ExitCode::SUCCESS)
}

/// Says something that is not data.
pub(crate) fn note(text: &str) {
    // Where stderr is gone there is nobody to tell.
    let _nobody_listens = writeln!(stderr().lock(), "{text}");
}

/// Says why a command failed.
pub(crate) fn fail(failure: &Failure) {
    let message = harmless(&failure.message);
    note(&format!("{} {message}", bold("error:", "31")));
    for cause in &failure.causes {
        note(&format!("  {}", harmless(cause)));
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

/// Shows a list, or one page of a list: whole to scripts, these columns of it below their headings to people.
///
/// # Errors
/// As [`print`].
pub(crate) fn list(global: &Global, page: &Value, columns: &[(&str, &str)]) -> Outcome {
    if global.json {
        print_json(page)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (headings, names): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
    print_table(&headings, &rows(page, &names))?;
    note_more(page);
    Ok(ExitCode::SUCCESS)
}

/// Says that a page is not all there is.
fn note_more(page: &Value) {
    if let Some(next) = page.get("nextPage").and_then(Value::as_u64) {
        let total = cell(page, "totalDocs");
        note(&format!("{total} in all; more with --page {next}"));
    }
}

/// Standard input as one value: the end of the line is the terminal's, not the secret's.
pub(crate) fn from_stdin() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_bears_what_others_named() {
        let rows = [
            vec!["a".repeat(70_000), "x".to_owned()],
            vec!["\u{1b}[2Jb".to_owned(), "y".to_owned()],
        ];
        let table = table(&["ID", "NAME"], &rows);
        assert!(table.lines().all(|line| line.chars().count() < 110));
        assert!(table.contains('…') && !table.contains('\u{1b}'), "{table}");
    }
}
