//! The canary: a text that stands in every test credential and may stand nowhere else.

use std::path::Path;

/// Put this into every credential.
pub const CANARY: &str = "canary7Q2vX9";

/// A credential with a canary in it.
pub const SECRET: &str = "secret-canary7Q2vX9-end";

/// A data directory that is searched for canaries when a test is done with it.
pub struct Searched(tempfile::TempDir);

impl Searched {
    /// A new one.
    ///
    /// # Panics
    /// Where no temporary folder can be made.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for Searched {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Searched {
    fn drop(&mut self) {
        // A test that failed already says why.
        if !std::thread::panicking() {
            assert_folder_clean(self.path());
        }
    }
}

/// The canary as encodings write it, in lower case: as it is (also within JSON, a form or a URL, which leave letters
/// and digits alone), in base64 at each of the three offsets, in hexadecimal, escaped letter by letter for a URL or
/// for JSON, and as the list of numbers that `{:?}` makes of bytes.
fn forms() -> Vec<String> {
    let each = |write: &dyn Fn(u8) -> String, between: &str| {
        let letters: Vec<_> = CANARY.bytes().map(write).collect();
        letters.join(between).to_lowercase()
    };
    let base64 = ["Y2FuYXJ5N1Eydlg5", "NhbmFyeTdRMnZYO", "jYW5hcnk3UTJ2WD"];
    let mut forms = base64.map(str::to_lowercase).to_vec();
    forms.extend([
        CANARY.to_lowercase(),
        each(&|byte| format!("{byte:02x}"), ""),
        each(&|byte| format!("%{byte:02x}"), ""),
        each(&|byte| format!("\\u{byte:04x}"), ""),
        each(&|byte| byte.to_string(), ", "),
        each(&|byte| byte.to_string(), ","),
    ]);
    forms
}

/// Fails where the canary shows in what something said.
///
/// # Panics
/// Where it does.
pub fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for form in forms() {
        if let Some(at) = text.find(&form) {
            let from = text
                .char_indices()
                .map(|(index, _)| index)
                .take_while(|index| *index + 80 < at)
                .last()
                .unwrap_or(0);
            let around: String = text
                .chars()
                .skip(text.split_at(from).0.chars().count())
                .take(200)
                .collect();
            panic!("a credential's canary shows in {what}: …{around}…");
        }
    }
}

/// Searches every file below a folder.
pub(crate) fn assert_folder_clean(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            assert_folder_clean(&path);
        } else if let Ok(bytes) = std::fs::read(&path) {
            assert_clean(&path.display().to_string(), &bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a credential's canary shows")]
    fn a_canary_in_base64_is_found() {
        assert_clean("a test", b"Basic YTpjYW5hcnk3UTJ2WDk=");
    }

    #[test]
    fn the_canary_is_found_in_every_encoding() {
        let bytes = SECRET.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let escaped: String = bytes.iter().map(|byte| format!("\\u{byte:04x}")).collect();
        let numbers = (format!("{bytes:?}"), serde_json::json!(bytes).to_string());
        for text in [hex, percent, escaped, numbers.0, numbers.1] {
            let found = std::panic::catch_unwind(|| assert_clean("a test", text.as_bytes()));
            assert!(found.is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_has_a_canary() {
        assert!(SECRET.contains(CANARY));
    }

    #[test]
    #[should_panic(expected = "a credential's canary shows")]
    fn a_canary_in_a_file_is_found() {
        let folder = Searched::new();
        std::fs::write(folder.path().join("t.db"), SECRET).unwrap();
    }

    #[test]
    #[should_panic(expected = "a credential's canary shows")]
    fn a_plain_canary_is_found() {
        assert_clean("a test", format!("token={CANARY}").as_bytes());
    }
}
