//! What callers send: coerced where the schema says so, and every error said at once.

use serde_json::json;

use crate::fixture::connector;

const ACTION: &str = r"
name: Act
description: Acts.
params:
  email: { type: string, required: true, format: email }
  age: { type: integer, minimum: 0 }
  vip: { type: boolean }
  tags: { type: array, items: { type: string } }
  extra: { type: object }
  note: { type: string, nullable: true }
  stage: { type: string, enum: [lead, customer], default: lead }
request: { post: /people, json: { '...': '{{ extra }}', email: '{{ email }}' } }
";

#[test]
fn text_becomes_what_the_schema_says_and_defaults_are_filled() {
    let connector = connector(&[("act", ACTION)]);
    let given = json!({"email": "a@b.co", "age": "41", "vip": "true", "tags": "[\"x\"]", "extra": "{\"a\": 1}", "note": null});
    let admitted = connector.action("act").unwrap().admit(given).unwrap();
    let wanted = json!({"email": "a@b.co", "age": 41, "vip": true, "tags": ["x"], "extra": {"a": 1}, "note": null, "stage": "lead"});
    assert_eq!(serde_json::Value::Object(admitted), wanted);
}

#[test]
fn a_number_becomes_text_where_text_is_wanted() {
    let connector = connector(&[("act", ACTION)]);
    let admitted = connector
        .action("act")
        .unwrap()
        .admit(json!({"email": "a@b.co", "note": 7}))
        .unwrap();
    assert_eq!(admitted["note"], "7");
}

#[test]
fn every_wrong_parameter_is_named_at_once_and_no_value_is_repeated() {
    let connector = connector(&[("act", ACTION)]);
    let errors = connector
        .action("act")
        .unwrap()
        .admit(json!({"age": -1, "stage": "secret-value", "colour": 1}))
        .unwrap_err();
    let mut found: Vec<_> = errors
        .iter()
        .map(|error| (error.param.as_str(), error.code.as_str()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("age", "minimum"),
            ("colour", "additionalProperties"),
            ("email", "required"),
            ("stage", "enum")
        ]
    );
    assert!(
        errors
            .iter()
            .any(|error| error.message == "Required parameter 'email' is missing")
    );
    assert!(
        errors
            .iter()
            .all(|error| !error.message.contains("secret-value"))
    );
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let connector = connector(&[("act", ACTION)]);
    for body in [json!([]), json!("x"), json!(null), json!(3)] {
        assert_eq!(
            connector
                .action("act")
                .unwrap()
                .admit(body)
                .unwrap_err()
                .len(),
            1
        );
    }
}

#[test]
fn numbers_come_out_as_they_went_in() {
    let action = "name: A\ndescription: A.\nparams: { n: {} }\nrequest: { post: /n, json: { n: '{{ n }}' } }\n";
    let given: serde_json::Value = serde_json::from_str(r#"{"n": 907.3038322028689}"#).unwrap();
    let plan = crate::fixture::planned(action, given).unwrap();
    let tenon_connector::Body::Json(body) = plan.body else {
        panic!("not JSON")
    };
    assert_eq!(body.to_string(), r#"{"n":907.3038322028689}"#);
}

const ALTERNATIVES: &str = r#"
name: Act
description: Acts.
params:
  size: { any_of: [{ type: integer }, { type: string, enum: [auto] }], min_length: 1 }
  pet:
    discriminator: kind
    any_of:
      - { type: object, properties: { kind: { type: string, required: true, enum: [cat] }, lives: { type: integer } } }
      - { type: object, properties: { kind: { type: string, required: true, enum: [dog] } } }
  counts: { type: object, additional: { type: integer } }
  note: { any_of: [{ type: string }, { type: object }] }
  words: { type: array, items: { type: string }, min_length: 1 }
request: { post: /pets, json: { size: "{{ size }}", pet: "{{ pet }}", counts: "{{ counts }}", note: "{{ note }}", words: "{{ words }}" } }
"#;

#[test]
fn a_value_is_one_of_several_and_becomes_what_it_can_be() {
    let connector = connector(&[("act", ALTERNATIVES)]);
    let action = connector.action("act").unwrap();
    let admitted = |given| action.admit(given).map(serde_json::Value::Object);
    let given = json!({"size": "7", "counts": {"a": "1"}, "pet": {"kind": "cat"}});
    let wanted = json!({"size": 7, "counts": {"a": 1}, "pet": {"kind": "cat"}});
    assert_eq!(admitted(given).unwrap(), wanted);
    assert_eq!(
        admitted(json!({"size": "auto"})).unwrap(),
        json!({"size": "auto"})
    );
    let note = |text: &str| admitted(json!({ "note": text })).unwrap()["note"].clone();
    assert_eq!(note("{\"a\": 1}"), json!({"a": 1}));
    assert_eq!(note("{ not JSON"), json!("{ not JSON"));
    for wrong in [
        json!({"size": "large"}),
        json!({"pet": {"kind": "fish"}}),
        json!({"counts": {"a": "many"}}),
        json!({"words": []}),
    ] {
        assert!(admitted(wrong.clone()).is_err(), "{wrong}");
    }
    let pet = &action.input_schema["properties"]["pet"];
    assert_eq!(pet["discriminator"], json!({"propertyName": "kind"}));
}
