//! Mistakes of authors: each is named with its file, line, column and what to do.

use crate::fixture::{CONNECTOR, bundle, problems};

const ACTION: &str = "name: Act\ndescription: Acts.\nparams:\n  id: { type: string, required: true }\nrequest:\n  get: /things/{{ id }}\n";

fn one(connector: &str, action: &str) -> String {
    let mut found = problems(connector, &[("act", action)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn a_good_document_compiles_and_has_the_action_of_every_application() {
    let connector = bundle(CONNECTOR, &[("act", ACTION)]).compile().unwrap();
    let ids: Vec<_> = connector.actions.keys().map(String::as_str).collect();
    assert_eq!(ids, ["act", "httprequest"]);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_column() {
    let found = one(
        CONNECTOR,
        &ACTION.replace("description: Acts.", "descripton: Acts."),
    );
    assert!(found.starts_with("actions/act.yaml:2:1: "), "{found}");
    assert!(found.contains("descripton"), "{found}");
}

#[test]
fn a_misspelt_reference_is_found_where_it_stands() {
    let found = one(CONNECTOR, &ACTION.replace("{{ id }}", "{{ idd }}"));
    assert!(
        found.starts_with("actions/act.yaml:6:8: request.get: `idd`"),
        "{found}"
    );
}

#[test]
fn a_misspelt_fact_is_found() {
    let found = one(
        CONNECTOR,
        &ACTION.replace("{{ id }}", "{{ connection.instance }}"),
    );
    assert!(
        found.contains("`connection.instance` is not declared"),
        "{found}"
    );
}

#[test]
fn statements_are_refused() {
    let found = one(
        CONNECTOR,
        &ACTION.replace("/things/{{ id }}", "\"/things/{% if id %}x{% endif %}\""),
    );
    assert!(found.contains("statements"), "{found}");
}

#[test]
fn a_fact_that_makes_the_address_must_say_which_hosts_it_may_name() {
    let found = one(&CONNECTOR.replace("hosts: [\"*.acme.test\"], ", ""), ACTION);
    assert!(found.contains("connection.instance_url.hosts"), "{found}");
}

#[test]
fn a_pattern_with_look_around_is_refused() {
    let found = one(
        CONNECTOR,
        &ACTION.replace("required: true", "pattern: \"(?=a)b\""),
    );
    assert!(
        found.starts_with("actions/act.yaml:4:") && found.contains("params"),
        "{found}"
    );
}

#[test]
fn two_methods_or_two_bodies_are_refused() {
    let two = one(CONNECTOR, &format!("{ACTION}  post: /x\n"));
    assert!(two.contains("exactly one of"), "{two}");
    let bodies = one(CONNECTOR, &format!("{ACTION}  json: {{}}\n  form: {{}}\n"));
    assert!(bodies.contains("at most one of"), "{bodies}");
}

#[test]
fn a_reserved_parameter_name_is_refused() {
    let found = one(
        CONNECTOR,
        &ACTION
            .replace("  id:", "  connection:")
            .replace("{{ id }}", "x"),
    );
    assert!(found.contains("reserved name"), "{found}");
}

#[test]
fn a_credential_slot_takes_fields_and_no_expressions() {
    let found = one(
        &CONNECTOR.replace("{{ api_token }}", "{{ api_token | upper }}"),
        ACTION,
    );
    assert!(found.contains("auth.token.send.headers"), "{found}");
}

#[test]
fn every_bad_file_is_reported_at_once() {
    let found = problems(
        &CONNECTOR.replace("base_url", "base_urll"),
        &[("one", "name: x\n"), ("two", "nme: x\n")],
    );
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn an_alias_bomb_is_refused_cheaply() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ["b", "c", "d", "e", "f", "g", "h"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g"])
    {
        bomb.push_str(&format!(
            "{name}: &{name} [{}]\n",
            vec![format!("*{before}"); 9].join(", ")
        ));
    }
    assert!(!problems(&bomb, &[]).is_empty());
}

#[test]
fn a_large_file_is_refused_by_its_size() {
    let found = problems(&format!("{CONNECTOR}# {}", "x".repeat(2_000_000)), &[]);
    assert!(
        found.iter().any(|line| line.contains("larger than")),
        "{found:?}"
    );
}

#[test]
fn an_alias_may_not_hide_another_action() {
    let found = problems(
        CONNECTOR,
        &[
            ("act", ACTION),
            (
                "other",
                &ACTION.replace("name: Act", "name: Other\naliases: [act]"),
            ),
        ],
    );
    assert!(
        found
            .iter()
            .any(|line| line.contains("`act` is another action's id")),
        "{found:?}"
    );
}

#[test]
fn two_steps_of_one_name_are_refused() {
    let steps = "name: A\ndescription: A.\nsteps:\n  - { name: one, request: { get: /a } }\n  - { name: one, request: { get: /b } }\n";
    let found = one(CONNECTOR, steps);
    assert!(
        found.starts_with("actions/act.yaml:5:") && found.contains("`one` already"),
        "{found}"
    );
}

#[test]
fn a_broken_connector_file_does_not_blame_its_actions() {
    let action = ACTION.replace("request:", "output: { object: thing }\nrequest:");
    let connector = format!(
        "{}schemas: {{ thing: {{ type: object }} }}\nnonsense: 1\n",
        CONNECTOR.trim_start()
    );
    let found = one(&connector, &action);
    assert!(found.starts_with("connector.yaml:"), "{found}");
    assert!(
        !found.contains("at line"),
        "the position is said once: {found}"
    );
}
