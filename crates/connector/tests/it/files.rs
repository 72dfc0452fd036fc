//! Files: what callers give as one, what requests carry of it, and where they may be sent.

use serde_json::{Value, json};
use tenon_connector::example::check;
use tenon_connector::{Body, Content, Part, StoredFile};

use crate::fixture::{CONNECTOR, bundle, connector, plan, planned, problems};

fn upload(body: &str) -> String {
    format!(
        "name: Upload\ndescription: Uploads.\nparams:\n  file: {{ type: file, required: true }}\n  name: {{ type: string }}\nrequest: {{ post: /files, {body} }}\n"
    )
}

fn inline() -> Value {
    json!({"file": {"filename": "a.txt", "content_type": "text/plain", "base64": "aGVsbG8="}})
}

fn hello(name: &str) -> Part {
    Part {
        name: name.to_owned(),
        filename: Some("a.txt".to_owned()),
        content_type: Some("text/plain".to_owned()),
        content: Content::Inline(b"hello".to_vec()),
    }
}

#[test]
fn a_file_is_sent_as_a_part_as_the_body_and_beside_what_describes_it() {
    let multipart = upload("multipart: { upload: '{{ file }}', name: '{{ name }}' }");
    let multipart = planned(&multipart, inline()).unwrap();
    assert_eq!(multipart.body, Body::Multipart(vec![hello("upload")]));
    let raw = upload("headers: { X-Size: '{{ file.size }}' }, raw: { file: '{{ file }}' }");
    let raw = planned(&raw, inline()).unwrap();
    let content = Content::Inline(b"hello".to_vec());
    let content_type = "text/plain".to_owned();
    assert_eq!(
        raw.body,
        Body::Raw {
            content_type,
            content
        }
    );
    assert!(raw.headers.contains(&("x-size".to_owned(), "5".to_owned())));
    let related = upload("related: { json: { name: '{{ file.filename }}' }, file: '{{ file }}' }");
    let related = planned(&related, inline()).unwrap();
    let json = json!({"name": "a.txt"});
    assert_eq!(
        related.body,
        Body::Related {
            json,
            file: hello("file")
        }
    );
}

#[test]
fn a_list_of_files_repeats_its_name() {
    let action = "name: A\ndescription: A.\nparams: { files: { type: array, items: { type: file } } }\nrequest: { post: /f, multipart: { part: '{{ files }}' } }\n";
    let one = inline()["file"].clone();
    let plan = planned(action, json!({"files": [one, one]})).unwrap();
    assert_eq!(
        plan.body,
        Body::Multipart(vec![hello("part"), hello("part")])
    );
}

#[test]
fn a_stored_file_is_named_and_what_is_known_of_it_stands_in_the_request() {
    let text =
        upload("headers: { X-Type: '{{ file.content_type }}' }, raw: { file: '{{ file }}' }");
    let connector = connector(&[("act", &text)]);
    let action = connector.action("act").unwrap();
    let mut params = action.admit(json!({"file": {"file": "file_1"}})).unwrap();
    assert_eq!(action.stored_files(&params), ["file_1"]);
    let known = StoredFile {
        filename: "b.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        size: 7,
    };
    action.describe_files(&mut params, &[("file_1".to_owned(), known)].into());
    let plan = plan(&connector, action, &params).unwrap();
    assert_eq!(plan.body.stored_files(), ["file_1"]);
    assert!(
        plan.headers
            .contains(&("x-type".to_owned(), "application/pdf".to_owned()))
    );
    assert_eq!(params["file"]["size"], 7);
}

#[test]
fn what_is_no_file_is_refused_with_its_place() {
    let text = upload("raw: { file: '{{ file }}' }");
    for (file, place) in [
        (json!({}), "file"),
        (json!({"base64": "aGVsbG8=", "file": "file_1"}), "file"),
        (json!({"base64": "!"}), "file/base64"),
        (json!({"base64": "aGVsbG8=", "size": 3}), "file/size"),
        (json!("aGVsbG8="), "file"),
    ] {
        let connector = connector(&[("act", &text)]);
        let errors = connector
            .action("act")
            .unwrap()
            .admit(json!({"file": file}));
        assert_eq!(errors.unwrap_err()[0].param, place, "{file}");
    }
}

#[test]
fn a_document_says_clearly_what_a_raw_body_and_an_address_are() {
    let both = upload("raw: { text: x, file: '{{ file }}' }");
    let found = problems(CONNECTOR, &[("act", &both)]);
    assert!(
        found[0].contains("`content_type` and `text`, or `file`"),
        "{found:?}"
    );
    let free = "name: A\ndescription: A.\nparams: { url: { type: string } }\nrequest: { get: '{{ url }}' }\n";
    let found = problems(CONNECTOR, &[("act", free)]);
    assert!(
        found[0].contains("an earlier step was answered with"),
        "{found:?}"
    );
    for host in ["https://{{ x }}/a", "https:///a", "https://u@x.test/a"] {
        let text = format!("name: A\ndescription: A.\nrequest: {{ get: '{host}' }}\n");
        assert!(!problems(CONNECTOR, &[("act", &text)]).is_empty(), "{host}");
    }
}

const RESUMABLE: &str = r#"
name: Upload
description: Uploads in one session.
params: { file: { type: file, required: true } }
steps:
  - name: start
    request:
      post: https://upload.acme.test/sessions
      headers: { X-Upload-Content-Type: '{{ file.content_type }}', X-Upload-Content-Length: '{{ file.size }}' }
      json: { name: '{{ file.filename }}' }
  - name: send
    request:
      put: "{{ steps.start.headers['location'] }}"
      credential: false
      raw: { file: '{{ file }}' }
examples:
  - input: { file: { filename: a.txt, content_type: text/plain, base64: aGVsbG8= } }
    sends:
      - headers: { X-Upload-Content-Type: text/plain, X-Upload-Content-Length: '5' }
        json: { name: a.txt }
      - { path: /sessions/1, query: { part: all }, text: hello }
    answers:
      - { status: 200, headers: { Location: 'https://upload.acme.test/sessions/1?part=all' } }
      - { status: 201, json: { id: '1' } }
"#;

#[test]
fn a_session_is_started_and_filled_by_two_steps_at_addresses_of_the_connectors_hosts() {
    let hosts = format!("{CONNECTOR}\nhosts: ['upload.acme.test']\n");
    let connector = bundle(&hosts, &[("act", RESUMABLE)]).compile().unwrap();
    let action = connector.action("act").unwrap();
    assert_eq!(check(&connector, action), [""; 0]);
    let plans = tenon_connector::example::plans(&connector, action, &action.examples[0]).unwrap();
    assert_eq!(
        plans[1].url.as_str(),
        "https://upload.acme.test/sessions/1?part=all"
    );
    assert!(plans[1].placement.slots.is_empty() && !plans[0].placement.slots.is_empty());
    let elsewhere = crate::fixture::connector(&[("act", RESUMABLE)]);
    let said = check(&elsewhere, elsewhere.action("act").unwrap());
    assert!(
        said[0].contains("upload.acme.test, which is not one of"),
        "{said:?}"
    );
}

#[test]
fn examples_show_multipart_bodies_related_ones_and_files_that_come_back() {
    let examples = |sends: &str| {
        format!(
            "output: {{ file: true }}\nexamples:\n  - input: {{ file: {{ filename: a.txt, content_type: text/plain, base64: aGVsbG8= }}, name: n }}\n    sends: {sends}\n    answers: {{ headers: {{ content-type: text/csv, content-disposition: 'attachment; filename=b.csv' }}, text: 'a,b' }}\n    data: {{ filename: b.csv, content_type: text/csv, size: 3 }}\n"
        )
    };
    let file = "{ filename: a.txt, content_type: text/plain, text: hello }";
    for (body, sends) in [
        (
            "multipart: { upload: '{{ file }}', name: '{{ name }}' }",
            format!("{{ multipart: {{ upload: {file}, name: n }} }}"),
        ),
        (
            "related: { json: { a: 1 }, file: '{{ file }}' }",
            format!("{{ related: {{ json: {{ a: 1 }}, file: {file} }} }}"),
        ),
        ("raw: { file: '{{ file }}' }", "{ text: hello }".to_owned()),
    ] {
        let text = upload(body) + &examples(&sends);
        let connector = connector(&[("act", &text)]);
        let action = connector.action("act").unwrap();
        assert_eq!(check(&connector, action), [""; 0], "{body}");
        assert!(action.gives_file);
        let wrong = text.replace("hello", "other");
        let connector = crate::fixture::connector(&[("act", &wrong)]);
        assert_eq!(check(&connector, connector.action("act").unwrap()).len(), 1);
    }
}

#[test]
fn a_redirect_that_was_asked_for_leads_to_the_next_step_and_any_other_is_a_failure() {
    let action = |redirect: bool, rest: &str| {
        format!(
            "name: Get\ndescription: Gets.\nsteps:\n  - {{ name: where, request: {{ get: /content, redirect: {redirect} }} }}\n  - {{ name: content, request: {{ get: '{{{{ steps.where.headers.location }}}}', credential: false }} }}\noutput: {{ file: true }}\nexamples:\n  - sends: {rest}\n    answers: [{{ status: 302, headers: {{ location: 'https://shop.acme.test/x?y=1' }} }}, {{ text: hello }}]\n"
        )
    };
    let followed = action(true, "[{}, { path: /x, query: { y: '1' } }]");
    let refused = action(false, "[{}]\n    fails: HTTP_302");
    for text in [followed, refused] {
        let connector = connector(&[("act", &text)]);
        assert_eq!(check(&connector, connector.action("act").unwrap()), [""; 0]);
    }
}
