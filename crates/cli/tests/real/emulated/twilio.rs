//! Twilio, played by `emulate`: text messages, a call, and a code that is sent and checked.

use serde_json::{Value, json};
use tenon_testkit::{CANARY, Emulator};

use super::story::Story;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const OURS: &str = "+15551234567";
const THEIRS: &str = "+15557654321";

fn seed() -> Value {
    json!({"twilio": {
        "account": {"sid": ACCOUNT, "auth_token": CANARY, "friendly_name": "Engines"},
        "phone_numbers": [{"phone_number": OURS, "friendly_name": "Office"}],
        "verify_services": [{"friendly_name": "Door", "code": "123456", "default_channel": "sms"}],
    }})
}

#[tokio::test]
#[ignore = "needs emulate: run by `cargo xtask test`"]
async fn a_message_and_a_call_are_made_and_a_code_is_checked() {
    let fields = [
        "--auth".to_owned(),
        "keybased".to_owned(),
        "--field".to_owned(),
        format!("account_sid={ACCOUNT}"),
        "--field".to_owned(),
        format!("sid={ACCOUNT}"),
        "--field".to_owned(),
        format!("auth_token={CANARY}"),
    ];
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    let vendor = [
        ("https://api.twilio.com/2010-04-01", "{base}"),
        ("/Accounts/", "/2010-04-01/Accounts/"),
        ("https://verify.twilio.com", "/verify"),
    ];
    let mut twilio = Story::begin(
        "twilio",
        Emulator::emulate("twilio", &seed()),
        &vendor,
        &fields,
    );

    let numbers = twilio.run("list_phone_numbers", json!({})).await;
    assert_eq!(numbers["incoming_phone_numbers"][0]["phone_number"], OURS);
    messages(&mut twilio).await;
    calls(&mut twilio).await;
    a_code(&mut twilio).await;
    twilio.end(13).await;
}

async fn messages(twilio: &mut Story) {
    let message = json!({"To": THEIRS, "From": OURS, "Body": "Too hot & rising"});
    let sent = twilio.run("create_message", message).await;
    let read = twilio
        .run("get_message_by_id", json!({"Sid": sent["sid"]}))
        .await;
    assert_eq!(
        (&read["body"], &read["to"]),
        (&json!("Too hot & rising"), &json!(THEIRS))
    );
    let list = twilio.run("list_messages", json!({"To": THEIRS})).await;
    assert_eq!(list["messages"][0]["sid"], sent["sid"]);
    twilio
        .run("update_message", json!({"Sid": sent["sid"], "Body": ""}))
        .await;
    let read = twilio
        .run("get_message_by_id", json!({"Sid": sent["sid"]}))
        .await;
    assert_eq!(read["body"], "", "its text is redacted");
    twilio
        .run("delete_message", json!({"Sid": sent["sid"]}))
        .await;
    let gone = twilio
        .try_run("get_message_by_id", &[], json!({"Sid": sent["sid"]}))
        .await;
    assert_eq!(
        (&gone["node_status"], &gone["http_status"]),
        (&json!("Failed"), &json!(404))
    );
    assert_eq!(gone["error"]["code"], "20404", "{gone}");
}

async fn calls(twilio: &mut Story) {
    let call =
        json!({"To": THEIRS, "From": OURS, "Twiml": "<Response><Say>Hello</Say></Response>"});
    let made = twilio.run("create_call", call).await;
    let read = twilio
        .run("get_call_by_id", json!({"Sid": made["sid"]}))
        .await;
    assert_eq!(read["to"], THEIRS);
    let list = twilio.run("list_calls", json!({"From": OURS})).await;
    assert_eq!(list["calls"][0]["sid"], made["sid"]);
    twilio
        .run(
            "update_call",
            json!({"Sid": made["sid"], "Status": "completed"}),
        )
        .await;
    let read = twilio
        .run("get_call_by_id", json!({"Sid": made["sid"]}))
        .await;
    assert_eq!(read["status"], "completed");
}

async fn a_code(twilio: &mut Story) {
    let services = twilio.run("list_verify_services", json!({})).await;
    assert_eq!(services["services"][0]["friendly_name"], "Door");
    let service = &services["services"][0]["sid"];
    let to = json!({"ServiceSid": service, "To": THEIRS, "Channel": "sms"});
    let sent = twilio.run("create_verification", to).await;
    assert_eq!(sent["status"], "pending");
    let wrong = json!({"ServiceSid": service, "To": THEIRS, "Code": "000000"});
    let wrong = twilio.run("check_verification", wrong).await;
    assert_eq!(wrong["status"], "pending");
    let right = json!({"ServiceSid": service, "To": THEIRS, "Code": "123456"});
    let right = twilio.run("check_verification", right).await;
    assert_eq!(right["status"], "approved");
}
