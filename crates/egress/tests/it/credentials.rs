//! Where a credential goes, and where it never does.

use std::error::Error;

use tenon_connector::auth::{Slot, SlotPart, SlotText};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::plan::{Body, Part, Plan};
use tenon_egress::{ErrorKind, Sent};

use crate::application::{Application, call, credential, field, get, open, placement, post, send};

/// The request that the application sees when the slot is filled.
async fn seen_with<const N: usize>(slots: [Slot; N], path: &str) -> String {
    let application = Application::answering("200 OK", b"").await;
    let plan = Plan {
        placement: placement(slots),
        headers: vec![("x-key".to_owned(), "of the plan".to_owned())],
        ..get(application.url(path))
    };
    let credential = credential(&[("token", "s3cret"), ("user", "ada")]);
    send(&open(), &plan, Some(&credential)).await.unwrap();
    application.requests().remove(0)
}

#[tokio::test]
async fn a_bearer_token_is_sent_in_the_authorization_header() {
    let seen = seen_with([Slot::Bearer(field("token"))], "/x").await;
    assert!(
        seen.contains("\r\nauthorization: Bearer s3cret\r\n"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_name_and_password_are_sent_as_basic() {
    let slot = Slot::Basic {
        username: field("user"),
        password: field("token"),
    };
    let seen = seen_with([slot], "/x").await;
    assert!(
        seen.contains("\r\nauthorization: Basic YWRhOnMzY3JldA==\r\n"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_header_slot_wins_over_the_plans_header() {
    let text = SlotText(vec![
        SlotPart::Literal("Key ".to_owned()),
        SlotPart::Field("token".to_owned()),
    ]);
    let seen = seen_with([Slot::Header("x-key".to_owned(), text)], "/x").await;
    assert!(seen.contains("\r\nx-key: Key s3cret\r\n"), "{seen}");
    assert!(!seen.contains("of the plan"), "{seen}");
}

#[tokio::test]
async fn a_query_slot_replaces_its_own_name_and_leaves_the_rest_as_it_is() {
    let slot = Slot::Query("api_key".to_owned(), field("token"));
    let seen = seen_with([slot], "/x?a=%7E1&api_key=old&b").await;
    assert!(
        seen.starts_with("GET /x?a=%7E1&b&api_key=s3cret HTTP/1.1\r\n"),
        "{seen}"
    );
}

#[tokio::test]
async fn an_optional_field_that_is_absent_leaves_no_header() {
    let seen = seen_with([Slot::Header("x-org".to_owned(), field("org"))], "/x").await;
    assert!(!seen.contains("x-org"), "{seen}");
}

#[tokio::test]
async fn a_credential_is_never_sent_to_a_host_outside_its_set() {
    let application = Application::answering("200 OK", b"").await;
    let plan = Plan {
        placement: placement([Slot::Bearer(field("token"))]),
        ..post(application.url("/"))
    };
    let hosts = HostSet::new([HostPattern::parse("api.example.com").unwrap()]);
    let credential = credential(&[("token", "canary")]);
    let error = open()
        .send(call(&plan, Some(&credential), &hosts))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (ErrorKind::HostNotAllowed, Sent::No)
    );
    assert_eq!(error.host(), Some("127.0.0.1"));
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_credential_stays_where_it_was_sent() {
    let other = Application::answering("200 OK", b"").await;
    for status in [301, 302, 303, 307, 308] {
        let head = format!("{status} Moved\r\nlocation: {}", other.url("/"));
        let application = Application::answering(&head, b"").await;
        let plan = Plan {
            placement: placement([Slot::Header("x-api-key".to_owned(), field("token"))]),
            ..post(application.url("/"))
        };
        let answer = send(&open(), &plan, Some(&credential(&[("token", "canary")])))
            .await
            .unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(application.requests().len(), 1);
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_failure_shows_nothing_of_the_credential() {
    let application = Application::start(crate::application::Manner::Close).await;
    let slots = [
        Slot::Query("api_key".to_owned(), field("token")),
        Slot::Bearer(field("token")),
    ];
    let plan = Plan {
        placement: placement(slots),
        ..post(application.url("/canary?q=canary"))
    };
    for token in ["canary", "canary\r\nx: y"] {
        let error = send(&open(), &plan, Some(&credential(&[("token", token)])))
            .await
            .unwrap_err();
        let mut shown = format!("{error} {error:?} {}", error.message());
        let mut source = error.source();
        while let Some(error) = source {
            shown += &format!("{error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains("canary"), "{shown}");
    }
    assert_eq!(
        application.requests().len(),
        1,
        "a token with a line break is not sent"
    );
}

#[tokio::test]
async fn a_plans_headers_and_body_come_as_they_are() {
    let application = Application::answering("200 OK", b"").await;
    let headers = [("accept", "a"), ("accept", "b"), ("user-agent", "own")];
    let headers = headers
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .to_vec();
    let plan = Plan {
        headers,
        ..post(application.url("/"))
    };
    send(&open(), &plan, None).await.unwrap();
    let seen = application.requests().remove(0);
    for line in [
        "accept: a",
        "accept: b",
        "user-agent: own",
        "accept-encoding: identity",
        "content-type: application/json",
        "content-length: 14",
    ] {
        assert_eq!(
            seen.matches(&format!("\r\n{line}\r\n")).count(),
            1,
            "{line} in {seen}"
        );
    }
    assert!(seen.ends_with("\r\n\r\n{\"name\":\"Ada\"}"), "{seen}");
    assert_eq!(seen.matches("user-agent").count(), 1);
}

#[tokio::test]
async fn a_multipart_body_keeps_its_own_content_type() {
    let application = Application::answering("200 OK", b"").await;
    let part = Part {
        name: "file".to_owned(),
        filename: Some("a.txt".to_owned()),
        content_type: None,
        content: "hello".to_owned().into(),
    };
    let plan = Plan {
        headers: vec![("content-type".to_owned(), "multipart/form-data".to_owned())],
        body: Body::Multipart(vec![part]),
        ..post(application.url("/"))
    };
    send(&open(), &plan, None).await.unwrap();
    let seen = application.requests().remove(0);
    let (_, rest) = seen
        .split_once("content-type: multipart/form-data; boundary=")
        .unwrap();
    let boundary = rest.lines().next().unwrap();
    assert!(
        seen.ends_with(&format!("\r\n\r\nhello\r\n--{boundary}--\r\n")),
        "{seen}"
    );
}

#[tokio::test]
async fn a_plan_cannot_set_what_belongs_to_the_transport() {
    let application = Application::answering("200 OK", b"").await;
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        let headers = vec![(name.to_owned(), "1".to_owned())];
        let plan = Plan {
            headers,
            ..post(application.url("/"))
        };
        let error = send(&open(), &plan, None).await.unwrap_err();
        assert_eq!(
            (error.kind, error.sent),
            (ErrorKind::Plan, Sent::No),
            "{name}"
        );
    }
    assert_eq!(application.connections(), 0);
}
