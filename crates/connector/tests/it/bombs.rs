//! Documents that are small to write and endless to read: refused quickly, by a limit that is named.

use std::time::Duration;

use serde_json::{Value, json};
use tenon_testkit::fuzz::measured;
use tenon_testkit::promise::kept;

use crate::fixture::{CONNECTOR, bundle};

/// The promise is 250 ms in a release build on a quiet machine.
const SLOWEST: Duration = Duration::from_millis(2_500);
const MOST_BYTES: usize = 64 * 1024 * 1024;

const ACTION: &str = "name: A\ndescription: A.\nrequest: { get: /x }\n";

/// A document, and a word of the sentence that refuses it.
struct Bomb {
    name: String,
    connector: String,
    actions: Vec<(String, String)>,
    says: &'static str,
}

fn in_connector(name: impl Into<String>, more: &str, says: &'static str) -> Bomb {
    let connector = format!("{CONNECTOR}{more}\n");
    Bomb {
        name: name.into(),
        connector,
        actions: Vec::new(),
        says,
    }
}

fn in_action(name: impl Into<String>, text: String, says: &'static str) -> Bomb {
    let actions = vec![("a".to_owned(), text)];
    Bomb {
        name: name.into(),
        connector: CONNECTOR.to_owned(),
        actions,
        says,
    }
}

fn in_schema(name: impl Into<String>, schema: &Value, says: &'static str) -> Bomb {
    in_action(
        name,
        format!("{ACTION}output: {{ schema: {schema} }}\n"),
        says,
    )
}

/// Aliases that double or grow tenfold, and that hold each other.
fn aliases() -> Vec<Bomb> {
    let grown = |width: usize, depth: usize| {
        let mut text = "schemas:\n  a0: &a0 { x: y }\n".to_owned();
        for level in 1..depth {
            let items = vec![format!("*a{}", level - 1); width].join(", ");
            text.push_str(&format!("  a{level}: &a{level} {{ enum: [{items}] }}\n"));
        }
        text
    };
    let sizes = [
        (2, 40),
        (3, 30),
        (5, 20),
        (9, 12),
        (10, 10),
        (50, 4),
        (100, 3),
    ];
    let mut bombs: Vec<_> = sizes
        .iter()
        .map(|(width, depth)| {
            in_connector(
                format!("aliases {width}^{depth}"),
                &grown(*width, *depth),
                "alias",
            )
        })
        .collect();
    bombs.push(in_connector(
        "an alias of itself",
        "schemas: { a: &a { x: *a } }",
        "a",
    ));
    bombs.push(in_connector(
        "merges",
        &format!(
            "schemas:\n  a: &a {{ x: y }}\n  b: {{ <<: [{}] }}",
            vec!["*a"; 70].join(", ")
        ),
        "alias",
    ));
    bombs
}

/// Nesting in both styles of YAML, and numbers and keys that are too much.
fn shapes() -> Vec<Bomb> {
    let mut bombs = Vec::new();
    for depth in [70, 1_000, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        bombs.push(in_connector(
            format!("{depth} lists"),
            &format!("schemas: {{ a: {{ enum: {open}{close} }} }}"),
            "64 levels",
        ));
        let maps = "{a: ".repeat(depth);
        bombs.push(in_connector(
            format!("{depth} maps"),
            &format!("schemas: {{ a: {maps}1{} }}", "}".repeat(depth)),
            "64 levels",
        ));
        let dashes = "- ".repeat(depth);
        bombs.push(in_connector(
            format!("{depth} dashes"),
            &format!("schemas:\n  a:\n    enum:\n      {dashes}1"),
            "64 levels",
        ));
    }
    let many = vec!["1"; 60_000].join(",");
    bombs.push(in_connector(
        "60,000 items",
        &format!("schemas: {{ a: {{ enum: [{many}] }} }}"),
        "50000 nodes",
    ));
    let keys: String = (0..60_000).map(|key| format!("k{key}: 1, ")).collect();
    bombs.push(in_connector(
        "60,000 keys",
        &format!("schemas: {{ a: {{ const: {{ {keys} }} }} }}"),
        "50000 nodes",
    ));
    bombs.push(in_connector(
        "a file of 2 MiB",
        &"#".repeat(2 << 20),
        "larger",
    ));
    bombs.push(in_connector("a key twice", "name: Again", "name"));
    bombs.push(in_connector(
        "an inner key twice",
        "schemas: { a: { type: object }, a: { type: string } }",
        "duplicate",
    ));
    let digits = "9".repeat(1_000_000);
    bombs.push(in_action(
        "a number of 10^6 digits",
        format!("{ACTION}params: {{ a: {{ minimum: {digits} }} }}\n"),
        "a",
    ));
    bombs.push(in_action(
        "10^5 names",
        format!(
            "{ACTION}aliases: [{}]\n",
            (0..100_000).map(|n| format!("a{n},")).collect::<String>()
        ),
        "50000 nodes",
    ));
    bombs.push(in_action(
        "nine steps",
        format!(
            "name: A\ndescription: A.\nsteps: [{}]\n",
            (0..9)
                .map(|n| format!("{{ name: s{n}, request: {{ get: /x }} }},"))
                .collect::<String>()
        ),
        "steps",
    ));
    bombs
}

/// Schemas that unfold, loop, fetch or search without end.
fn schemas() -> Vec<Bomb> {
    let doubled = |keyword: &str, levels: usize| {
        let mut definitions = json!({ "d0": { "type": "null" } });
        for level in 1..levels {
            let inner = json!({ "$ref": format!("#/$defs/d{}", level - 1) });
            definitions[format!("d{level}")] = json!({ keyword: [inner, inner] });
        }
        json!({ "$defs": definitions, "$ref": format!("#/$defs/d{}", levels - 1) })
    };
    let mut bombs = Vec::new();
    for (keyword, levels) in [("anyOf", 26), ("oneOf", 36), ("allOf", 60), ("anyOf", 500)] {
        bombs.push(in_schema(
            format!("{keyword} doubled {levels} times"),
            &doubled(keyword, levels),
            "50000 nodes",
        ));
    }
    let cycle = json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"});
    bombs.push(in_schema("a cycle", &cycle, "leads back"));
    bombs.push(in_schema(
        "a schema in itself",
        &json!({"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}}),
        "leads back",
    ));
    for reference in [
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "other.yaml",
        "#/$defs/none",
    ] {
        bombs.push(in_schema(
            format!("a reference to {reference}"),
            &json!({"$ref": reference}),
            "does not lead",
        ));
    }
    for word in ["$dynamicRef", "$id", "$anchor"] {
        bombs.push(in_schema(word, &json!({word: "#x"}), "cannot stand"));
    }
    for pattern in [
        "(?=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"(?<n>a)\k<n>",
        "(a{1000}){1000}",
        r"\p{L}{5000}",
        "(",
        "(?P<a",
    ] {
        bombs.push(in_schema(
            format!("pattern {pattern}"),
            &json!({"pattern": pattern}),
            "JSON Schema",
        ));
    }
    bombs
}

#[test]
fn g2_a_bomb_is_refused_quickly_and_by_name() {
    let mut bombs = aliases();
    bombs.extend(shapes());
    bombs.extend(schemas());
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    let count = bombs.len();
    for bomb in bombs {
        let actions: Vec<_> = bomb
            .actions
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
            .collect();
        let files = bundle(&bomb.connector, &actions);
        let (compiled, took, bytes) = measured(|| files.compile());
        let problems = compiled
            .err()
            .unwrap_or_else(|| panic!("{} is taken", bomb.name));
        let said = problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        assert!(
            said.to_lowercase().contains(&bomb.says.to_lowercase()),
            "{}: {said}",
            bomb.name
        );
        assert!(
            said.len() < 2_000,
            "{}: {} bytes are said",
            bomb.name,
            said.len()
        );
        assert!(
            took < SLOWEST && bytes < MOST_BYTES,
            "{}: {took:?}, {bytes} bytes",
            bomb.name
        );
        (slowest, largest) = (slowest.max(took), largest.max(bytes));
    }
    kept(
        "G2",
        format!(
            "{count} bombs: refused in at most {} ms and {} MB, with the limit named",
            slowest.as_millis(),
            largest / 1_000_000
        ),
    );
}
