//! Linear, played by `emulate`: an issue from its creation to its end.

use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

/// What Linear's schema has and the emulator's lacks.
const GAPS: &[(&str, &str)] = &[
    (" estimate dueDate branchName", " dueDate"),
    ("body url createdAt", "body createdAt"),
    (", $includeArchived: Boolean)", ")"),
    (", includeArchived: $includeArchived)", ")"),
    ("$orderBy: PaginationOrderBy", "$orderBy: String"),
    (", $includeDisabled: Boolean)", ")"),
    (", includeDisabled: $includeDisabled)", ")"),
    (", $filter: IssueLabelFilter)", ")"),
    (", $filter: WorkflowStateFilter)", ")"),
    (
        "issueLabels(first: $first, after: $after, filter: $filter)",
        "issueLabels(first: $first, after: $after)",
    ),
    (
        "workflowStates(first: $first, after: $after, filter: $filter)",
        "workflowStates(first: $first, after: $after)",
    ),
];

fn seed() -> Value {
    json!({"linear": {
        "organization": {"name": "Engines", "url_key": "engines"},
        "users": [{"email": "ada@example.com", "name": "Ada", "admin": true}],
        "teams": [{"key": "ENG", "name": "Engineering", "states": [
            {"name": "Todo", "type": "unstarted"}, {"name": "Done", "type": "completed"}]}],
        "labels": [{"name": "Bug", "color": "#d92d20", "team": "ENG"}],
        "tokens": [{"token": format!("lin_api_{CANARY}"), "user": "ada@example.com", "scopes": ["read", "write"]}],
        "strict_scopes": true,
    }})
}

/// The id of the node with this name.
fn named(nodes: &Value, name: &str) -> Value {
    let nodes = nodes["nodes"].as_array().unwrap();
    nodes.iter().find(|node| node["name"] == name).unwrap()["id"].clone()
}

/// The issues with this title.
fn titled<'a>(issues: &'a Value, title: &'a str) -> impl Iterator<Item = &'a Value> {
    let nodes = issues["nodes"].as_array().unwrap();
    nodes.iter().filter(move |issue| issue["title"] == title)
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_linear_issue_is_created_done_and_deleted() {
    let field = format!("api_key=lin_api_{CANARY}");
    let fields = ["--auth", "keybased", "--field", &field];
    let emulator = Emulator::emulate("linear", &seed());
    let mut linear = Story::begin_without(
        "linear",
        emulator,
        &[("https://api.linear.app", "{base}")],
        &fields,
        GAPS,
    );

    let me = linear.run("get_current_user", json!({})).await;
    assert_eq!(me["email"], "ada@example.com");
    let users = linear.run("list_users", json!({"first": 50})).await;
    assert_eq!(named(&users, "Ada"), me["id"]);
    let teams = linear.run("list_teams", json!({})).await;
    let team = named(&teams, "Engineering");
    let states = linear.run("list_workflow_states", json!({})).await;
    let labels = linear.run("list_labels", json!({})).await;

    let issue = json!({"teamId": team, "title": "Steam", "priority": 2, "labelIds": [named(&labels, "Bug")]});
    let made = linear.run("create_issue", issue).await;
    assert_eq!(
        (&made["priorityLabel"], &made["creator"]["id"]),
        (&json!("High"), &me["id"])
    );
    let comment = json!({"issueId": made["id"], "body": "Too hot"});
    let comment = linear.run("create_comment", comment).await;
    assert_eq!(comment["issue"]["identifier"], made["identifier"]);
    let done = json!({"id": made["id"], "stateId": named(&states, "Done"), "assigneeId": me["id"]});
    linear.run("update_issue", done).await;
    let read = linear
        .run("get_issue", json!({"id": made["identifier"]}))
        .await;
    assert_eq!(
        (&read["state"]["type"], &read["assignee"]["name"]),
        (&json!("completed"), &json!("Ada"))
    );
    let all = linear.run("list_issues", json!({"first": 50})).await;
    assert_eq!(titled(&all, "Steam").count(), 1);
    linear.run("delete_issue", json!({"id": made["id"]})).await;
    let all = linear.run("list_issues", json!({"first": 50})).await;
    assert_eq!(titled(&all, "Steam").count(), 0);
    linear.end(11).await;
}
