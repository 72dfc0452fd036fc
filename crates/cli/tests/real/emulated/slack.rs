//! Slack, played by `emulate`: a channel, the people in it, a thread, and a message that is changed and taken back.

use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

fn seed() -> Value {
    json!({"slack": {
        "team": {"name": "Engines", "domain": "engines"},
        "users": [{"name": "ada", "email": "ada@example.com"}, {"name": "charles", "email": "charles@example.com"}],
        "channels": [{"name": "general"}],
        "bots": [{"name": "tenon"}],
    }})
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_slack_channel_is_made_and_spoken_in() {
    let field = format!("bot_token=xoxb-{CANARY}");
    let fields = ["--auth", "keybased", "--field", &field];
    let emulator = Emulator::emulate("slack", &seed());
    let mut slack = Story::begin(
        "slack",
        emulator,
        &[("https://slack.com", "{base}")],
        &fields,
    );

    let channel = a_channel(&mut slack).await;
    the_people(&mut slack, &channel).await;
    a_thread(&mut slack, &channel).await;
    a_later_message(&mut slack, &channel).await;
    a_file(&mut slack, &channel).await;
    let wrong = json!({"channel": "C404", "text": "Is anybody here?"});
    let refused = slack.try_run("send_message", &[], wrong).await;
    assert_eq!(refused["error"]["code"], "channel_not_found", "{refused}");
    slack.end(18).await;
}

async fn a_channel(slack: &mut Story) -> Value {
    let made = slack
        .run("create_channel", json!({"name": "project-apollo"}))
        .await;
    let channel = made["channel"]["id"].clone();
    let listed = slack.run("list_channels", json!({"limit": 100})).await;
    let names: Vec<_> = listed["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert!(names.contains(&&json!("project-apollo")), "{names:?}");
    slack
        .run(
            "set_channel_topic",
            json!({"channel": channel, "topic": "To the moon"}),
        )
        .await;
    let read = slack.run("get_channel", json!({"channel": channel})).await;
    assert_eq!(read["channel"]["topic"]["value"], "To the moon");
    channel
}

async fn the_people(slack: &mut Story, channel: &Value) {
    let users = slack.run("list_users", json!({})).await;
    assert!(users["members"].as_array().unwrap().len() >= 2, "{users}");
    let found = slack
        .run(
            "find_user_by_email",
            json!({"email": "charles@example.com"}),
        )
        .await;
    let charles = found["user"]["id"].clone();
    let read = slack.run("get_user", json!({"user": charles})).await;
    assert_eq!(read["user"]["name"], "charles");
    slack
        .run(
            "invite_users_to_channel",
            json!({"channel": channel, "users": [charles]}),
        )
        .await;
    let members = slack
        .run("list_channel_members", json!({"channel": channel}))
        .await;
    assert!(
        members["members"].as_array().unwrap().contains(&charles),
        "{members}"
    );
    let direct = slack
        .run("open_direct_message", json!({"users": [charles]}))
        .await;
    let to_charles = json!({"channel": direct["channel"]["id"], "text": "Come and see"});
    slack.run("send_message", to_charles).await;
}

async fn a_thread(slack: &mut Story, channel: &Value) {
    let blocks =
        json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*Launch* on Monday"}}]);
    let said = json!({"channel": channel, "text": "Launch on Monday", "blocks": blocks});
    let ts = slack.run("send_message", said).await["ts"].clone();
    let reply = json!({"channel": channel, "text": "Tuesday", "thread_ts": ts});
    slack.run("send_message", reply).await;
    let thread = slack
        .run("get_thread_replies", json!({"channel": channel, "ts": ts}))
        .await;
    assert_eq!(thread["messages"][1]["text"], "Tuesday");

    let emoji = json!({"channel": channel, "timestamp": ts, "name": "rocket"});
    slack.run("add_reaction", emoji.clone()).await;
    let again = slack.try_run("add_reaction", &[], emoji).await;
    assert_eq!(again["error"]["code"], "already_reacted", "{again}");
    slack
        .run(
            "update_message",
            json!({"channel": channel, "ts": ts, "text": "Launch on Tuesday"}),
        )
        .await;
    let history = slack
        .run("get_channel_history", json!({"channel": channel}))
        .await;
    let first = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["ts"] == ts)
        .unwrap();
    assert_eq!(
        (&first["text"], &first["reactions"][0]["name"]),
        (&json!("Launch on Tuesday"), &json!("rocket"))
    );

    slack
        .run("delete_message", json!({"channel": channel, "ts": ts}))
        .await;
    let history = slack
        .run("get_channel_history", json!({"channel": channel}))
        .await;
    assert!(
        history["messages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["ts"] != ts),
        "{history}"
    );
}

/// Slack takes moments within 120 days, so this one is reckoned from when the channel was made.
async fn a_later_message(slack: &mut Story, channel: &Value) {
    let read = slack.run("get_channel", json!({"channel": channel})).await;
    let soon = read["channel"]["created"].as_u64().unwrap() + 3600;
    let later = json!({"channel": channel, "text": "Liftoff", "post_at": soon});
    let planned = slack.run("schedule_message", later).await;
    assert_eq!(planned["post_at"], soon);
}

/// Three requests, of which the second goes to an address that the first one answers.
async fn a_file(slack: &mut Story, channel: &Value) {
    let file = json!({"filename": "plan.txt", "content_type": "text/plain", "base64": "aGVsbG8="});
    let shown = json!({"file": file, "channel_id": channel, "initial_comment": "The plan"});
    let kept = slack.run("upload_file", shown).await;
    let id = kept["files"][0]["id"].clone();
    let request = json!({"method": "GET", "url_path": "/files.info", "query_params": {"file": id}});
    let info = slack.arrange(request).await;
    assert_eq!(
        (&info["file"]["name"], &info["file"]["size"]),
        (&json!("plan.txt"), &json!(5))
    );
}
