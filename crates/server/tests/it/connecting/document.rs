//! The page for tenants' developers shows the examples as they are in the tree, where browsers run them.

use std::path::Path;

#[test]
fn the_document_shows_the_examples_word_for_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let document = read("docs/connecting.md");
    for example in ["popup", "redirect"] {
        let example = read(&format!("examples/connect/{example}.html"));
        assert!(document.contains(example.trim()), "{example}");
    }
}
