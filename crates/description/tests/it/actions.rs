//! What a caller of an imported action sees, and what goes to the wire.

use serde_json::{Map, Value, json};
use tenon_connector::{Body, Connector, Content, Facts, Plan, example};
use tenon_description::import::{ImportError, Selection, Wanted};

use crate::wanted::{connector, document, file, made, wanted};

/// The request of a call.
fn plan(connector: &Connector, id: &str, input: Value) -> Result<Plan, String> {
    let action = connector
        .action(id)
        .unwrap_or_else(|| panic!("no {id}: {:?}", connector.actions));
    let params = action
        .admit(input)
        .map_err(|errors| format!("{errors:?}"))?;
    let facts = Facts {
        connection: connector.example_facts(),
        idempotency_key: "key-1".to_owned(),
    };
    let (_, way) = connector.default_way().unwrap();
    let plan = action.plan(
        0,
        connector,
        way,
        &params,
        &facts,
        &Value::Object(Map::new()),
    );
    plan.map(Option::unwrap).map_err(|error| error.to_string())
}

fn body(schema: Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

#[test]
fn an_object_body_becomes_flat_parameters_and_back() {
    let thing = json!({ "allOf": [
        { "$ref": "#/components/schemas/Base" },
        { "type": "object", "required": ["size"], "properties": { "size": { "type": "integer", "minimum": 1 }, "made_at": { "type": "string", "readOnly": true } } }
    ] });
    let base = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string" }, "owner": { "$ref": "#/components/schemas/Owner" } } });
    let owner = json!({ "type": "object", "properties": { "id": { "type": "string" }, "boss": { "$ref": "#/components/schemas/Owner" } } });
    let document = document(
        json!({ "/things/{id}": { "put": {
            "operationId": "replaceThing",
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "X-Trace", "in": "header", "schema": { "type": "string" } },
                { "name": "fields", "in": "query", "explode": false, "schema": { "type": "array", "items": { "type": "string" } } }
            ],
            "requestBody": body(json!({ "$ref": "#/components/schemas/Thing" })),
            "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } } }
        } } }),
        json!({ "Thing": thing, "Base": base, "Owner": owner }),
    );
    let connector = connector(&document);
    let input = json!({ "id": "a/b", "x_trace": "t", "fields": ["a", "b"], "name": "N", "size": "3", "owner": { "id": "o" } });
    let plan = plan(&connector, "replace_thing", input).unwrap();
    assert_eq!(
        plan.url.as_str(),
        "https://api.acme.test/v1/things/a%2Fb?fields=a%2Cb"
    );
    assert_eq!(plan.headers, [("x-trace".to_owned(), "t".to_owned())]);
    assert_eq!(
        plan.body,
        Body::Json(json!({ "name": "N", "size": 3, "owner": { "id": "o" } }))
    );
    let action = connector.action("replace_thing").unwrap();
    let required = &action.input_schema["required"];
    assert_eq!(*required, json!(["id", "name", "size"]));
    let output = action.output_schema.as_ref().unwrap();
    assert!(output["properties"]["made_at"].is_object(), "{output}");
    assert!(!action.params.contains_key("made_at"));
}

#[test]
fn names_that_collide_are_told_apart() {
    let document = document(
        json!({ "/things/{id}": { "post": {
            "operationId": "touchThing",
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "id", "in": "query", "schema": { "type": "string" } }
            ],
            "requestBody": body(json!({ "type": "object", "properties": { "id": { "type": "integer" }, "not": { "type": "string" }, "a-b": { "type": "string" } } })),
            "responses": { "204": { "description": "" } }
        } } }),
        json!({}),
    );
    let input = json!({ "id": "p", "query_id": "q", "body_id": 1, "param_not": "n", "a_b": "h" });
    let plan = plan(&connector(&document), "touch_thing", input).unwrap();
    assert_eq!(plan.url.as_str(), "https://api.acme.test/v1/things/p?id=q");
    assert_eq!(
        plan.body,
        Body::Json(json!({ "id": 1, "not": "n", "a-b": "h" }))
    );
}

#[test]
fn alternatives_keep_what_tells_them_apart() {
    let pet = json!({ "oneOf": [{ "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" }], "discriminator": { "propertyName": "kind" } });
    let of = |kind: &str, own: &str| json!({ "type": "object", "required": ["kind", own], "properties": { "kind": { "type": "string", "enum": [kind] }, own: { "type": "string" } } });
    let document = document(
        json!({
            "/pets": { "post": { "operationId": "addPet", "requestBody": body(pet.clone()), "responses": { "201": { "description": "" } } } },
            "/homes": { "post": { "operationId": "addHome", "responses": { "201": { "description": "" } },
                "requestBody": body(json!({ "type": "object", "required": ["pet"], "properties": { "pet": pet } })) } }
        }),
        json!({ "Cat": of("cat", "lives"), "Dog": of("dog", "tricks") }),
    );
    let connector = connector(&document);
    let added = plan(
        &connector,
        "add_pet",
        json!({ "kind": "dog", "tricks": "sit" }),
    )
    .unwrap();
    assert_eq!(
        added.body,
        Body::Json(json!({ "kind": "dog", "tricks": "sit" }))
    );
    assert!(plan(&connector, "add_pet", json!({ "kind": "fish" })).is_err());
    let home = connector.action("add_home").unwrap();
    assert_eq!(
        home.input_schema["properties"]["pet"]["discriminator"],
        json!({ "propertyName": "kind" })
    );
    assert!(
        plan(
            &connector,
            "add_home",
            json!({ "pet": { "kind": "cat", "lives": "9" } })
        )
        .is_ok()
    );
    assert!(plan(&connector, "add_home", json!({ "pet": { "kind": "cat" } })).is_err());
}

#[test]
fn forms_files_and_other_bodies_are_sent_as_they_are_described() {
    let of = |media: &str, schema: Value| json!({ "post": { "responses": { "204": { "description": "" } }, "requestBody": { "required": true, "content": { media: { "schema": schema } } } } });
    let list = json!({ "type": "object", "properties": { "To": { "type": "array", "items": { "type": "string" } } } });
    let file = json!({ "type": "object", "required": ["file"], "properties": { "title": { "type": "string" }, "file": { "type": "string", "format": "binary" } } });
    let document = document(
        json!({
            "/form": of("application/x-www-form-urlencoded", list),
            "/file": of("multipart/form-data", file),
            "/text": of("text/csv", json!({ "type": "string" })),
            "/patch": of("application/vnd.api+json", json!({ "type": "object", "properties": { "data": {} } }))
        }),
        json!({}),
    );
    let connector = connector(&document);
    let form = plan(&connector, "create_form", json!({ "To": ["a", "b"] })).unwrap();
    let pair = |value: &str| ("To".to_owned(), value.to_owned());
    assert_eq!(form.body, Body::Form(vec![pair("a"), pair("b")]));
    let file = json!({ "title": "T", "file": { "filename": "a.txt", "base64": "aGk=" } });
    let Body::Multipart(parts) = plan(&connector, "create_file", file).unwrap().body else {
        panic!("no multipart");
    };
    assert_eq!(
        (parts[1].filename.as_deref(), &parts[1].content),
        (Some("a.txt"), &Content::Inline(b"hi".to_vec()))
    );
    let text = plan(&connector, "create_text", json!({ "content": "a,b" })).unwrap();
    assert_eq!(
        text.body,
        Body::Raw {
            content_type: "text/csv".to_owned(),
            content: Content::Inline(b"a,b".to_vec())
        }
    );
    let patch = plan(&connector, "create_patch", json!({ "data": { "a": 1 } })).unwrap();
    assert_eq!(
        patch.headers,
        [(
            "content-type".to_owned(),
            "application/vnd.api+json".to_owned()
        )]
    );
}

#[test]
fn the_vendors_example_is_the_actions_and_a_wrong_one_is_replaced() {
    let document = document(
        json!({ "/things": { "post": {
            "operationId": "makeThing",
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "type": "object", "required": ["name", "size"], "properties": { "name": { "type": "string" }, "size": { "type": "integer" }, "sku": { "type": "string", "pattern": "^S-[0-9]{3}$" } } },
                "example": { "name": "Bolt", "size": "wide", "sku": "nonsense" }
            } } },
            "responses": { "201": { "description": "", "content": { "application/json": { "schema": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } }, "example": { "id": 7 } } } } }
        } } }),
        json!({}),
    );
    let connector = connector(&document);
    let action = connector.action("make_thing").unwrap();
    assert_eq!(example::check(&connector, action), Vec::<String>::new());
    let input = &action.examples[0].input;
    assert_eq!(
        (&input["name"], &input["size"]),
        (&json!("Bolt"), &json!(1))
    );
    assert!(!input.contains_key("sku"));
}

#[test]
fn a_default_of_the_vendors_is_told_and_not_sent() {
    let query =
        json!({ "name": "limit", "in": "query", "schema": { "type": "integer", "default": 20 } });
    let document = document(
        json!({ "/things": { "get": { "operationId": "listThings", "parameters": [query], "responses": {} } } }),
        json!({}),
    );
    let connector = connector(&document);
    assert_eq!(
        plan(&connector, "list_things", json!({}))
            .unwrap()
            .url
            .query(),
        None
    );
    let limit = &connector.action("list_things").unwrap().params["limit"];
    assert_eq!(limit.description.as_deref(), Some("Default: 20."));
}

#[test]
fn a_key_of_idempotency_is_the_executions_own() {
    let key = json!({ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } });
    let document = document(
        json!({ "/pay": { "post": { "operationId": "payNow", "parameters": [key], "responses": {} } } }),
        json!({}),
    );
    let connector = connector(&document);
    let plan = plan(&connector, "pay_now", json!({})).unwrap();
    assert_eq!(
        plan.headers,
        [("idempotency-key".to_owned(), "key-1".to_owned())]
    );
    assert!(connector.action("pay_now").unwrap().idempotent(&Map::new()));
}

#[test]
fn a_search_by_post_reads_and_a_removal_by_post_destroys() {
    let post = |id: &str| json!({ "post": { "operationId": id, "responses": {} } });
    let document = document(
        json!({ "/things/search": post("searchThings"), "/things/archive": post("archiveThings"), "/search": post("createSearch") }),
        json!({}),
    );
    let connector = connector(&document);
    let effect = |id: &str| connector.action(id).unwrap().effect(&Map::new()).as_str();
    assert_eq!(effect("search_things"), "read");
    assert_eq!(effect("archive_things"), "destructive");
    assert_eq!(effect("create_search"), "write");
}

#[test]
fn one_bad_operation_is_named_and_sinks_no_other() {
    let document = document(
        json!({
            "/good": { "get": { "operationId": "getGood", "responses": {} } },
            "/bad": { "get": { "operationId": "getBad", "parameters": [{ "$ref": "#/nowhere" }], "responses": {} } },
            "/worse": { "get": "text" },
            "/options": { "options": { "operationId": "askOptions", "responses": {} } },
            "/elsewhere": { "get": { "operationId": "getElsewhere", "servers": [{ "url": "https://other.test" }], "responses": {} } }
        }),
        json!({}),
    );
    let imported = made(&document, &wanted()).unwrap();
    assert_eq!(
        imported.actions,
        [("get_good".to_owned(), "getGood".to_owned())]
    );
    let reason = |operation: &str| {
        let found = imported
            .left_out
            .iter()
            .find(|one| one.operation == operation);
        found
            .unwrap_or_else(|| panic!("{operation} is not named: {:?}", imported.left_out))
            .reason
            .clone()
    };
    assert!(reason("getBad").contains("leads nowhere"));
    assert!(reason("GET /worse").contains("must be an object"));
    assert!(reason("askOptions").contains("OPTIONS"));
    assert!(reason("getElsewhere").contains("https://other.test"));
    assert!(imported.bundle.files["README.md"].contains("getBad"));
}

#[test]
fn operations_are_chosen_by_id_or_tag() {
    let get = |id: &str, tag: &str| json!({ "get": { "operationId": id, "tags": [tag], "responses": {} } });
    let document = document(
        json!({ "/a": get("getA", "Letters"), "/b": get("getB", "Letters"), "/1": get("getOne", "Numbers") }),
        json!({}),
    );
    let of = |operations| {
        let imported = made(
            &document,
            &Wanted {
                operations,
                ..wanted()
            },
        )?;
        Ok::<_, ImportError>(
            imported
                .actions
                .into_iter()
                .map(|(id, _)| id)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        of(Selection::Tagged("letters".to_owned())).unwrap(),
        ["get_a", "get_b"]
    );
    let names = ["getB", "get_one"].map(str::to_owned).to_vec();
    assert_eq!(of(Selection::Named(names)).unwrap(), ["get_b", "get_one"]);
    let unknown = of(Selection::Named(vec!["getZ".to_owned()])).unwrap_err();
    assert!(unknown.to_string().contains("getZ"));
    let tag = of(Selection::Tagged("Runes".to_owned()))
        .unwrap_err()
        .to_string();
    assert!(tag.contains("Letters, Numbers"), "{tag}");
}

#[test]
fn a_server_with_a_hole_is_bounded_or_refused() {
    let with = |url: &str| {
        let mut document = document(
            json!({ "/a": { "get": { "operationId": "getA", "responses": {} } } }),
            json!({}),
        );
        document["servers"] = json!([{ "url": url }]);
        made(&document, &wanted())
    };
    let imported = with("https://{site}.acme.test/api").unwrap();
    let connector = imported.bundle.compile().unwrap();
    assert!(connector.facts["site"].subdomain);
    for url in ["https://{domain}/api", "/api", ""] {
        let refused = with(url).unwrap_err().to_string();
        assert!(refused.contains("--server"), "{refused}");
    }
}

#[test]
fn files_read_like_what_an_author_writes() {
    let document = document(
        json!({ "/things": { "get": {
            "operationId": "listThings", "summary": "List things.", "description": "Gives <b>all</b> things.",
            "parameters": [{ "name": "q", "in": "query", "description": "What to look for.", "schema": { "type": "string" }, "example": "bolt" }],
            "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "array", "items": { "type": "string" } }, "example": ["bolt"] } } } }
        } } }),
        json!({}),
    );
    let wanted = "\
name: List things
description: Gives all things.
params:
  q: {type: string, label: Q, description: What to look for.}
request:
  get: /things
  query: {q: \"{{ q }}\"}
output:
  schema: {type: array, items: {type: string}}
examples:
- {input: {q: bolt}, sends: {query: {q: bolt}}, answers: {json: [bolt]}}
";
    assert_eq!(file(&document, "list_things"), wanted);
}

#[test]
fn a_list_goes_on_where_its_parameter_and_its_answer_tell_how() {
    let list = |param: &str, kind: &str, headers: Value, body: Value| {
        json!({ "get": {
            "operationId": "listAll",
            "parameters": [{ "name": param, "in": "query", "schema": { "type": kind } }],
            "responses": { "200": { "description": "", "headers": headers, "content": { "application/json": { "schema": body } } } }
        } })
    };
    let items = json!({ "type": "array", "items": { "type": "object", "properties": { "id": { "type": "string" } } } });
    let object = |more: Value| {
        let mut properties = more;
        properties["data"] = items.clone();
        json!({ "type": "object", "properties": properties })
    };
    let text = json!({ "type": "string" });
    let cases = [
        (
            list(
                "cursor",
                "string",
                json!({}),
                object(json!({ "next_cursor": text })),
            ),
            "cursor: {param: cursor, next: \"{{ body.next_cursor }}\", items: \"{{ body.data }}\"}",
        ),
        (
            list(
                "page[cursor]",
                "string",
                json!({}),
                object(json!({ "links": { "type": "object", "properties": { "next": text } } })),
            ),
            "page[cursor]\"",
        ),
        (
            list(
                "starting_after",
                "string",
                json!({}),
                object(json!({ "has_more": { "type": "boolean" } })),
            ),
            "(body.data | last).id if body.has_more",
        ),
        (
            list("page", "integer", json!({ "Link": {} }), items.clone()),
            "link: {param: page, query: page, items: \"{{ body }}\"}",
        ),
        (
            list("page", "integer", json!({}), items.clone()),
            "page: {param: page",
        ),
        (
            list("offset", "integer", json!({}), object(json!({}))),
            "offset: {param: offset",
        ),
    ];
    for (operation, wanted) in cases {
        let document = document(json!({ "/all": operation }), json!({}));
        let text = file(&document, "list_all");
        assert!(text.contains(wanted), "{wanted} is not in {text}");
        assert!(connector(&document).action("list_all").unwrap().paged());
    }
    let lone = list("cursor", "string", json!({}), object(json!({})));
    assert!(!file(&document(json!({ "/all": lone }), json!({})), "list_all").contains("paged"));
}

#[test]
fn what_is_made_leaves_a_linter_nothing_to_say_but_what_no_description_tells() {
    let long = "x".repeat(90);
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "array" } });
    let document = document(
        json!({ "/things": { "get": { "operationId": "listThings", "parameters": [query("a"), query(&long), query(&format!("{long}y")), query("1st")], "responses": {} } } }),
        json!({}),
    );
    let mut document = document;
    document["paths"]["/things"]["get"]["responses"] = json!({ "200": { "description": "", "content": { "application/json": { "schema": { "type": "array" } } } } });
    let advice = tenon_connector::lint::lint(&connector(&document));
    let [identity] = advice.as_slice() else {
        panic!("{advice:?}");
    };
    assert!(identity.contains("identity"), "{identity}");
}
