//! GitHub, played by `emulate`: an issue from its creation to its lock, and a file that becomes a pull request.

use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

fn seed() -> Value {
    json!({"github": {
        "users": [{"login": "ada", "name": "Ada Lovelace", "email": "ada@example.com"}],
        "orgs": [{"login": "acme", "members": [{"login": "ada", "role": "admin"}]}],
        "repos": [{"owner": "ada", "name": "engine", "auto_init": true}],
    }, "tokens": {(format!("ghp_{CANARY}")): {"login": "ada", "scopes": ["repo", "user", "admin:org"]}}})
}

/// An input that names the repository.
fn of_engine(mut more: Value) -> Value {
    more["owner"] = json!("ada");
    more["repo"] = json!("engine");
    more
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_github_issue_lives_and_a_file_becomes_a_pull_request() {
    let field = format!("access_token=ghp_{CANARY}");
    let fields = ["--auth", "keybased", "--field", &field];
    let emulator = Emulator::emulate("github", &seed());
    let mut github = Story::begin(
        "github",
        emulator,
        &[("https://api.github.com", "{base}")],
        &fields,
    );

    let me = github.run("get_authenticated_user", json!({})).await;
    assert_eq!(me["login"], "ada");
    let mine = github.run("list_repositories", json!({})).await;
    assert_eq!(mine[0]["full_name"], "ada/engine");
    let members = github
        .run("list_organization_members", json!({"org": "acme"}))
        .await;
    assert_eq!(members[0]["login"], "ada");
    an_issue(&mut github).await;
    a_pull_request(&mut github).await;
    github.end(15).await;
}

async fn an_issue(github: &mut Story) {
    let label = json!({"name": "bug", "color": "d73a4a"});
    github
        .arrange(json!({"method": "POST", "url_path": "/repos/ada/engine/labels", "body": label}))
        .await;
    let labels = github.run("list_labels", of_engine(json!({}))).await;
    let label = labels[0]["name"].as_str().unwrap().to_owned();
    let created = of_engine(json!({"title": "Steam", "body": "Too hot", "labels": [label]}));
    let number = github.run("create_issue", created).await["number"].clone();
    let one = of_engine(json!({"issue_number": number}));

    let read = github.run("get_issue", one.clone()).await;
    assert_eq!(
        (&read["title"], &read["body"]),
        (&json!("Steam"), &json!("Too hot"))
    );
    assert_eq!(read["labels"][0]["name"], label);
    let comment = of_engine(json!({"issue_number": number, "body": "Cooled"}));
    let comment = github.run("create_issue_comment", comment).await;
    assert_eq!(
        (&comment["body"], &comment["user"]["login"]),
        (&json!("Cooled"), &json!("ada"))
    );
    let found = github
        .run("search_issues", json!({"q": "Steam repo:ada/engine"}))
        .await;
    assert_eq!(
        (&found["total_count"], &found["items"][0]["number"]),
        (&json!(1), &number)
    );

    let close = json!({"issue_number": number, "state": "closed", "state_reason": "completed"});
    github.run("update_issue", of_engine(close)).await;
    let closed = github
        .run("list_issues", of_engine(json!({"state": "closed"})))
        .await;
    assert_eq!(
        (&closed[0]["number"], &closed[0]["comments"]),
        (&number, &json!(1))
    );
    let open = github.run("list_issues", of_engine(json!({}))).await;
    assert_eq!(open, json!([]), "the issue is closed");

    let lock = of_engine(json!({"issue_number": number, "lock_reason": "resolved"}));
    github.run("lock_issue", lock).await;
    let locked = github.run("get_issue", one.clone()).await;
    assert_eq!(
        (&locked["locked"], &locked["active_lock_reason"]),
        (&json!(true), &json!("resolved"))
    );
    github.run("unlock_issue", one.clone()).await;
    assert_eq!(github.run("get_issue", one).await["locked"], false);
}

async fn a_pull_request(github: &mut Story) {
    let main = github
        .arrange(json!({"method": "GET", "url_path": "/repos/ada/engine/git/ref/heads/main"}))
        .await;
    let branch = json!({"ref": "refs/heads/cooler", "sha": main["object"]["sha"]});
    github
        .arrange(
            json!({"method": "POST", "url_path": "/repos/ada/engine/git/refs", "body": branch}),
        )
        .await;
    let file = json!({"path": "docs/cooler plan.md", "message": "Plan it", "content": "Y29vbA==", "branch": "cooler"});
    let written = github.run("create_or_update_file", of_engine(file)).await;
    assert_eq!(written["content"]["path"], "docs/cooler plan.md");

    let pull = of_engine(json!({"title": "Cooler", "head": "cooler", "base": "main"}));
    let pull = github.run("create_pull_request", pull).await;
    let pulls = github
        .run("list_pull_requests", of_engine(json!({"state": "open"})))
        .await;
    assert_eq!(
        (&pulls[0]["number"], &pulls[0]["head"]["ref"]),
        (&pull["number"], &json!("cooler"))
    );
}
