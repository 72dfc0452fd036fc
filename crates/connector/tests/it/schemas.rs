//! Schemas cost a bounded time, whatever is validated, and reach nothing outside of their document.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_connector::schema::validator;
use tenon_testkit::promise::kept;

/// The promise is 50 ms in a release build on a quiet machine; tests run in neither.
const SLOWEST: Duration = Duration::from_secs(2);
const MEBIBYTE: usize = 1024 * 1024;

/// Patterns that take a backtracking engine exponential or quadratic time.
const PATTERNS: [&str; 9] = [
    "^(a+)+$",
    "^(a|a)*b$",
    "^(a|aa)+$",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(.*a){25}",
    "^(a?){50}a{50}$",
    "([a-zA-Z]+)*\\d",
    "\\s+$",
];

/// Large values of every shape.
fn instances() -> Vec<Value> {
    vec![
        json!("a".repeat(MEBIBYTE)),
        json!(" ".repeat(MEBIBYTE)),
        json!("x".repeat(MEBIBYTE - 1) + "!"),
        json!(vec!["a"; MEBIBYTE / 4]),
        json!(vec![1; MEBIBYTE / 2]),
        json!(
            (0..MEBIBYTE / 16)
                .map(|key| (format!("k{key:07}"), json!("aaa")))
                .collect::<serde_json::Map<_, _>>()
        ),
    ]
}

fn schemas() -> Vec<Value> {
    let mut schemas: Vec<_> = PATTERNS.iter().map(|pattern| json!({"pattern": pattern, "items": {"pattern": pattern}, "additionalProperties": {"pattern": pattern}})).collect();
    for format in [
        "email",
        "date-time",
        "uri",
        "uuid",
        "ipv6",
        "hostname",
        "idn-email",
        "regex",
        "json-pointer",
    ] {
        schemas.push(json!({"format": format, "items": {"format": format}}));
    }
    schemas.push(json!({"items": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}, {"const": 1}]}}));
    schemas.push(json!({"maxLength": 10, "maxItems": 3, "maxProperties": 3}));
    schemas
}

#[test]
fn g3_a_mebibyte_of_anything_is_validated_in_a_bounded_time() {
    let (instances, mut slowest, mut count) = (instances(), Duration::ZERO, 0);
    for schema in schemas() {
        let validator = validator(&schema).unwrap();
        for instance in &instances {
            let since = Instant::now();
            let _valid = validator.is_valid(instance);
            let took = since.elapsed();
            assert!(took < SLOWEST, "{schema}: {took:?}");
            (slowest, count) = (slowest.max(took), count + 1);
        }
    }
    kept(
        "G3",
        format!(
            "{count} validations of a mebibyte: at most {} ms (debug build)",
            slowest.as_millis()
        ),
    );
}

#[test]
fn g3_look_around_back_references_and_foreign_references_are_refused() {
    for pattern in [
        "(?=a)b",
        "(?!a)b",
        "(?<=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"(?<n>a)\k<n>",
    ] {
        assert!(
            validator(&json!({"pattern": pattern})).is_err(),
            "{pattern}"
        );
        assert!(
            validator(&json!({"patternProperties": {pattern: {}}})).is_err(),
            "{pattern}"
        );
    }
    for reference in [
        "http://127.0.0.1:1/x",
        "https://json-schema.org/draft/2020-12/schema",
        "file:///etc/passwd",
        "urn:x",
        "x.json",
    ] {
        let refused = validator(&json!({"items": {"$ref": reference}})).unwrap_err();
        assert!(refused.contains(reference), "{refused}");
    }
}

#[test]
fn g3_what_a_schema_unfolds_to_is_counted_and_what_is_only_named_like_a_keyword_is_not() {
    let wide = |count: usize| json!({"properties": (0..count).map(|n| (format!("p{n}"), json!({"type": "string"}))).collect::<serde_json::Map<_, _>>()});
    assert!(validator(&wide(20_000)).is_ok());
    assert!(
        validator(&wide(30_000))
            .unwrap_err()
            .contains("50000 nodes")
    );
    let named = json!({"properties": {"$ref": {"type": "string"}, "$id": {}, "properties": {"enum": [{"$ref": "x"}]}}});
    assert!(validator(&named).is_ok());
}
