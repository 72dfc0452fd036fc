//! What queries find and show, and what they say of texts that they cannot read.

use serde_json::{Map, Value, json};

use super::parse;
use crate::condition::Columns;

fn records() -> Vec<(Map<String, Value>, Columns)> {
    let records = [
        json!({"Name": "Acme", "Amount": 900, "City": "Oslo", "Tier__c": "gold"}),
        json!({"Name": "Beta O'Hara", "Amount": 10000, "City": null}),
        json!({"Name": "Gamma", "Amount": 50, "City": "oslo", "Tier__c": "tin"}),
    ];
    let row = |(index, record): (usize, Value)| {
        let fields = record.as_object().unwrap().clone();
        let created = format!("2026-01-0{}T00:00:00.000+0000", index + 1);
        let shown = json!({"Id": format!("00{index}"), "CreatedDate": created});
        (fields.clone(), Columns::of(&fields, &shown))
    };
    records.into_iter().enumerate().map(row).collect()
}

fn ids(query: &str) -> Vec<String> {
    let select = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let rows = select.rows(records()).into_iter();
    rows.map(|(_, columns)| columns.get("Id").as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn queries_find_what_they_ask_for() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["000", "001", "002"]),
        ("WHERE Name = 'acme'", &["000"]),
        ("where name = 'Beta O\\'Hara'", &["001"]),
        ("WHERE City != 'Oslo'", &["001"]),
        ("WHERE City <> null", &["000", "002"]),
        ("WHERE City = NULL", &["001"]),
        ("WHERE Amount > 899.5", &["000", "001"]),
        ("WHERE Amount<=900 AND Amount>=900", &["000"]),
        ("WHERE Name LIKE '%mma'", &["002"]),
        ("WHERE Name LIKE 'G_mm%'", &["002"]),
        ("WHERE Name IN ('Acme', 'Gamma')", &["000", "002"]),
        ("WHERE Name NOT IN ('Acme','Gamma')", &["001"]),
        ("WHERE Id = '001'", &["001"]),
        (
            "WHERE Amount < 100 OR City = 'Oslo' AND Tier__c = 'gold'",
            &["000", "002"],
        ),
        (
            "WHERE (Amount < 100 OR City = 'Oslo') AND Tier__c = 'gold'",
            &["000"],
        ),
        ("WHERE NOT (Name = 'Acme')", &["001", "002"]),
        ("WHERE CreatedDate >= 2026-01-02T00:00:00Z", &["001", "002"]),
        ("WHERE CreatedDate < 2026-01-02", &["000"]),
        ("ORDER BY Amount", &["002", "000", "001"]),
        ("ORDER BY Amount DESC LIMIT 1", &["001"]),
        ("ORDER BY City DESC, Name DESC", &["001", "002", "000"]),
        (
            "ORDER BY City ASC NULLS LAST, Amount",
            &["002", "000", "001"],
        ),
        ("LIMIT 1 OFFSET 1", &["001"]),
        ("LIMIT 0", &[]),
    ];
    for (rest, expected) in cases {
        assert_eq!(
            &ids(&format!("SELECT Id FROM Account {rest}")),
            expected,
            "{rest}"
        );
    }
}

#[test]
fn only_the_selected_fields_are_shown() {
    let cases = [
        ("Id, name", json!({"Name": "Acme"})),
        ("Phone, Owner.Name", json!({"Phone": null})),
        ("FIELDS(CUSTOM)", json!({"Tier__c": "gold"})),
        (
            "FIELDS(STANDARD)",
            json!({"Name": "Acme", "Amount": 900, "City": "Oslo"}),
        ),
    ];
    for (columns, expected) in cases {
        let select = parse(&format!("SELECT {columns} FROM Account")).unwrap();
        let (fields, seen) = records().remove(0);
        assert_eq!(
            Value::Object(select.fields(&fields, &seen)),
            expected,
            "{columns}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let cases = [
        ("", "expected SELECT, found `the end`"),
        ("DELETE FROM Account", "expected SELECT, found `DELETE`"),
        ("SELECT FROM Account", "expected a field, found `FROM`"),
        ("SELECT Id Account", "expected FROM, found `Account`"),
        (
            "SELECT Id FROM Account WHERE",
            "expected a field, found `the end`",
        ),
        (
            "SELECT Id FROM Account WHERE Name ~ 'x'",
            "`~` cannot stand here",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x",
            "a text has no closing quote",
        ),
        (
            "SELECT Id FROM Account WHERE Name = x",
            "expected a value, found `x`; texts go in quotes",
        ),
        (
            "SELECT Id FROM Account LIMIT many",
            "expected a number, found `many`",
        ),
        (
            "SELECT Id FROM Account GROUP BY Name",
            "expected the end, found `GROUP`",
        ),
        (
            "SELECT FIELDS(SOME) FROM Account",
            "expected ALL, STANDARD or CUSTOM, found `SOME`",
        ),
        ("SELECT COUNT() FROM Account", "expected FROM, found `(`"),
    ];
    for (query, expected) in cases {
        assert_eq!(parse(query).unwrap_err(), expected, "{query}");
    }
    let deep = format!("SELECT Id FROM A WHERE {}", "(".repeat(100_000));
    assert_eq!(
        parse(&deep).unwrap_err(),
        "the condition is nested too deeply"
    );
}
