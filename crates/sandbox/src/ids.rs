//! New ids that look like the application's.

use uuid::Uuid;

const DIGITS: &str = "0123456789";
const LETTERS_AND_DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id of this pattern that is not `taken`: `#` is a digit, `?` a letter or digit, the rest stands for itself.
///
/// Where the pattern has no room left the id grows by digits, so that there always is one.
pub(crate) fn fresh(pattern: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut id = of_pattern(pattern);
    while id.is_empty() || taken(&id) {
        id.extend(pick(DIGITS));
    }
    id
}

fn of_pattern(pattern: &str) -> String {
    let mut id = String::new();
    for sign in pattern.chars() {
        match sign {
            // A number does not begin with 0.
            '#' if id.is_empty() => id.extend(pick(DIGITS.trim_start_matches('0'))),
            '#' => id.extend(pick(DIGITS)),
            '?' => id.extend(pick(LETTERS_AND_DIGITS)),
            other => id.push(other),
        }
    }
    id
}

/// The last 32 bits of a version 7 UUID are random. Nothing here is a secret: ids only have to look the part.
fn pick(letters: &str) -> Option<char> {
    let (_, random) = Uuid::now_v7().as_u64_pair();
    let random = usize::try_from(random & 0xffff_ffff).ok()?;
    letters.chars().nth(random % letters.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_their_pattern() {
        for _ in 0..50 {
            let id = fresh("###", |_| false);
            assert!(id.len() == 3 && id.parse::<u32>().unwrap() >= 100, "{id}");
        }
        let id = fresh("003??", |_| false);
        assert!(id.starts_with("003") && id.len() == 5, "{id}");
        assert!(id.chars().all(|sign| sign.is_ascii_alphanumeric()), "{id}");
    }

    #[test]
    fn a_pattern_without_room_grows() {
        let id = fresh("x", |id| id == "x");
        assert!(id.len() == 2 && id.starts_with('x'), "{id}");
        assert!(!fresh("", |_| false).is_empty());
    }
}
