//! Gmail, Google Calendar and Google Drive, played by `emulate`: mail that is written, sorted and thrown away, a meeting,
//! and a file in a folder.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

fn begin(slug: &'static str, vendor: &str) -> Story {
    let seed = json!({"google": {
        "users": [{"email": "ada@example.com", "name": "Ada"}],
        "calendars": [{"id": "primary", "user_email": "ada@example.com", "summary": "Ada", "primary": true, "time_zone": "UTC"}],
    }});
    let field = format!("access_token=ya29.{CANARY}");
    let fields = ["--auth", "oauth2", "--field", &field];
    let emulator = Emulator::emulate("google", &seed);
    Story::begin(slug, emulator, &[(vendor, "{base}")], &fields)
}

/// A whole message, as Gmail takes it. The emulator reads these alone, so `send_email` and `create_draft`, which upload
/// one, are not executed here.
fn raw(subject: &str, rest: &str) -> String {
    let message =
        format!("From: ada@example.com\r\nTo: charles@example.com\r\nSubject: {subject}\r\n{rest}");
    URL_SAFE_NO_PAD.encode(message)
}

/// The value of a header of a message.
fn header<'a>(message: &'a Value, name: &str) -> &'a Value {
    let headers = message["payload"]["headers"].as_array().unwrap();
    let found = headers
        .iter()
        .find(|header| header["name"].as_str().unwrap().eq_ignore_ascii_case(name));
    &found.unwrap_or_else(|| panic!("no {name} in {message}"))["value"]
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn mail_is_written_answered_sorted_and_thrown_away() {
    let mut gmail = begin("gmail", "https://gmail.googleapis.com");
    let first = a_conversation(&mut gmail).await;
    a_draft(&mut gmail).await;
    an_attachment(&mut gmail).await;

    let label = json!({"name": "Engines"});
    let label = gmail.run("create_label", label).await["id"].clone();
    let labels = gmail.run("list_labels", json!({})).await;
    let labels = labels["labels"].as_array().unwrap();
    assert!(
        labels.iter().any(|one| one["name"] == "Engines"),
        "{labels:?}"
    );
    let sort = json!({"id": first, "addLabelIds": [label]});
    gmail.run("modify_message", sort).await;
    let sorted = json!({"labelIds": [label], "q": "subject:Steam"});
    let sorted = gmail.run("list_messages", sorted).await;
    assert_eq!(sorted["messages"][0]["id"], first);
    gmail.run("trash_message", json!({"id": first})).await;
    let read = gmail.run("get_message", json!({"id": first})).await;
    let labels = read["labelIds"].as_array().unwrap();
    assert!(labels.contains(&json!("TRASH")), "{read}");
    gmail.end(11).await;
}

/// Returns the id of the first message.
async fn a_conversation(gmail: &mut Story) -> Value {
    let first = json!({"raw": raw("Steam", "\r\nToo hot")});
    let sent = gmail.run("send_raw_email", first).await;
    let read = gmail.run("get_message", json!({"id": sent["id"]})).await;
    assert_eq!(header(&read, "subject"), "Steam");
    assert_eq!(header(&read, "to"), "charles@example.com");
    let answer = json!({"raw": raw("Re: Steam", "\r\nCooled"), "threadId": sent["threadId"]});
    gmail.run("send_raw_email", answer).await;
    let thread = json!({"id": sent["threadId"]});
    let thread = gmail.run("get_thread", thread).await;
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2, "{thread}");
    sent["id"].clone()
}

async fn a_draft(gmail: &mut Story) {
    let message = json!({"message": {"raw": raw("Later", "\r\nPerhaps")}});
    let draft = json!({"method": "POST", "url_path": "/gmail/v1/users/me/drafts", "body": message});
    let draft = gmail.arrange(draft).await;
    let drafts = gmail.run("list_drafts", json!({})).await;
    assert_eq!(drafts["drafts"][0]["id"], draft["id"]);
    let sent = gmail.run("send_draft", json!({"id": draft["id"]})).await;
    let labels = sent["labelIds"].as_array().unwrap();
    assert!(labels.contains(&json!("SENT")), "{sent}");
    let drafts = gmail.run("list_drafts", json!({})).await;
    assert!(
        drafts["drafts"].as_array().is_none_or(Vec::is_empty),
        "{drafts}"
    );
}

async fn an_attachment(gmail: &mut Story) {
    let parts = concat!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the plan\r\n",
        "--b\r\nContent-Type: text/plain; name=plan.txt\r\nContent-Disposition: attachment; filename=plan.txt\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"
    );
    let sent = json!({"raw": raw("Plan", parts)});
    let sent = gmail.run("send_raw_email", sent).await;
    let read = gmail.run("get_message", json!({"id": sent["id"]})).await;
    let parts = read["payload"]["parts"].as_array().unwrap();
    let plan = parts
        .iter()
        .find(|part| part["filename"] == "plan.txt")
        .unwrap();
    let wanted = json!({"message_id": sent["id"], "id": plan["body"]["attachmentId"]});
    let attachment = gmail.run("get_attachment", wanted).await;
    assert_eq!(
        (&attachment["data"], &attachment["size"]),
        (&json!("aGVsbG8"), &json!(5))
    );
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_meeting_is_planned_seen_and_called_off() {
    let mut calendar = begin("google_calendar", "https://www.googleapis.com");
    let calendars = calendar.run("list_calendars", json!({})).await;
    assert_eq!(calendars["items"][0]["summary"], "Ada");
    let (start, end) = ("2027-01-10T09:00:00Z", "2027-01-10T09:30:00Z");
    let meeting = json!({"summary": "Kickoff", "start": {"dateTime": start}, "end": {"dateTime": end}, "attendees": [{"email": "charles@example.com"}]});
    let made = calendar.run("create_event", meeting).await;
    let events = calendar.run("list_events", json!({"q": "Kickoff"})).await;
    assert_eq!(events["items"][0]["id"], made["id"]);
    assert_eq!(
        events["items"][0]["attendees"][0]["email"],
        "charles@example.com"
    );
    let day = json!({"timeMin": "2027-01-10T00:00:00Z", "timeMax": "2027-01-11T00:00:00Z", "items": [{"id": "primary"}]});
    let busy = calendar.run("query_free_busy", day.clone()).await;
    let taken = json!([{"start": start, "end": end}]);
    assert_eq!(busy["calendars"]["primary"]["busy"], taken);
    calendar
        .run("delete_event", json!({"eventId": made["id"]}))
        .await;
    let free = calendar.run("query_free_busy", day).await;
    assert_eq!(free["calendars"]["primary"]["busy"], json!([]), "{free}");
    calendar.end(5).await;
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_file_is_put_into_a_folder_renamed_and_read() {
    let mut drive = begin("google_drive", "https://www.googleapis.com");
    let folder = drive.run("create_folder", json!({"name": "Plans"})).await["id"].clone();
    let folders = drive.run("list_folders", json!({})).await;
    assert_eq!(folders["files"][0]["id"], folder);
    let found = drive.run("search_folders", json!({"name": "Plans"})).await;
    assert_eq!(found["files"][0]["id"], folder);

    let file = json!({"filename": "plan.txt", "content_type": "text/plain", "base64": "aGVsbG8="});
    let kept = drive
        .run("upload_file", json!({"file": file, "parent_id": folder}))
        .await;
    let id = kept["id"].clone();
    let inside = format!("'{}' in parents", folder.as_str().unwrap());
    let inside = drive.run("list_files", json!({"q": inside})).await;
    assert_eq!(
        (&inside["files"][0]["id"], &inside["files"][0]["name"]),
        (&id, &json!("plan.txt"))
    );
    drive
        .run(
            "update_file",
            json!({"file_id": id, "name": "old plan.txt"}),
        )
        .await;
    let read = drive.run("get_file", json!({"file_id": id})).await;
    assert_eq!(
        (&read["name"], &read["parents"]),
        (&json!("old plan.txt"), &json!([folder]))
    );
    let content = drive.run("download_file", json!({"file_id": id})).await;
    assert_eq!(content["size"], 5, "{content}");
    drive.end(8).await;
}
