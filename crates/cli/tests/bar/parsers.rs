//! What callers put into parameters stays data: the request that goes out is the one that the document describes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenon_testkit::promise::kept;
use tenon_testkit::recorder::{Received, Recorder};
use tenon_testkit::{Caller, Options, Server};
use url::form_urlencoded;

use crate::operator::{Folder, TENON, caller, connect};

/// Where a parameter stands, with the request that it stands in.
const POSITIONS: [(&str, &str); 6] = [
    ("path", "{ get: '/a/{{ v }}/b' }"),
    ("query", "{ get: /a/b, query: { q: '{{ v }}' } }"),
    ("header", "{ get: /a/b, headers: { X-Value: '{{ v }}' } }"),
    ("cookie", "{ get: /a/b, headers: { Cookie: 'v={{ v }}' } }"),
    ("form", "{ post: /a/b, form: { q: '{{ v }}' } }"),
    ("json", "{ post: /a/b, json: { q: '{{ v }}' } }"),
];

/// The classes of text that break out of somewhere.
fn classes() -> Vec<String> {
    let texts = [
        "../",
        "..%2f",
        "%2e%2e/",
        "%252e%252e%252f",
        "..;/",
        "\\",
        "//host",
        "/\\host",
        "?x=1",
        "&x=1",
        ";x=1",
        "#f",
        "@host",
        ":8080",
        "\r",
        "\n",
        "\r\nx-evil: 1",
        "\r\n\r\nGET /evil HTTP/1.1\r\nhost: evil\r\n\r\n",
        "\0",
        "\t",
        "\u{2028}",
        "\u{85}",
        "\u{feff}",
        "\u{202e}",
        "%c0%ae%c0%ae/",
        "%u002e",
        "\u{fffd}",
        "${7*7}",
        "{{ 7*7 }}",
        "{% raw %}",
        "<%= 7*7 %>",
        "#{7*7}",
        "__proto__",
        "constructor",
        "\",\"x\":\"",
        "'; DROP TABLE x; --",
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\u{1b}[31m",
        "</script><script>",
        "<!--",
        "%0d%0ax-evil:1",
        "\u{560a}\u{560d}",
        "http://evil.example/",
        "file:///etc/passwd",
        "[::1]",
        "a,b",
        "a=b",
    ];
    texts.map(str::to_owned).into()
}

/// Every class alone, inside, encoded, doubled; and what is no text at all.
fn payloads() -> Vec<Value> {
    let encoded = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let mut payloads = Vec::new();
    for class in classes() {
        let forms = [
            class.clone(),
            format!("a{class}b"),
            class.repeat(3),
            encoded(&class),
            encoded(&encoded(&class)),
        ];
        payloads.extend(forms.map(Value::String));
    }
    payloads.push(json!("x".repeat(64 * 1024)));
    for value in [
        json!([1, "a&b"]),
        json!({"a": {"b": "?"}}),
        json!(null),
        json!(true),
        json!(1.5e300),
        json!(""),
    ] {
        payloads.push(value);
    }
    payloads
}

/// The shape of a request: everything that a parameter must not change.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    method: String,
    segments: usize,
    query: Vec<String>,
    headers: BTreeSet<String>,
    host: Vec<String>,
}

fn shape(received: &Received) -> Shape {
    let head = String::from_utf8_lossy(&received.head).into_owned();
    assert!(
        !head.contains('\0') && !head.replace("\r\n", "").contains(['\r', '\n']),
        "{head:?}"
    );
    let (method, target) = received.line();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers = head
        .split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'));
    Shape {
        method,
        segments: path.split('/').count(),
        query: form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect(),
        // An empty body has no length, and an absent value no header.
        headers: headers
            .map(|(name, _)| name.to_ascii_lowercase())
            .filter(|name| name != "content-length")
            .collect(),
        host: received.header("host"),
    }
}

/// What the application reads in the parameter's place.
fn read_back(position: &str, received: &Received) -> Value {
    let (_, target) = received.line();
    let decoded = |text: &str| {
        form_urlencoded::parse(format!("x={text}").as_bytes())
            .next()
            .unwrap()
            .1
            .into_owned()
    };
    let first = |pairs: &[u8]| {
        form_urlencoded::parse(pairs)
            .next()
            .map(|(_, value)| value.into_owned())
    };
    match position {
        "path" => json!(decoded(target.split('/').nth(2).unwrap())),
        "query" => json!(first(target.split_once('?').unwrap().1.as_bytes())),
        "form" => json!(first(&received.body)),
        "json" => serde_json::from_slice::<Value>(&received.body).unwrap()["q"].clone(),
        _ => Value::Null,
    }
}

async fn call(
    caller: &Caller,
    application: &Recorder,
    position: &str,
    value: &Value,
) -> Option<Received> {
    let answer = caller
        .execute("vendor", position, &[], &json!({ "v": value }))
        .await;
    let mut received = application.take();
    if answer.status != 200 {
        assert_eq!(answer.status, 400, "{position} {value}: {answer:?}");
        assert_eq!(received, [], "{position} {value}");
        return None;
    }
    assert_eq!(received.len(), 1, "{position} {value}");
    received.pop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g4_a_parameter_cannot_change_the_shape_of_its_request() {
    let application = Recorder::start().await;
    let folder = Folder::new();
    folder.connector("vendor", &application.base, "");
    for (position, request) in POSITIONS {
        let text =
            format!("params: {{ v: {{ }} }}\nrequest: {request}\noutput: {{ schema: {{}} }}\n");
        folder.action("vendor", position, &text);
    }
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    assert_eq!(connect(&server, "vendor", &[]).await.status, 200);
    let payloads = payloads();
    let (mut refused, mut sent) = (0, 0);
    for (position, _) in POSITIONS {
        let usual = shape(
            &call(&caller, &application, position, &json!("x"))
                .await
                .unwrap(),
        );
        for value in &payloads {
            let Some(received) = call(&caller, &application, position, value).await else {
                refused += 1;
                continue;
            };
            sent += 1;
            if !value.is_string() {
                let shape = shape(&received);
                assert_eq!(
                    (&shape.method, &shape.host),
                    (&usual.method, &usual.host),
                    "{position} {value}"
                );
                continue;
            }
            assert_eq!(shape(&received), usual, "{position} {value}");
            let back = read_back(position, &received);
            assert!(
                back.is_null() || back == *value,
                "{position} {value}: {back}"
            );
        }
    }
    server.finish().await;
    kept(
        "G4",
        format!(
            "{} payloads in 6 positions: {refused} refused, {sent} sent in the shape of their template and read back the same",
            payloads.len()
        ),
    );
}
