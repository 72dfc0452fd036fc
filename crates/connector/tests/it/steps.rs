//! Actions of several requests.

use serde_json::{Value, json};
use tenon_connector::document::Effect;
use tenon_connector::{Answer, Payload};

use crate::fixture::{connector, facts};

const UPLOAD: &str = r"
name: Upload
description: Starts an upload, then completes it.
params: { name: { type: string, required: true }, notify: { type: boolean } }
steps:
  - name: start
    request: { post: /uploads, json: { name: '{{ name }}' } }
  - name: tell
    when: notify
    request: { post: /notices, json: { text: 'upload of {{ name }}' } }
  - name: complete
    request: { put: '/uploads/{{ steps.start.body.id }}', headers: { X-Key: '{{ idempotency_key }}' } }
result: { id: '{{ steps.start.body.id }}', state: '{{ body.state }}' }
examples:
  - input: { name: a.txt }
    sends:
      - { json: { name: a.txt } }
      - { path: /uploads/u1, headers: { x-key: example-key } }
    answers: [{ json: { id: u1 } }, { json: { state: done } }]
    data: { id: u1, state: done }
  - name: the first step fails
    input: { name: a.txt, notify: true }
    sends: [{ json: { name: a.txt } }]
    answers: [{ json: { ok: false, error: full } }]
    fails: full
";

fn answer(body: Value) -> Answer {
    Answer {
        status: 200,
        headers: Vec::new(),
        payload: Payload::Json(body),
    }
}

#[test]
fn a_later_step_uses_an_earlier_answer_and_waits_for_it() {
    let connector = connector(&[("upload", UPLOAD)]);
    let action = connector.action("upload").unwrap();
    let params = action.admit(json!({"name": "a.txt"})).unwrap();
    let (_, way) = connector.default_way().unwrap();
    let plan = |index, answers: &Value| {
        action
            .plan(index, &connector, way, &params, &facts(&connector), answers)
            .unwrap()
    };
    assert!(plan(1, &json!({})).is_none(), "`when` leaves the step out");
    assert!(!action.waits(0) && action.waits(2));
    let answers = json!({"start": answer(json!({"id": "u 1"})).as_value()});
    let last = plan(2, &answers).unwrap();
    assert_eq!(last.url.path(), "/api/uploads/u%201");
    assert_eq!(
        last.headers.last().unwrap(),
        &("x-key".to_owned(), "key-1".to_owned())
    );
    assert_eq!(action.effect(&params), Effect::Write);
    assert!(!action.idempotent(&params));
    let data = action
        .data(&params, &answers, &answer(json!({"state": "done"})))
        .unwrap();
    assert_eq!(data, json!({"id": "u 1", "state": "done"}));
}

#[test]
fn an_action_of_several_steps_does_what_its_worst_step_does() {
    let declared = UPLOAD.replace("steps:", "effect: read\nsteps:");
    let connector = connector(&[("upload", &declared)]);
    let action = connector.action("upload").unwrap();
    let params = action.admit(json!({"name": "a.txt"})).unwrap();
    assert_eq!(action.effect(&params), Effect::Write);
}

#[test]
fn examples_run_through_all_steps_and_a_wrong_one_is_named() {
    let connector = connector(&[("upload", UPLOAD)]);
    assert_eq!(
        tenon_connector::example::check(&connector, connector.action("upload").unwrap()),
        Vec::<String>::new()
    );
    let wrong = crate::fixture::connector(&[(
        "upload",
        &UPLOAD.replace("path: /uploads/u1", "path: /uploads/u2"),
    )]);
    let found = tenon_connector::example::check(&wrong, wrong.action("upload").unwrap());
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("example 1: the path is"),
        "{}",
        found[0]
    );
}
