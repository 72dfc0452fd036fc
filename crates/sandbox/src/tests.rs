//! What an emulated application answers, request by request, without a socket.

use std::sync::{Arc, Mutex};

use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use serde_json::{Value, json};
use tenon_connector::{Bundle, Connector, Method};

use super::*;
use crate::answer::Content;

const SHOP: &str = r#"
name: Shop
description: A shop.
base_url: https://{{ connection.host }}/api
connection:
  host: { label: Host, hosts: ["*.shop.example"], example: acme.shop.example }
auth:
  bearer:
    type: oauth2
    label: Token
    fields: { access_token: { label: Token } }
    send: { bearer: "{{ access_token }}" }
  query:
    type: keybased
    label: Key
    fields: { key: { label: Key }, team: { label: Team, optional: true } }
    send: { query: { key: "{{ key }}" }, headers: { x-team: "{{ team }}" } }
sandbox:
  id: "?#?"
  errors:
    unauthorized: { status: 401, json: { code: NO_ENTRY, text: "{{ message }}", trace: "{{ id }}" } }
    invalid: { status: 422, json: { code: WRONG, text: "{{ message }}" } }
    rate_limited: { status: 420, headers: { x-wait-ms: "{{ retry_after_ms }}" }, json: { code: CALM_DOWN } }
  routes:
    - on: POST /items
      do: create
      body: { type: object, properties: { tags: { type: array, items: { type: string } } } }
      fields: "{{ body }}"
      answer: { status: 201, headers: { location: "/items/{{ id }}" }, json: "{{ record }}" }
    - { on: "GET /items", do: list, limit: "{{ query.limit }}", after: "{{ query.after }}", answer: { status: 200, json: { items: "{{ records }}", next: "{{ next }}" } } }
    - on: POST /items/search
      collections: [items]
      do: search
      filter: "{{ body.filters }}"
      record: { id: "{{ id }}", meta: { made: "{{ created_at }}" }, "...": "{{ fields }}" }
      answer: { status: 200, json: { total: "{{ total }}", items: "{{ records }}" } }
    - { on: "GET /items/{id}", do: read, collections: [items], record: { bad: "{{ fields.n | int + 'x' }}" }, answer: { status: 200, json: "{{ record }}" } }
"#;

const WEATHER: &str = r#"
name: Weather
description: Says the weather.
params: { city: { type: string, required: true } }
request: { get: "/weather/{{ city }}" }
examples:
  - { input: { city: Nowhere }, sends: { path: /weather/Nowhere }, answers: { status: 404, json: { sky: none } }, fails: HTTP_404 }
  - { input: { city: Oslo }, sends: { path: /weather/Oslo }, answers: { json: { sky: blue } } }
"#;

fn connector(document: &str) -> Arc<Connector> {
    let files = [
        ("connector.yaml", document),
        ("actions/weather.yaml", WEATHER),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let bundle = Bundle {
        slug: "shop".to_owned(),
        files: files.into_iter().collect(),
        proven: false,
    };
    Arc::new(
        bundle
            .compile()
            .unwrap_or_else(|problems| panic!("{problems:?}")),
    )
}

type Headers<'a> = &'a [(&'a str, &'a str)];

fn shop() -> Sandbox {
    let connector = connector(SHOP);
    Sandbox::new(move || vec![Arc::clone(&connector)])
}

fn request(line: &str, headers: Headers<'_>, body: &str) -> Received {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |(name, value): &(&str, &str)| {
        let value = HeaderValue::try_from(*value).unwrap();
        (HeaderName::try_from(*name).unwrap(), value)
    };
    Received {
        method: Method::parse(method),
        host: "north.shop.example".to_owned(),
        path: format!("/api{path}"),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        body: Bytes::from(body.to_owned()),
    }
}

async fn answer(sandbox: &Sandbox, request: Received) -> (u16, Value) {
    let answer = sandbox.answer(&request).await.unwrap();
    let body = match answer.content {
        Content::Json(json) => json,
        Content::Text(text) => Value::String(text),
        Content::Empty => Value::Null,
    };
    (answer.status, body)
}

async fn call(sandbox: &Sandbox, line: &str, body: &str) -> (u16, Value) {
    let bearer = [("authorization", "Bearer sandbox_1")];
    answer(sandbox, request(line, &bearer, body)).await
}

#[tokio::test]
async fn a_credential_is_taken_from_every_place_that_the_connector_names_and_no_other() {
    let sandbox = shop();
    let cases: &[(&str, Headers, u16)] = &[
        ("GET /items", &[("authorization", "bearer sandbox_1")], 200),
        ("GET /items?key=sandbox_1", &[("x-team", "sandbox_1")], 200),
        ("GET /items?key=sandbox_1", &[], 200),
        ("GET /items?key=sandbox_1", &[("x-team", "blue")], 401),
        ("GET /items?key=live_1", &[], 401),
        ("GET /items", &[("x-key", "sandbox_1")], 401),
        ("GET /items", &[("authorization", "Bearer live_1")], 401),
        (
            "GET /items",
            &[("authorization", "Basic c2FuZGJveF9h")],
            401,
        ),
        ("GET /items", &[], 401),
    ];
    for (line, headers, expected) in cases {
        let (status, body) = answer(&sandbox, request(line, headers, "")).await;
        assert_eq!(status, *expected, "{line} {headers:?}");
        assert_eq!(
            body["code"] == "NO_ENTRY",
            status == 401,
            "{line} {headers:?}"
        );
    }
}

#[tokio::test]
async fn the_same_credential_is_the_same_world_wherever_it_stands() {
    let sandbox = shop();
    call(&sandbox, "POST /items", r#"{"n": 1}"#).await;
    let (_, by_key) = answer(&sandbox, request("GET /items?key=sandbox_1", &[], "")).await;
    assert_eq!(by_key["items"], json!([{"n": 1}]));
    assert_eq!(record_count(&sandbox, "sandbox_1", "shop", "items"), 1);
    assert_eq!(record_count(&sandbox, "sandbox_2", "shop", "items"), 0);
}

#[tokio::test]
async fn a_wrong_body_is_refused_and_its_place_is_named() {
    let sandbox = shop();
    let cases = [
        (r#"{"tags": ["a", 7]}"#, "`tags.1`"),
        ("[]", "the body"),
        ("{", "not JSON"),
        ("", "needs a JSON body"),
    ];
    for (body, expected) in cases {
        let (status, refused) = call(&sandbox, "POST /items", body).await;
        assert_eq!((status, &refused["code"]), (422, &json!("WRONG")), "{body}");
        assert!(
            refused["text"].as_str().unwrap().contains(expected),
            "{refused}"
        );
    }
    assert_eq!(record_count(&sandbox, "sandbox_1", "shop", "items"), 0);
}

#[tokio::test]
async fn pages_follow_each_other_and_a_nonsensical_page_is_refused() {
    let sandbox = shop();
    for number in 1..=3 {
        call(&sandbox, "POST /items", &format!(r#"{{"n": {number}}}"#)).await;
    }
    let (_, first) = call(&sandbox, "GET /items?limit=2", "").await;
    assert_eq!(first, json!({"items": [{"n": 1}, {"n": 2}], "next": "2"}));
    let (_, last) = call(&sandbox, "GET /items?limit=2&after=2", "").await;
    assert_eq!(last, json!({"items": [{"n": 3}]}));
    let (_, none) = call(&sandbox, "GET /items?limit=0", "").await;
    assert_eq!(none, json!({"items": []}));
    for query in ["limit=many", "limit=-1", "after=x", "limit=1&limit=2"] {
        assert_eq!(
            call(&sandbox, &format!("GET /items?{query}"), "").await.0,
            422,
            "{query}"
        );
    }
    let far = format!("GET /items?after={0}&limit={0}", usize::MAX);
    assert_eq!(call(&sandbox, &far, "").await, (200, json!({"items": []})));
}

#[tokio::test]
async fn a_search_sees_fields_what_is_shown_of_a_record_and_free_words() {
    let sandbox = shop();
    for name in ["Ada", "Bob"] {
        call(&sandbox, "POST /items", &json!({"name": name}).to_string()).await;
    }
    let cases = [
        (json!({}), 2),
        (json!({"query": "aD"}), 1),
        (
            json!({"filters": [[{"propertyName": "name", "operator": "EQ", "value": "bob"}]]}),
            1,
        ),
        (
            json!({"filters": [[{"propertyName": "made", "operator": "GT", "value": "2020-01-01"}]]}),
            2,
        ),
        (
            json!({"filters": [[{"propertyName": "id", "operator": "HAS_PROPERTY"}]]}),
            2,
        ),
    ];
    for (body, expected) in cases {
        let (_, found) = call(&sandbox, "POST /items/search", &body.to_string()).await;
        assert_eq!(found["total"], expected, "{body}");
    }
    let bad = r#"{"filters": [[{"propertyName": "name", "operator": "SMELLS"}]]}"#;
    assert_eq!(call(&sandbox, "POST /items/search", bad).await.0, 422);
}

#[tokio::test]
async fn what_no_route_takes_is_answered_by_the_first_successful_example() {
    let sandbox = shop();
    let blue = (200, json!({"sky": "blue"}));
    assert_eq!(call(&sandbox, "GET /weather/Bergen", "").await, blue);
    assert_eq!(call(&sandbox, "POST /weather/Bergen", "").await.0, 405);
    assert_eq!(call(&sandbox, "PUT /items", "").await.0, 405);
    assert_eq!(call(&sandbox, "OPTIONS /items", "").await.0, 405);
    assert_eq!(call(&sandbox, "GET /weather", "").await.0, 404);
    assert_eq!(call(&sandbox, "GET /items/none", "").await.0, 404);
    assert_eq!(call(&sandbox, "GET /items/%FF%00", "").await.0, 404);
}

#[tokio::test]
async fn a_rate_limit_comes_in_the_applications_shape_and_tells_how_long_to_wait() {
    let sandbox = shop();
    let fault = Fault::RateLimited {
        retry_after_seconds: 3,
    };
    let times = Some(1);
    sandbox.set_fault("shop", Some(FaultSwitch { fault, times }));
    let limited = sandbox
        .answer(&request("GET /items", &[], ""))
        .await
        .unwrap();
    assert_eq!(limited.status, 420);
    let expected = [("x-wait-ms", "3000"), ("retry-after", "3")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(limited.headers, expected);
    assert_eq!(call(&sandbox, "GET /items", "").await.0, 200);
    assert_eq!(sandbox.faults(), []);
}

#[tokio::test]
async fn a_dropped_request_changes_nothing_and_is_counted() {
    let sandbox = shop();
    sandbox.set_fault("shop", Some(Fault::Drop.into()));
    let bearer = [("authorization", "Bearer sandbox_1")];
    let dropped = sandbox.answer(&request("POST /items", &bearer, "{}")).await;
    assert!(dropped.is_err());
    assert_eq!(sandbox.requests(), 1);
    assert_eq!(record_count(&sandbox, "sandbox_1", "shop", "items"), 0);
}

#[tokio::test]
async fn a_host_without_an_application_is_told_so() {
    let sandbox = shop();
    let mut strange = request("GET /items", &[], "");
    for host in ["shop.example", "evil.test", "", "a b", "[::1"] {
        strange.host = host.to_owned();
        let (status, body) = answer(
            &sandbox,
            Received {
                host: host.to_owned(),
                ..clone(&strange)
            },
        )
        .await;
        assert_eq!(status, 404, "{host}");
        assert!(body["message"].as_str().unwrap().contains("host"));
    }
}

fn clone(received: &Received) -> Received {
    Received {
        method: received.method,
        host: received.host.clone(),
        path: received.path.clone(),
        query: received.query.clone(),
        headers: received.headers.clone(),
        body: received.body.clone(),
    }
}

#[tokio::test]
async fn a_reloaded_connector_answers_at_once_and_keeps_the_records() {
    let present = Arc::new(Mutex::new(connector(SHOP)));
    let given = Arc::clone(&present);
    let sandbox = Sandbox::new(move || vec![Arc::clone(&given.lock().unwrap())]);
    call(&sandbox, "POST /items", r#"{"n": 1}"#).await;
    *present.lock().unwrap() = connector(&SHOP.replace(
        "items: \"{{ records }}\", next",
        "all: \"{{ records }}\", next",
    ));
    let (_, listed) = call(&sandbox, "GET /items", "").await;
    assert_eq!(listed, json!({"all": [{"n": 1}]}));
}

#[tokio::test]
async fn an_expression_that_fails_over_a_record_looks_like_a_fault_of_the_application() {
    let sandbox = shop();
    let bearer = [("authorization", "Bearer sandbox_1")];
    let made = sandbox
        .answer(&request("POST /items", &bearer, "{}"))
        .await
        .unwrap();
    let path = &made.headers[0].1;
    let (status, body) = call(&sandbox, &format!("GET {path}"), "").await;
    assert_eq!(status, 500);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("cannot be evaluated")
    );
}

#[tokio::test]
async fn a_sandbox_section_that_makes_no_sense_is_named_key_by_key() {
    let (document, _) = SHOP.split_once("  routes:").unwrap();
    let document = format!(
        "{document}    teapot: {{ status: 418 }}
  routes:
    - {{ on: GET items, do: list, answer: {{ status: 200 }} }}
    - {{ on: GET /items, do: read, answer: {{ status: 200 }} }}
    - {{ on: GET /items, do: list, answer: {{ status: 99 }} }}
    - {{ on: GET /items, do: list, limit: \"{{{{ x\", answer: {{ status: 200 }} }}
    - {{ on: GET /items, do: list, body: {{ type: nonsense }}, answer: {{ status: 200 }} }}
"
    );
    let connector = connector(&document);
    let problems = check(&connector);
    let keys = [
        "errors.teapot",
        "routes.0.on",
        "routes.1.on",
        "routes.2.answer.status",
        "routes.3.limit",
        "routes.4.body",
    ];
    assert_eq!(problems.len(), keys.len(), "{problems:?}");
    for (problem, key) in problems.iter().zip(keys) {
        assert!(problem.starts_with(&format!("{key}: ")), "{problem}");
    }
    let sandbox = Sandbox::new(move || vec![Arc::clone(&connector)]);
    let (status, body) = call(&sandbox, "GET /items", "").await;
    assert_eq!(status, 500);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("sandbox.errors.teapot")
    );
}

/// How many records a sandbox connection has in a collection.
fn record_count(sandbox: &Sandbox, token: &str, slug: &str, collection: &str) -> usize {
    let world = records::World {
        token: token.to_owned(),
        slug: slug.to_owned(),
    };
    sandbox.state.worlds.all(&world, collection).len()
}
