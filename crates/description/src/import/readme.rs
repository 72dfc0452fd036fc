//! The README.md of an imported connector: where it came from, and what is left to do.

use std::fmt::Write as _;

use super::draft::Draft;
use super::{LeftOut, Wanted};
use crate::shape::Description;

/// The most operations that are listed by name.
const MOST_LISTED: usize = 200;

/// Writes it.
pub(crate) fn write(
    description: &Description,
    wanted: &Wanted,
    drafts: &[Draft],
    left_out: &[LeftOut],
    guessed: bool,
) -> String {
    let mut text = format!("# {}\n\n", description.title.trim());
    let (version, source) = (description.version.trim(), &wanted.source);
    let count = drafts.len();
    // Writing to a text cannot fail.
    let _written = writeln!(
        text,
        "Imported by `tenon connector import` from `{source}` (version {version}): {count} actions. The names and descriptions are the vendor's.\n"
    );
    text.push_str("Before it is used:\n\n");
    if guessed {
        text.push_str("- The description names no way to authenticate. A bearer token is a guess: mend `auth` in `connector.yaml`.\n");
    } else {
        text.push_str("- Read `auth` in `connector.yaml`: scopes are what the imported actions ask for, at most 30.\n");
    }
    text.push_str("- `identity` is not known to descriptions. Name a harmless request that says whose credential it is.\n");
    text.push_str("- `effect` follows the method where the description says no more. Check searches that are POST.\n");
    if !left_out.is_empty() {
        text.push_str("\n## Left out\n\n");
        for one in left_out.iter().take(MOST_LISTED) {
            let _written = writeln!(text, "- `{}`: {}", one.operation, one.reason);
        }
        if left_out.len() > MOST_LISTED {
            let _written = writeln!(text, "- and {} more", left_out.len() - MOST_LISTED);
        }
    }
    text
}
