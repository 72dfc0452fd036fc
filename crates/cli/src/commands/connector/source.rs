//! Which connectors an author means.

use std::path::{Path, PathBuf};

use tenon_connector::{Bundle, CONNECTOR_FILE, Problem};
use tenon_server::catalogue::{Catalogue, folder};

use crate::arguments::Global;
use crate::failure::Failure;

/// One connector's files, or why they cannot be read.
pub(super) struct Source {
    /// What its problems are shown below: a folder, or the slug of a shipped one.
    pub(super) place: PathBuf,
    pub(super) slug: String,
    pub(super) bundle: Result<Bundle, Vec<Problem>>,
}

/// The connectors that are meant: of a folder, one shipped, or all shipped.
pub(super) fn find(global: &Global, what: Option<&str>) -> Result<Vec<Source>, Failure> {
    let folder = what.map(Path::new).filter(|path| path.is_dir());
    let folder = folder.or(global.connectors.as_deref().filter(|_| what.is_none()));
    match (folder, what) {
        (Some(folder), _) => in_folder(folder),
        (None, Some(what)) => shipped(Some(what)),
        (None, None) => shipped(None),
    }
}

fn in_folder(path: &Path) -> Result<Vec<Source>, Failure> {
    let unreadable = |error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    let found = folder::read(path).map_err(unreadable)?;
    if found.is_empty() {
        let message = format!("there is no connector in {}", path.display());
        return Err(Failure::new(message).hint("a connector is a folder with a connector.yaml"));
    }
    // A connector's own folder is the place itself.
    let own = path.join(CONNECTOR_FILE).is_file();
    let source = |(slug, bundle): (String, _)| Source {
        place: if own {
            path.to_owned()
        } else {
            path.join(&slug)
        },
        slug,
        bundle,
    };
    Ok(found.into_iter().map(source).collect())
}

fn shipped(slug: Option<&str>) -> Result<Vec<Source>, Failure> {
    let all = Catalogue::default().bundles().into_iter();
    let wanted = all.filter(|bundle| slug.is_none_or(|slug| bundle.slug == slug));
    let sources: Vec<_> = wanted
        .map(|bundle| Source {
            place: PathBuf::from(&bundle.slug),
            slug: bundle.slug.clone(),
            bundle: Ok(bundle),
        })
        .collect();
    match slug {
        Some(slug) if sources.is_empty() => {
            let message = format!("`{slug}` is neither a folder nor a shipped connector");
            Err(Failure::new(message))
        }
        _ => Ok(sources),
    }
}
