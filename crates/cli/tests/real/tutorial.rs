//! The tutorial, line by line: its files are written and its commands are run as a reader would.

use std::path::Path;
use std::process::Command;

use tenon_testkit::{Options, Server};

use crate::TENON;
use crate::overlay::root;

/// A fenced block: its info text and its content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut parts = text.split("\n```").skip(1);
    while let (Some(block), _) = (parts.next(), parts.next()) {
        let (info, content) = block.split_once('\n').unwrap_or((block, ""));
        blocks.push((info.to_owned(), format!("{content}\n")));
    }
    blocks
}

/// The words of a command line, with single quotes kept together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| {
            if index % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}

fn write_files(folder: &Path, blocks: &[(String, String)]) {
    for (info, content) in blocks {
        if let Some(file) = info.strip_prefix("yaml file=") {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            // What the tutorial promises of an action more.
            let short = content.lines().count() <= 32 || !file.contains("/actions/");
            assert!(short, "{file} is longer than about 30 lines");
            std::fs::write(path, content).unwrap();
        }
    }
}

#[test]
fn every_file_and_every_command_of_the_tutorial_works() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("docs/tutorial-connector.md")).unwrap();
    let blocks = blocks(&text);
    write_files(folder.path(), &blocks);
    let connectors = Some(folder.path().join("my-connectors"));
    let server = Server::start(
        TENON,
        Options {
            connectors,
            ..Options::default()
        },
    );
    let lines = blocks
        .iter()
        .filter(|(info, _)| info == "sh")
        .flat_map(|(_, content)| content.lines());
    let commands: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("tenon "))
        .filter(|line| !line.starts_with("serve"))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for line in commands {
        let mut command = Command::new(TENON);
        command
            .args(words(line))
            .current_dir(folder.path())
            .env("TENON_DATA_DIR", server.data());
        let output = command.output().unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "tenon {line}: {said}");
        assert!(
            !line.contains("execute") || said.contains("Buy bread"),
            "tenon {line}: {said}"
        );
    }
}
