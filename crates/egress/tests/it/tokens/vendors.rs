//! Answers as vendors give them, where they do not follow the standard.

use tenon_connector::Connector;
use tenon_connector::grant::Proof;
use tenon_egress::{Refused, TokenAnswer};

use super::{ask, compiled, value};
use crate::application::Application;

fn connector(application: &Application, more: &str) -> Connector {
    let base = format!("http://{}", application.address);
    let text = format!(
        "name: Acme\ndescription: A shop.\nbase_url: {base}\nauth:\n  oauth2:\n    type: oauth2\n    label: Account\n    \
         fields: {{}}\n    send: {{ bearer: \"{{{{ access_token }}}}\" }}\n    \
         grant: {{ flow: authorization_code, authorize_url: {base}/a, token_url: {base}/t, {more} }}\n"
    );
    let action = "name: Act\ndescription: Acts.\nrequest: { get: /x }\n".to_owned();
    compiled([
        ("connector.yaml".to_owned(), text),
        ("actions/act.yaml".to_owned(), action),
    ])
}

/// What is made of an answer with this kind of content, by a grant with these further keys.
async fn told(status: &str, kind: &str, body: &str, more: &str) -> TokenAnswer {
    let head = format!("{status}\r\ncontent-type: {kind}");
    let application = Application::answering(&head, body.as_bytes()).await;
    let connector = connector(&application, more);
    let fields = [("refresh_token", "old-s3cret"), ("client_secret", "s3cret")];
    ask(&connector, "oauth2", Proof::Refresh, &fields)
        .await
        .unwrap()
        .answer
}

async fn taken(kind: &str, body: &str, more: &str) -> tenon_egress::Granted {
    match told("200 OK", kind, body, more).await {
        TokenAnswer::Granted(granted) => granted,
        other => unreachable!("{other:?}"),
    }
}

async fn refused(status: &str, body: &str, more: &str) -> Refused {
    match told(status, "application/json", body, more).await {
        TokenAnswer::Refused(refused) => refused,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn a_persons_token_is_found_where_slack_nests_it() {
    let body = r#"{"ok":true,"access_token":"xoxb-bot","authed_user":{"id":"U1","access_token":"xoxe-1","refresh_token":"xoxe-2","expires_in":43200,"scope":"a,b","token_type":"user"},"team":{"id":"T1"}}"#;
    let more = "answer: { access_token: authed_user.access_token, refresh_token: authed_user.refresh_token, \
                expires_in: authed_user.expires_in, scope: authed_user.scope, facts: { team: team.id } }";
    let granted = taken("application/json; charset=utf-8", body, more).await;
    assert_eq!(value(&granted, "access_token"), Some("xoxe-1"));
    assert_eq!(value(&granted, "refresh_token"), Some("xoxe-2"));
    assert_eq!(
        (granted.expires_in, granted.scope.as_deref()),
        (Some(43_200), Some("a,b"))
    );
    assert_eq!(granted.facts["team"], "T1");
}

#[tokio::test]
async fn a_form_and_a_list_of_scopes_are_read_too() {
    let form = "access_token=gho_1%26&scope=repo%2Cgist&token_type=bearer";
    for kind in [
        "application/x-www-form-urlencoded",
        "text/plain; charset=utf-8",
    ] {
        let granted = taken(kind, form, "pkce: true").await;
        assert_eq!(value(&granted, "access_token"), Some("gho_1&"), "{kind}");
        assert_eq!(granted.scope.as_deref(), Some("repo,gist"));
    }
    let body = r#"{"access_token":"t","scopes":["a","b"],"expires_in":"1800.0","hub_id":62515}"#;
    let granted = taken(
        "text/html",
        body,
        "answer: { scope: scopes, facts: { hub: hub_id } }",
    )
    .await;
    assert_eq!(
        (granted.scope.as_deref(), granted.expires_in),
        (Some("a b"), Some(1800))
    );
    assert_eq!(granted.facts["hub"], "62515");
}

#[tokio::test]
async fn other_kinds_of_tokens_are_taken_where_the_connector_says_so() {
    let body = r#"{"access_token":"t","token_type":"Bot"}"#;
    let granted = taken("application/json", body, "answer: { token_types: [bot] }").await;
    assert_eq!(value(&granted, "access_token"), Some("t"));
    let other = told("200 OK", "application/json", body, "pkce: true").await;
    assert!(
        matches!(other, TokenAnswer::Unusable { status: 200, .. }),
        "{other:?}"
    );
}

#[tokio::test]
async fn errors_are_found_in_a_200_and_below_their_own_names() {
    let slack = refused(
        "200 OK",
        r#"{"ok":false,"error":"invalid_refresh_token"}"#,
        "pkce: true",
    )
    .await;
    assert_eq!((slack.status, &*slack.code), (200, "invalid_refresh_token"));
    let body = r#"{"error":{"code":"expired","message":"gone"},"error_description":"It is over."}"#;
    let nested = refused("400 Bad Request", body, "pkce: true").await;
    assert_eq!(
        (&*nested.code, &*nested.message),
        ("expired", "It is over.")
    );
    let body = r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"}"#;
    let more = "answer: { error: status, error_description: message }";
    let own = refused("400 Bad Request", body, more).await;
    assert_eq!(
        (&*own.code, &*own.message),
        ("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    );
}

#[tokio::test]
async fn what_was_sent_is_masked_in_what_the_application_says() {
    let body = r#"{"error":"invalid_grant","error_description":"no old-s3cret here"}"#;
    let said = refused("400 Bad Request", body, "pkce: true").await;
    assert!(!said.message.contains("old-s3cret"), "{}", said.message);
    assert!(said.message.starts_with("no ") && said.message.ends_with(" here"));
    let long = format!(
        r#"{{"error":"e","error_description":"{}"}}"#,
        "x".repeat(5000)
    );
    assert_eq!(
        refused("400 Bad Request", &long, "pkce: true")
            .await
            .message
            .len(),
        300
    );
}

/// A token that is what was sent is none of ours to hide: it is taken as it is.
#[tokio::test]
async fn a_refresh_token_that_comes_back_unchanged_is_kept_whole() {
    let body = r#"{"access_token":"t","refresh_token":"old-s3cret"}"#;
    let granted = taken("application/json", body, "pkce: true").await;
    assert_eq!(value(&granted, "refresh_token"), Some("old-s3cret"));
}

#[tokio::test]
async fn what_could_be_another_thing_than_a_token_is_not_taken() {
    for body in [
        r#"{"access_token":""}"#,
        r#"{"access_token":{"value":"t"}}"#,
        r#"{"access_token":"t","access_token":"u"}"#,
        r#"{"access_token":"a\nb"}"#,
        r#"{"access_token":"t","refresh_token":7}"#,
        r#"{"access_token":null}"#,
        r#""t""#,
        "access_token=1&access_token=2",
    ] {
        let answer = told("200 OK", "application/json", body, "pkce: true").await;
        assert!(
            matches!(answer, TokenAnswer::Unusable { .. }),
            "{body}: {answer:?}"
        );
    }
}
