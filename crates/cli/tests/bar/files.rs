//! Files through the whole process: uploaded, sent, received and downloaded piece by piece, each by whom it belongs to.

mod client;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_testkit::depot::{Depot, Sum, Taken};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Answer, Caller, Options, SECRET, Server};
use tokio::io::AsyncWriteExt as _;

use self::client::{begun, download, upload};
use crate::operator::{Folder, TENON, caller, connect};

const SLUG: &str = "depot";
const MB: u64 = 1024 * 1024;
/// How long an answer may be that is held.
const HELD: u64 = 10 * MB;

/// The actions of the depot, by their ids.
const ACTIONS: [(&str, &str); 8] = [
    (
        "send",
        "request: { post: '/{{ to }}', headers: { X-Size: '{{ file.size }}', X-Name: '{{ file.filename }}' }, raw: { file: '{{ file }}' } }",
    ),
    (
        "replace",
        "request: { put: '/{{ to }}', raw: { content_type: text/plain, file: '{{ file }}' } }",
    ),
    (
        "form",
        "request: { post: '/{{ to }}', multipart: { title: '{{ to }}', upload: '{{ file }}' } }",
    ),
    (
        "describe",
        "request: { post: '/{{ to }}', related: { json: { name: '{{ file.filename }}' }, file: '{{ file }}' } }",
    ),
    (
        "resume",
        "steps:\n  - { name: start, request: { post: /start } }\n  - { name: send, request: { put: '{{ steps.start.headers.location }}', credential: false, raw: { file: '{{ file }}' } } }",
    ),
    (
        "give",
        "output: { file: true }\nrequest: { get: '/{{ to }}/{{ size }}' }",
    ),
    ("read", "request: { get: '/{{ to }}/{{ size }}' }"),
    ("write", "request: { post: '/{{ to }}/{{ size }}' }"),
];

struct World {
    server: Server,
    depot: Depot,
    ada: Caller,
    _folder: Folder,
}

impl World {
    async fn start(environment: &[(&str, &str)]) -> Self {
        let (folder, depot) = (Folder::new(), Depot::start().await);
        folder.connector(SLUG, &depot.base, "");
        for (id, rest) in ACTIONS {
            let params =
                "params: { file: { type: file }, to: { type: string }, size: { type: integer } }\n";
            folder.action(SLUG, id, &format!("{params}{rest}\n"));
        }
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let options = Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            environment: environment.iter().map(text).collect(),
            ..Options::default()
        };
        let server = Server::start(TENON, options);
        let ada = caller(&server);
        assert_eq!(connect(&server, SLUG, &[]).await.status, 200);
        Self {
            server,
            depot,
            ada,
            _folder: folder,
        }
    }

    async fn uploaded(&self, length: u64) -> String {
        let (status, body) = upload(&self.server, &self.ada, length).await;
        assert_eq!(status, 200, "{body}");
        body["file"].as_str().unwrap().to_owned()
    }

    async fn execute(&self, action: &str, body: Value) -> Answer {
        let action = format!("{action}?timeout_ms=300000");
        self.ada.execute(SLUG, &action, &[], &body).await
    }

    async fn send(&self, action: &str, file: &str) -> Taken {
        let body = json!({"to": "take", "file": {"file": file}});
        let answer = self.execute(action, body).await;
        assert_eq!(answer.body["success"], true, "{answer:?}");
        self.depot.taken().pop().unwrap()
    }

    /// How many files lie on the disk, with what belongs to them.
    fn lying(&self) -> usize {
        let folder = std::fs::read_dir(self.server.data().join("files"));
        folder.map_or(0, Iterator::count)
    }

    async fn until_nothing_lies(&self) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.lying() > 0 {
            assert!(Instant::now() < end, "{} files are left", self.lying());
            tokio::task::yield_now().await;
        }
    }
}

/// The way of a link, without the address.
fn link(answer: &Answer) -> String {
    let link = answer.body["data"]["link"].as_str();
    link.unwrap_or_else(|| panic!("no link: {answer:?}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uploaded_file_is_sent_raw_in_a_form_beside_json_and_in_a_session() {
    let world = World::start(&[]).await;
    let length = 300_001;
    let (_, about) = upload(&world.server, &world.ada, length).await;
    assert_eq!(
        (&about["filename"], &about["size"]),
        (&json!("made up.bin"), &json!(length))
    );
    assert_eq!(about["content_type"], "application/x-made-up");
    let file = about["file"].as_str().unwrap();
    let plain = Sum::default().and_content(length).number();
    let raw = world.send("send", file).await;
    assert_eq!((raw.length, raw.sum), (length, plain));
    assert_eq!(raw.header("content-type"), Some("application/x-made-up"));
    assert_eq!(raw.header("x-size"), Some("300001"));
    assert_eq!(raw.header("x-name"), Some("made up.bin"));
    let form = world.send("form", file).await;
    let boundary = form
        .header("content-type")
        .unwrap()
        .split_once("boundary=")
        .unwrap()
        .1;
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\ntake\r\n--{boundary}\r\n\
         content-disposition: form-data; name=\"upload\"; filename=\"made up.bin\"\r\n\
         content-type: application/x-made-up\r\n\r\n"
    );
    assert_eq!(form.sum, framed(&head, length, boundary));
    let related = world.send("describe", file).await;
    let kind = related.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/related; boundary=").unwrap();
    let head = format!(
        "--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n{{\"name\":\"made up.bin\"}}\r\n\
         --{boundary}\r\ncontent-type: application/x-made-up\r\n\r\n"
    );
    assert_eq!(related.sum, framed(&head, length, boundary));
    let session = world.send("resume", file).await;
    assert!(
        session.head.starts_with("PUT /take?session=1 "),
        "{}",
        session.head
    );
    assert_eq!(
        (session.sum, session.header("authorization")),
        (plain, None)
    );
    assert_eq!(
        raw.header("authorization"),
        Some(format!("Bearer {SECRET}").as_str())
    );
    world.server.finish().await;
}

/// The sum of a body whose file stands between these.
fn framed(head: &str, length: u64, boundary: &str) -> u64 {
    let tail = format!("\r\n--{boundary}--\r\n");
    let sum = Sum::default().and(head.as_bytes()).and_content(length);
    sum.and(tail.as_bytes()).number()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_sends_the_file_from_its_start_and_an_unsafe_request_is_sent_once() {
    let world = World::start(&[]).await;
    let file = world.uploaded(200_000).await;
    let body = |to: &str| json!({"to": to, "file": {"file": file}});
    let again = world.execute("replace", body("flaky")).await;
    assert_eq!(again.body["success"], true, "{again:?}");
    let sum = Sum::default().and_content(200_000).number();
    let sums: Vec<_> = world.depot.taken().iter().map(|taken| taken.sum).collect();
    assert_eq!(sums, [sum, sum]);
    let dropped = world.execute("send", body("drop")).await;
    assert_eq!(
        dropped.body["code"], "UPSTREAM_OUTCOME_UNKNOWN",
        "{dropped:?}"
    );
    let rows = world.ada.journal().await;
    assert_eq!(rows[0]["node_status"], "Unknown", "{rows:?}");
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_back_is_downloaded_once_by_its_link() {
    let world = World::start(&[]).await;
    let given = world
        .execute("give", json!({"to": "give", "size": 30_000_000}))
        .await;
    let data = &given.body["data"];
    assert_eq!(given.body["success"], true, "{given:?}");
    assert_eq!(
        (&data["filename"], &data["size"]),
        (&json!("given.pdf"), &json!(30_000_000))
    );
    let link = link(&given);
    let cut = download(&world.server, &link, 10_000).await;
    assert_eq!(cut.status, 200);
    // Whoever broke off is noticed in time, and the link is good again.
    let end = Instant::now() + Duration::from_secs(30);
    let whole = loop {
        let again = download(&world.server, &link, u64::MAX).await;
        assert!(Instant::now() < end, "{again:?}");
        match again.status {
            409 => tokio::task::yield_now().await,
            _ => break again,
        }
    };
    assert_eq!(whole.sum, Sum::default().and_content(30_000_000).number());
    assert!(
        whole
            .head
            .contains("content-disposition: attachment; filename*=utf-8''given.pdf\r\n"),
        "{}",
        whole.head
    );
    assert!(
        whole.head.contains("content-type: application/pdf\r\n"),
        "{}",
        whole.head
    );
    assert!(
        whole
            .head
            .contains("content-security-policy: default-src 'none'; sandbox\r\n"),
        "{}",
        whole.head
    );
    let used = download(&world.server, &link, u64::MAX).await;
    assert_eq!(used.status, 404, "{used:?}");
    let empty = world
        .execute("give", json!({"to": "give", "size": 0}))
        .await;
    let empty = download(&world.server, &self::link(&empty), u64::MAX).await;
    assert_eq!((empty.status, empty.length), (200, 0));
    world.until_nothing_lies().await;
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_from_one_action_is_sent_by_another() {
    let world = World::start(&[]).await;
    let given = world
        .execute("give", json!({"to": "give", "size": 70_000}))
        .await;
    let file = given.body["data"]["file"].as_str().unwrap();
    let sent = world.send("send", file).await;
    assert_eq!(sent.sum, Sum::default().and_content(70_000).number());
    assert_eq!(sent.header("content-type"), Some("application/pdf"));
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_too_long_to_be_held_becomes_a_link_where_the_action_reads() {
    let world = World::start(&[("TENON_MAX_FILE_BYTES", "20000000")]).await;
    let body = |size: u64| json!({"to": "json", "size": size});
    let short = world.execute("read", body(1000)).await;
    assert!(short.body["data"].is_string(), "{short:?}");
    let long = world.execute("read", body(HELD)).await;
    assert_eq!(long.body["success"], true, "{long:?}");
    assert_eq!(long.body["data"]["content_type"], "application/json");
    let whole = download(&world.server, &link(&long), u64::MAX).await;
    assert_eq!((whole.status, whole.length), (200, HELD + 2));
    assert!(whole.text.starts_with("\"xxx"));
    for (action, size) in [("write", HELD), ("read", 20_000_000)] {
        let refused = world.execute(action, body(size)).await;
        assert_eq!(
            refused.body["code"], "UPSTREAM_TOO_LARGE",
            "{action}: {refused:?}"
        );
    }
    world.until_nothing_lies().await;
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echoed_credential_is_masked_also_where_it_comes_in_pieces() {
    let world = World::start(&[]).await;
    let given = world
        .execute("give", json!({"to": "echo", "size": 5_000}))
        .await;
    let whole = download(&world.server, &link(&given), u64::MAX).await;
    let dots = ".".repeat(5_000);
    assert_eq!(whole.text, format!("{dots}***{dots}***"));
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_nobodys_but_its_accounts_and_goes_with_it() {
    let world = World::start(&[]).await;
    let file = world.uploaded(100_000).await;
    let given = world
        .execute("give", json!({"to": "give", "size": 9}))
        .await;
    world
        .server
        .cli_json(&["linked-account", "create", "bob@example.com", "--json"]);
    let bob = world.server.caller(&world.ada.key, "bob@example.com");
    let key = world.server.admin_key();
    let path = format!("/api/v2/admin/linked-accounts/bob@example.com/connections/{SLUG}");
    let fields = json!({"fields": {"token": SECRET}});
    world
        .server
        .http
        .send("POST", &path, &[("x-admin-key", &key)], Some(&fields))
        .await;
    let mut body = json!({"to": "take", "file": {"file": file}});
    let stolen = bob.execute(SLUG, "send", &[], &body).await;
    assert_eq!(
        (stolen.status, &stolen.body["code"]),
        (404, &json!("FILE_NOT_FOUND"))
    );
    body["file"]["file"] = json!("file_0190000000007000800000000000000");
    let made_up = world.execute("send", body).await;
    assert_eq!(made_up.status, 404, "{made_up:?}");
    let mut link = link(&given);
    let last = if link.pop() == Some('0') { '1' } else { '0' };
    link.push(last);
    assert_eq!(download(&world.server, &link, u64::MAX).await.status, 404);
    assert_eq!(
        world.depot.taken().len(),
        1,
        "nothing was sent but the question for the file"
    );
    world
        .server
        .cli(&["linked-account", "delete", &world.ada.account, "--json"]);
    world.until_nothing_lies().await;
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_breaks_off_leaves_nothing_whether_caller_or_application() {
    let world = World::start(&[]).await;
    let mut stream = begun(&world.server, &world.ada, 10 * MB).await;
    stream.write_all(&vec![7; 200_000]).await.unwrap();
    while world.lying() == 0 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    world.until_nothing_lies().await;
    let cut = world
        .execute("give", json!({"to": "cut", "size": 5 * MB}))
        .await;
    assert_eq!(cut.body["code"], "UPSTREAM_OUTCOME_UNKNOWN", "{cut:?}");
    world.until_nothing_lies().await;
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_too_large_or_has_no_room_is_refused_clearly() {
    let limits = [
        ("TENON_MAX_FILE_BYTES", "1000000"),
        ("TENON_FILES_ROOM_BYTES", "1500000"),
    ];
    let world = World::start(&limits).await;
    let (status, body) = upload(&world.server, &world.ada, 1_000_001).await;
    assert_eq!(
        (status, &body["code"]),
        (413, &json!("FILE_TOO_LARGE")),
        "{body}"
    );
    assert!(
        body["message"].as_str().unwrap().contains("1000000 bytes"),
        "{body}"
    );
    world.uploaded(1_000_000).await;
    let (status, body) = upload(&world.server, &world.ada, 1_000_000).await;
    assert_eq!(
        (status, &body["code"]),
        (507, &json!("FILES_FULL")),
        "{body}"
    );
    let given = world
        .execute("give", json!({"to": "give", "size": 900_000}))
        .await;
    assert_eq!(
        (given.status, &given.body["code"]),
        (507, &json!("FILES_FULL")),
        "{given:?}"
    );
    assert_eq!(world.lying(), 2);
    world.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_files_pass_both_ways_without_the_process_growing() {
    let length = scale(100, 300) * MB;
    let world = World::start(&[("TENON_MAX_FILE_BYTES", "400000000")]).await;
    // What one small file takes anyway.
    let small = world.uploaded(MB).await;
    world.send("send", &small).await;
    world.server.forget_peak();
    let before = world.server.peak_memory();
    let file = world.uploaded(length).await;
    let sum = Sum::default().and_content(length).number();
    assert_eq!(world.send("send", &file).await.sum, sum);
    let given = world
        .execute("give", json!({"to": "give", "size": length}))
        .await;
    let whole = download(&world.server, &link(&given), u64::MAX).await;
    assert_eq!((whole.length, whole.sum), (length, sum));
    let growth = (world.server.peak_memory() - before) / 1024;
    assert!(growth < 30, "memory grew by {growth} MiB");
    world.server.finish().await;
    kept(
        "D7",
        format!(
            "{} MiB up and down: memory grew by {growth} MiB",
            length / MB
        ),
    );
}
