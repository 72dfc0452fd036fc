//! Connectors on disk: a folder of connectors, or one connector's own folder.
//!
//! Reading is bounded: so many connectors, so many files, each so large. Names that begin with a dot are not looked
//! at; editors and version control live there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tenon_connector::{
    Bundle, CONNECTOR_FILE, EXCEPTIONS_FILE, FILE_LIMIT_BYTES, Problem, README_FILE,
};

/// The most connectors that a folder may hold.
const MOST_CONNECTORS: usize = 2_000;
/// The most files that a connector may have.
const MOST_FILES: usize = 2_000;

/// The most that is read of a README.
const README_LIMIT_BYTES: u64 = 128 * 1024;

/// What was found: by slug, the files or why they cannot be read.
pub type Found = BTreeMap<String, Result<Bundle, Vec<Problem>>>;

/// Reads every connector of a folder; of a connector's own folder, that one.
///
/// # Errors
/// Where the folder itself cannot be read.
pub fn read(folder: &Path) -> io::Result<Found> {
    if folder.join(CONNECTOR_FILE).is_file() {
        let folder = folder.canonicalize()?;
        let slug = visible(folder.file_name())
            .unwrap_or("connector")
            .to_owned();
        return Ok(Found::from([(slug.clone(), connector(slug, &folder))]));
    }
    let mut found = Found::new();
    for path in visible_entries(folder, MOST_CONNECTORS)? {
        if let (true, Some(slug)) = (path.is_dir(), visible(path.file_name())) {
            found.insert(slug.to_owned(), connector(slug.to_owned(), &path));
        }
    }
    Ok(found)
}

/// What a folder looks like from outside: names, sizes and times of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Fingerprint {
    /// Looks at the folder. What cannot be looked at has no part in it.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut seen = Vec::new();
        // Connectors are two levels deep: `<slug>/actions/<action_id>.yaml`.
        look(folder, 2, &mut seen);
        Self(seen)
    }
}

fn look(folder: &Path, depth: usize, seen: &mut Vec<(PathBuf, u64, Option<SystemTime>)>) {
    for path in visible_entries(folder, MOST_CONNECTORS.max(MOST_FILES)).unwrap_or_default() {
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() && depth > 0 {
            look(&path, depth - 1, seen);
        }
        seen.push((path, metadata.len(), metadata.modified().ok()));
    }
}

fn connector(slug: String, folder: &Path) -> Result<Bundle, Vec<Problem>> {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, path) in names(folder).map_err(|problem| vec![problem])? {
        match text(&path) {
            Ok(text) => {
                files.insert(name, text);
            }
            Err(error) => problems.push(unreadable(name, &error)),
        }
    }
    if let Some(readme) = readme(folder) {
        files.insert(README_FILE.to_owned(), readme);
    }
    if problems.is_empty() {
        Ok(Bundle {
            slug,
            files,
            proven: false,
        })
    } else {
        Err(problems)
    }
}

/// Its README as far as it can be read: a connector works without one, so nothing about it is a problem.
fn readme(folder: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(folder.join(README_FILE)).ok()?;
    file.take(README_LIMIT_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files that a connector cannot do without, by their names in it, with those that it may have for tools.
fn names(folder: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
    let mut names = Vec::new();
    for name in [CONNECTOR_FILE, EXCEPTIONS_FILE] {
        let path = folder.join(name);
        if path.exists() {
            names.push((name.to_owned(), path));
        }
    }
    let actions = folder.join("actions");
    if !actions.exists() {
        return Ok(names);
    }
    let entries = visible_entries(&actions, MOST_FILES);
    let entries = entries.map_err(|error| unreadable("actions".to_owned(), &error))?;
    names.extend(entries.into_iter().filter_map(|path| {
        let name = visible(path.file_name()).filter(|name| name.ends_with(".yaml"))?;
        Some((format!("actions/{name}"), path))
    }));
    Ok(names)
}

/// One byte more than is allowed is enough for the language to say that a file is too large.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(FILE_LIMIT_BYTES).unwrap_or(u64::MAX);
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(file: String, error: &io::Error) -> Problem {
    Problem::of_file(file, format!("cannot be read: {error}"))
}

fn visible_entries(folder: &Path, most: usize) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if visible(Some(&entry.file_name())).is_some() {
            paths.push(entry.path());
        }
        if paths.len() > most {
            let message = format!("more than {most} entries");
            return Err(io::Error::other(message));
        }
    }
    paths.sort();
    Ok(paths)
}

fn visible(name: Option<&OsStr>) -> Option<&str> {
    name?.to_str().filter(|name| !name.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_of_connectors_and_a_connectors_own_folder_are_both_read() {
        let folder = folder_with(&[
            ("pebble/connector.yaml", b"name: Pebble"),
            ("pebble/actions/create_note.yaml", b"name: Create Note"),
            ("pebble/actions/.create_note.yaml.swp", b"\xff"),
            ("pebble/README.md", b"\xff"),
            (".git/connector.yaml", b""),
            ("notes.txt", b""),
        ]);
        let all = read(folder.path()).unwrap();
        let one = read(&folder.path().join("pebble")).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["pebble"]);
        let files = &all["pebble"].as_ref().unwrap().files;
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            ["README.md", "actions/create_note.yaml", "connector.yaml"]
        );
        assert_eq!(all, one);
    }

    #[test]
    fn a_file_that_is_not_text_is_named() {
        let folder = folder_with(&[("pebble/connector.yaml", b"\xff\xfe")]);
        let problems = read(folder.path()).unwrap().remove("pebble").unwrap();
        assert_eq!(problems.unwrap_err()[0].file, "connector.yaml");
    }

    #[test]
    fn a_changed_file_and_a_new_file_change_the_fingerprint() {
        let folder = folder_with(&[("pebble/connector.yaml", b"a")]);
        let before = Fingerprint::of(folder.path());
        assert_eq!(before, Fingerprint::of(folder.path()));
        fs::write(folder.path().join("pebble/connector.yaml"), "ab").unwrap();
        let changed = Fingerprint::of(folder.path());
        assert_ne!(before, changed);
        fs::create_dir(folder.path().join("other")).unwrap();
        assert_ne!(changed, Fingerprint::of(folder.path()));
    }
}
