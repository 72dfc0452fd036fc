//! What becomes of the vendors' descriptions: every file imported whole, and the share of operations that became actions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tenon_description::import::{ImportError, Imported, Selection, Wanted, import};
use tenon_description::{Description, Unreadable, read};

/// What a description that names no server of its own is imported with.
const SOME_SERVER: &str = "https://api.example.com";

/// One line of the table: a file, or a folder of files.
#[derive(Debug, Default)]
struct Line {
    files: usize,
    operations: usize,
    imported: usize,
    took: Duration,
    left_out: Vec<String>,
}

impl Line {
    fn share(&self) -> f64 {
        100.0 * self.imported as f64 / self.operations.max(1) as f64
    }
}

/// Prints the table as Markdown.
#[expect(clippy::print_stdout, reason = "this is what was asked for")]
pub(crate) fn print() -> Result<()> {
    println!(
        "| description | operations | imported, compiled, example holds | share | seconds |\n| --- | ---: | ---: | ---: | ---: |"
    );
    let mut all = Line::default();
    for (name, line) in table()? {
        println!("{}", row(&name, &line));
        all.operations += line.operations;
        all.imported += line.imported;
        all.took += line.took;
        all.left_out.extend(line.left_out);
    }
    println!("{}", row("all", &all));
    println!("\nLeft out:\n");
    all.left_out.iter().for_each(|one| println!("- {one}"));
    Ok(())
}

fn row(name: &str, line: &Line) -> String {
    let name = match line.files {
        0 | 1 => name.to_owned(),
        files => format!("{name} ({files} files)"),
    };
    let (operations, imported) = (line.operations, line.imported);
    let (share, seconds) = (line.share(), line.took.as_secs_f64());
    format!("| {name} | {operations} | {imported} | {share:.2} % | {seconds:.1} |")
}

/// Imports every description in the folder of specifications. Files in folders count together.
fn table() -> Result<BTreeMap<String, Line>> {
    let folder = std::env::var_os("TENON_SPECS").map(PathBuf::from);
    let folder = folder.context("TENON_SPECS is not set: the folder of vendors' descriptions")?;
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    files.sort();
    for file in files {
        let relative = file.strip_prefix(&folder).unwrap_or(&file);
        let within = relative
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let name = within.map_or_else(
            || relative.display().to_string(),
            |parent| format!("{}/", parent.display()),
        );
        measure(&file, lines.entry(name).or_default())?;
    }
    lines.retain(|_, line| line.files > 0);
    Ok(lines)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // The trimmed ones are parts of the others.
        if path.is_dir() && !path.ends_with("trimmed") {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|end| ["json", "yaml", "yml"].iter().any(|one| end == *one))
        {
            files.push(path);
        }
    }
    Ok(())
}

fn measure(file: &Path, line: &mut Line) -> Result<()> {
    let bytes = std::fs::read(file)?;
    let start = Instant::now();
    let description = match read(&bytes) {
        Ok(description) => description,
        Err(Unreadable::Unknown) => return Ok(()),
        Err(error) => bail!("{}: {error}", file.display()),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let imported = whole(&description, &name);
    let imported = imported.with_context(|| format!("{} cannot be imported", file.display()))?;
    line.took += start.elapsed();
    line.files += 1;
    line.operations += imported.actions.len() + imported.left_out.len();
    line.imported += imported.actions.len();
    let told = imported.left_out.iter();
    line.left_out
        .extend(told.map(|one| format!("{name}: `{}`: {}", one.operation, one.reason)));
    Ok(())
}

fn whole(description: &Description, source: &str) -> Result<Imported, ImportError> {
    let mut wanted = Wanted {
        slug: "imported".to_owned(),
        operations: Selection::All,
        server: None,
        source: source.to_owned(),
    };
    match import(description, &wanted) {
        Err(ImportError::NoServer | ImportError::Server { .. }) => {
            wanted.server = Some(SOME_SERVER.to_owned());
            import(description, &wanted)
        }
        imported => imported,
    }
}

#[cfg(test)]
mod tests {
    /// Of each file: what is left out are operations at other servers and of methods that actions do not have.
    const LEAST_SHARE: f64 = 99.0;

    #[test]
    fn nearly_every_operation_of_the_vendors_descriptions_becomes_an_action() {
        if std::env::var_os("TENON_SPECS").is_none() {
            println!("not run: TENON_SPECS is not set");
            return;
        }
        let lines = super::table().unwrap();
        assert!(lines.len() > 20, "{lines:?}");
        for (name, line) in &lines {
            let share = line.share();
            assert!(
                share >= LEAST_SHARE,
                "{name}: {share:.1} %: {:#?}",
                line.left_out
            );
        }
        let operations: usize = lines.values().map(|line| line.operations).sum();
        let imported: usize = lines.values().map(|line| line.imported).sum();
        tenon_testkit::promise::kept(
            "G2",
            format!(
                "{imported} of {operations} operations of vendors' descriptions became actions"
            ),
        );
    }
}
