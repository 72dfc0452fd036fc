//! `verify`: whether a connector's actions are valid calls of what the vendor describes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use tenon_connector::EXCEPTIONS_FILE;
use tenon_description::vendor;
use tenon_description::verify::{self, Checked, ExceptionDoc};

use super::check;
use super::source::{self, Source};
use crate::arguments::Global;
use crate::failure::{Failure, Outcome};
use crate::screen;

/// Checks every action of the connectors that are meant.
pub(super) fn verify(global: &Global, what: &str, specs: &[PathBuf]) -> Outcome {
    let vendor = read_all(specs)?;
    let mut good = true;
    for source in source::find(global, Some(what))? {
        let connector = check::compile(&source).map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Failure::new(lines.join("\n"))
        })?;
        let mut checked = verify::verify(&connector, &vendor);
        let exceptions = exceptions(&source)?;
        let stale: Vec<String> = verify::excuse(&mut checked, &exceptions)
            .iter()
            .map(|one| format!("{}: {}", one.action, one.at))
            .collect();
        good &= stale.is_empty() && checked.iter().all(|one| one.findings.is_empty());
        show(global, &source.slug, &checked, exceptions.len(), &stale)?;
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(
    global: &Global,
    slug: &str,
    checked: &[Checked],
    exceptions: usize,
    stale: &[String],
) -> std::io::Result<()> {
    if global.json {
        let actions: Vec<Value> = checked.iter().map(to_json).collect();
        return screen::print_json(&json!({
            "slug": slug, "actions": actions, "exceptions": exceptions, "stale_exceptions": stale,
        }));
    }
    for one in checked {
        for finding in &one.findings {
            let line = format!("{slug}.{}: {}: {}", one.action, finding.at, finding.message);
            screen::print(&line)?;
        }
    }
    for one in stale {
        screen::print(&format!(
            "{slug}: the exception `{one}` excuses nothing any more"
        ))?;
    }
    let verified = checked.iter().filter(|one| one.findings.is_empty()).count();
    screen::print(&format!(
        "{slug}: {verified} of {} actions agree with the description, {exceptions} exceptions",
        checked.len()
    ))
}

fn to_json(one: &Checked) -> Value {
    let findings = one
        .findings
        .iter()
        .map(|finding| json!({"at": finding.at, "message": finding.message}));
    json!({"action": one.action, "operations": one.operations, "findings": findings.collect::<Vec<_>>()})
}

fn exceptions(source: &Source) -> Result<Vec<ExceptionDoc>, Failure> {
    let bundle = source.bundle.as_ref().ok();
    let text = bundle.and_then(|bundle| bundle.files.get(EXCEPTIONS_FILE));
    let read = text.map(|text| ExceptionDoc::read(text)).transpose();
    let place = source.place.join(EXCEPTIONS_FILE);
    read.map(Option::unwrap_or_default)
        .map_err(|error| Failure::new(format!("{}: {error}", place.display())))
}

fn read_all(specs: &[PathBuf]) -> Result<Vec<verify::Source>, Failure> {
    let mut sources = Vec::new();
    for path in specs {
        let files = if path.is_dir() {
            entries(path)?
        } else {
            vec![path.clone()]
        };
        for file in files {
            sources.push(read(&file)?);
        }
    }
    Ok(sources)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::new(format!("{} cannot be read: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| vendor::has_known_name(&path.to_string_lossy()))
        .collect();
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<verify::Source, Failure> {
    let place = path.display();
    let bytes = std::fs::read(path);
    let bytes = bytes.map_err(|error| Failure::new(format!("{place} cannot be read: {error}")))?;
    vendor::read(&path.to_string_lossy(), &bytes)
        .map_err(|error| Failure::new(format!("{place}: {error}")))
}
