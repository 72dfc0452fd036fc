//! The catalogue inside the binary.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use tenon_connector::{Bundle, README_FILE};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../connectors");

/// Every shipped connector by slug.
pub(super) fn bundles() -> BTreeMap<String, Bundle> {
    let folders = SHIPPED.dirs().filter_map(|folder| {
        let slug = folder.path().to_str()?.to_owned();
        let mut files = BTreeMap::new();
        collect(folder, folder, &mut files);
        // A test compiles all of them.
        let proven = true;
        Some((
            slug.clone(),
            Bundle {
                slug,
                files,
                proven,
            },
        ))
    });
    folders.collect()
}

fn collect(root: &Dir<'_>, folder: &Dir<'_>, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        let name = file.path().strip_prefix(root.path()).ok();
        let name = name.and_then(|path| path.to_str());
        if let (Some(name), Some(text)) = (name, file.contents_utf8())
            && (name.ends_with(".yaml") || name == README_FILE)
        {
            files.insert(name.to_owned(), text.to_owned());
        }
    }
    for below in folder.dirs() {
        collect(root, below, files);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_shipped_connector_compiles() {
        let bundles = super::bundles();
        assert!(!bundles.is_empty());
        for bundle in bundles.values() {
            assert!(bundle.compile().is_ok(), "{}", bundle.slug);
        }
    }
}
