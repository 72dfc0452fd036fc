//! Connectors as an operator would change them: the shipped ones, pointed at a counterpart on this machine.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tenon_connector::Bundle;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with a copy of one connector in which texts are replaced. Its quotas are left out: the counterpart has none.
pub(crate) fn copy(source: &Path, replace: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join(source.file_name().unwrap());
    std::fs::create_dir_all(target.join("actions")).unwrap();
    for (name, text) in bundle(source).files {
        let text = without_rate(&text);
        let text = replace
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to));
        std::fs::write(target.join(name), text).unwrap();
    }
    folder
}

/// A document without its section `rate`.
fn without_rate(text: &str) -> String {
    let mut inside = false;
    let kept = text.split_inclusive('\n').filter(|line| {
        inside = line.starts_with("rate:") || (inside && line.starts_with(' '));
        !inside
    });
    kept.collect()
}

/// A connector's files.
pub(crate) fn bundle(folder: &Path) -> Bundle {
    let read = |name: String| {
        (
            name.clone(),
            std::fs::read_to_string(folder.join(&name)).unwrap(),
        )
    };
    let actions = std::fs::read_dir(folder.join("actions")).unwrap();
    let names = actions.map(|entry| {
        format!(
            "actions/{}",
            entry.unwrap().file_name().into_string().unwrap()
        )
    });
    let files = std::iter::once("connector.yaml".to_owned())
        .chain(names)
        .map(read)
        .collect();
    Bundle {
        slug: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        files,
        proven: false,
    }
}
