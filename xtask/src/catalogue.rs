//! The catalogue, verified: every connector against its vendor's description, in one table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tenon_connector::{Bundle, Connector, EXCEPTIONS_FILE, HTTP_REQUEST};
use tenon_description::vendor;
use tenon_description::verify::{self, ExceptionDoc, Source};
use tenon_server::catalogue::folder;

/// One application.
#[derive(Debug)]
pub(crate) struct Line {
    name: String,
    actions: usize,
    /// How many agree with the vendor's description; `None` where there is none in the folder.
    verified: Option<usize>,
    /// How many make a request that the description lacks, with an exception that says why.
    beyond: usize,
    exceptions: usize,
    /// How many were executed over HTTP at something that plays the application.
    emulated: usize,
    /// What does not agree, and exceptions that excuse nothing.
    findings: Vec<String>,
}

/// Prints the table as Markdown.
#[expect(clippy::print_stdout, reason = "this is what was asked for")]
pub(crate) fn print() -> Result<()> {
    let lines = lines()?;
    println!("| application | slug | actions | verified | not described | exceptions | emulated |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (slug, line) in &lines {
        println!("{}", row(slug, line));
    }
    println!("{}", total(&lines));
    for (slug, line) in &lines {
        line.findings
            .iter()
            .for_each(|one| println!("\n{slug}: {one}"));
    }
    Ok(())
}

fn row(slug: &str, line: &Line) -> String {
    let number = |count: usize| {
        if count == 0 {
            String::new()
        } else {
            count.to_string()
        }
    };
    let verified = line
        .verified
        .map_or_else(String::new, |count| count.to_string());
    let [beyond, exceptions, emulated] = [line.beyond, line.exceptions, line.emulated].map(number);
    let (name, actions) = (&line.name, line.actions);
    format!("| {name} | `{slug}` | {actions} | {verified} | {beyond} | {exceptions} | {emulated} |")
}

fn total(lines: &BTreeMap<String, Line>) -> String {
    let sum = |of: fn(&Line) -> usize| lines.values().map(of).sum::<usize>();
    let all = Line {
        name: format!("**all {}**", lines.len()),
        actions: sum(|line| line.actions),
        verified: Some(sum(|line| line.verified.unwrap_or(0))),
        beyond: sum(|line| line.beyond),
        exceptions: sum(|line| line.exceptions),
        emulated: sum(|line| line.emulated),
        findings: Vec::new(),
    };
    row("", &all).replace("``", "")
}

/// A line for each shipped connector.
pub(crate) fn lines() -> Result<BTreeMap<String, Line>> {
    let specs = std::env::var_os("TENON_SPECS").map(PathBuf::from);
    let root = crate::root().join("connectors");
    let described = std::fs::read_to_string(root.join("descriptions.yaml"))?;
    let described: BTreeMap<String, Vec<String>> = serde_saphyr::from_str(&described)?;
    let mut lines = BTreeMap::new();
    for (slug, bundle) in folder::read(&root)? {
        let bundle = bundle.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let connector = bundle.compile();
        let connector = connector.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let files = described.get(&slug).zip(specs.as_deref());
        let line = line(&connector, &bundle, files)?;
        lines.insert(slug, line);
    }
    Ok(lines)
}

fn line(
    connector: &Connector,
    bundle: &Bundle,
    files: Option<(&Vec<String>, &Path)>,
) -> Result<Line> {
    let own = connector.actions.keys().filter(|id| *id != HTTP_REQUEST);
    let mut line = Line {
        name: connector.name.clone(),
        actions: own.count(),
        verified: None,
        beyond: 0,
        exceptions: 0,
        emulated: emulated(connector)?,
        findings: Vec::new(),
    };
    let exceptions = bundle.files.get(EXCEPTIONS_FILE);
    let exceptions = exceptions.map(|text| ExceptionDoc::read(text)).transpose();
    let exceptions = exceptions.map_err(anyhow::Error::msg)?.unwrap_or_default();
    line.exceptions = exceptions.len();
    let Some((names, folder)) = files else {
        return Ok(line);
    };
    let mut sources = Vec::new();
    names
        .iter()
        .try_for_each(|name| read(&folder.join(name), &mut sources))?;
    let mut checked = verify::verify(connector, &sources);
    let stale = verify::excuse(&mut checked, &exceptions);
    let stale = stale
        .iter()
        .map(|one| format!("the exception `{}: {}` excuses nothing", one.action, one.at));
    line.findings.extend(stale);
    let agree = checked.iter().filter(|one| one.findings.is_empty());
    let (beyond, verified): (Vec<_>, Vec<_>) = agree.partition(|one| one.is_beyond_description());
    (line.beyond, line.verified) = (beyond.len(), Some(verified.len()));
    for one in &checked {
        let told = one
            .findings
            .iter()
            .map(|finding| format!("{}: {}: {}", one.action, finding.at, finding.message));
        line.findings.extend(told);
    }
    Ok(line)
}

fn read(path: &Path, sources: &mut Vec<Source>) -> Result<()> {
    if path.is_dir() {
        let mut inside: Vec<_> = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        inside.sort_by_key(std::fs::DirEntry::path);
        return inside
            .iter()
            .try_for_each(|entry| read(&entry.path(), sources));
    }
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    sources.push(
        vendor::read(&path.to_string_lossy(), &bytes)
            .with_context(|| path.display().to_string())?,
    );
    Ok(())
}

/// The actions that tests executed at programs that play the application: each leaves its ids under the program's name.
fn emulated(connector: &Connector) -> Result<usize> {
    let file = crate::root().join(format!("target/emulated/{}.json", connector.slug));
    let Ok(text) = std::fs::read_to_string(file) else {
        return Ok(0);
    };
    let counterparts: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&text)?;
    let ids: BTreeSet<_> = counterparts.into_values().flatten().collect();
    let known = ids.iter().filter(|id| connector.action(id).is_some());
    Ok(known.count())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_action_agrees_with_its_vendors_description() {
        if std::env::var_os("TENON_SPECS").is_none() {
            println!("not run: TENON_SPECS is not set");
            return;
        }
        let lines = super::lines().unwrap();
        let findings: Vec<_> = lines
            .iter()
            .flat_map(|(slug, line)| {
                line.findings
                    .iter()
                    .map(move |one| format!("{slug}: {one}"))
            })
            .collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn the_catalogue_has_no_application_with_a_handful_of_actions() {
        let lines = super::lines().unwrap();
        let actions: usize = lines.values().map(|line| line.actions).sum();
        assert!(
            lines.len() >= 40 && actions >= 400,
            "{} {actions}",
            lines.len()
        );
        let small: Vec<_> = lines.iter().filter(|(_, line)| line.actions < 4).collect();
        assert!(small.is_empty(), "{small:?}");
    }
}
