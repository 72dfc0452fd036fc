//! Files on their way: from where they are stored, and to where an answer is kept.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::plan::{Body, Content, Plan};
use tenon_egress::{Contents, ErrorKind, Keep, Response, SendError, Sent, Sink, StoredContent};

use crate::application::{Application, call, get, open, post};

/// A plan whose body is a stored file.
fn sending(application: &Application) -> Plan {
    Plan {
        body: Body::Raw {
            content_type: "text/plain".to_owned(),
            content: Content::Stored("file_1".to_owned()),
        },
        ..post(application.url("/"))
    }
}

async fn send(plan: &Plan, length: u64, pieces: &[&'static str]) -> Result<Response, SendError> {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
        .collect();
    let bytes = stream::iter(pieces).boxed();
    let stored = StoredContent { length, bytes };
    let files = Contents::from([("file_1".to_owned(), stored)]);
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    open().carry(call(plan, None, &hosts), files, None).await
}

#[tokio::test]
async fn a_stored_file_goes_out_with_its_length() {
    let application = Application::answering("200 OK", b"").await;
    send(&sending(&application), 8, &["one ", "", "four"])
        .await
        .unwrap();
    let seen = application.requests().remove(0);
    assert!(seen.contains("\r\ncontent-length: 8\r\n"), "{seen}");
    assert!(seen.contains("\r\ncontent-type: text/plain\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\none four"), "{seen}");
}

#[tokio::test]
async fn a_file_that_is_shorter_or_longer_than_it_was_said_to_be_breaks_the_request_off() {
    for length in [7, 9] {
        let application = Application::answering("200 OK", b"").await;
        let error = send(&sending(&application), length, &["one ", "four"]).await;
        assert_eq!(error.unwrap_err().sent, Sent::Maybe);
        assert!(application.requests().is_empty(), "{length}");
    }
}

#[tokio::test]
async fn a_file_that_nobody_brought_is_missed_before_anything_is_sent() {
    let application = Application::answering("200 OK", b"").await;
    let plan = sending(&application);
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let error = open().send(call(&plan, None, &hosts)).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::StoredFile, Sent::No));
    assert_eq!(application.connections(), 0);
}

/// Keeps bytes up to a number.
struct Room(Vec<u8>, usize);

#[async_trait]
impl Sink for Room {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.0.len() + bytes.len() > self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

async fn receive(
    head: &str,
    at_once: bool,
    most: usize,
    room: &mut Room,
) -> Result<Response, SendError> {
    let application = Application::answering(head, b"an answer").await;
    let plan = get(application.url("/"));
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let sink = room;
    let keep = Keep {
        sink,
        at_once,
        most,
    };
    let call = call(&plan, None, &hosts);
    open().carry(call, Contents::new(), Some(keep)).await
}

#[tokio::test]
async fn a_success_is_kept_at_once_or_where_it_is_too_long_and_a_failure_is_read() {
    let mut room = Room(Vec::new(), 100);
    let kept = receive("200 OK", true, 100, &mut room).await.unwrap();
    assert_eq!((kept.body.len(), room.0.as_slice()), (0, &b"an answer"[..]));
    for (head, at_once) in [("404 Not Found", true), ("200 OK", false)] {
        let mut room = Room(Vec::new(), 100);
        let read = receive(head, at_once, 100, &mut room).await.unwrap();
        assert_eq!((&read.body[..], room.0.len()), (&b"an answer"[..], 0));
    }
}

#[tokio::test]
async fn an_answer_without_room_or_over_the_greatest_length_is_an_error_of_its_own() {
    for (most, room, kind) in [(100, 3, ErrorKind::NotKept), (3, 100, ErrorKind::TooLarge)] {
        let mut room = Room(Vec::new(), room);
        let error = receive("200 OK", true, most, &mut room).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (kind, Sent::Maybe));
    }
}
