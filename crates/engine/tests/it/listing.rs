//! Lists that go on, and what they tell of other parameters: choices, and fields that an account has of its own.

use serde_json::{Map, Value, json};
use tenon_engine::connections::Choice;
use tenon_engine::listing::{ListingRequest, Options};
use tenon_engine::model::RequestId;

use crate::fixture::World;

fn asked(action: &str) -> ListingRequest {
    ListingRequest {
        slug: "acme".to_owned(),
        action: action.to_owned(),
        given: Map::new(),
        choice: Choice::default(),
        request_id: RequestId::generate(),
    }
}

async fn people(world: &World, body: Value) -> (Value, Option<Map<String, Value>>) {
    let answered = world.done("list_people", body).await.unwrap();
    (answered.data, answered.next)
}

fn names(data: &Value) -> Vec<&str> {
    let people = data.as_array().unwrap().iter();
    people.map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn all_pages_come_as_one_answer_and_one_record() {
    let world = World::new().await;
    let (data, next) = people(&world, json!({"fetch_all_up_to": 100})).await;
    assert_eq!(names(&data), ["Ada", "Alan", "Barbara", "Edsger", "Grace"]);
    assert_eq!(next, None);
    assert_eq!(world.newest().await.attempts.len(), 3);
}

#[tokio::test]
async fn without_being_asked_a_list_is_one_page_with_the_parameters_of_the_next() {
    let world = World::new().await;
    let (data, next) = people(&world, json!({})).await;
    assert_eq!(names(&data), ["Ada", "Alan"]);
    let (data, next) = people(&world, Value::Object(next.unwrap())).await;
    assert_eq!(names(&data), ["Barbara", "Edsger"]);
    let (data, next) = people(&world, Value::Object(next.unwrap())).await;
    assert_eq!((names(&data), next), (vec!["Grace"], None));
}

#[tokio::test]
async fn no_more_than_was_asked_for_comes_and_nothing_is_skipped_by_who_goes_on() {
    let world = World::new().await;
    let (data, next) = people(&world, json!({"fetch_all_up_to": 3})).await;
    assert_eq!(names(&data), ["Ada", "Alan", "Barbara"]);
    let (data, _) = people(&world, Value::Object(next.unwrap())).await;
    assert_eq!(names(&data), ["Barbara", "Edsger", "Grace"]);
    let before = world.application.seen();
    let (data, next) = people(&world, json!({"fetch_all_up_to": 2})).await;
    assert_eq!(names(&data), ["Ada", "Alan"]);
    assert_eq!(next.unwrap()["page"], json!("2"));
    assert_eq!(world.application.seen() - before, 1);
}

async fn options(world: &World, query: Option<&str>, cursor: Option<&str>) -> Options {
    let words = (query.map(str::to_owned), cursor.map(str::to_owned));
    let found = world
        .engine
        .options(&world.caller, asked("greet"), "person", words)
        .await;
    found.unwrap()
}

#[tokio::test]
async fn the_choices_of_a_parameter_come_page_by_page() {
    let world = World::new().await;
    let first = options(&world, None, None).await;
    let labels = |options: &Options| -> Vec<String> {
        options
            .options
            .iter()
            .map(|one| one.label.clone())
            .collect()
    };
    assert_eq!(labels(&first), ["Ada", "Alan"]);
    assert_eq!(first.options[0].value, json!("ada"));
    let second = options(&world, None, first.next_cursor.as_deref()).await;
    assert_eq!(labels(&second), ["Barbara", "Edsger"]);
    let row = world.newest().await;
    assert_eq!(
        (row.action.as_str(), row.id),
        ("list_people", second.execution_id)
    );
}

#[tokio::test]
async fn what_a_person_types_is_looked_for_on_all_pages() {
    let world = World::new().await;
    let found = options(&world, Some("gr"), None).await;
    assert_eq!(found.options.len(), 1);
    assert_eq!(found.options[0].value, json!("grace"));
    assert_eq!(found.next_cursor, None);
}

#[tokio::test]
async fn a_parameter_without_listed_choices_is_named_with_those_that_have_them() {
    let world = World::new().await;
    let words = (None, None);
    let error = world
        .engine
        .options(&world.caller, asked("greet"), "kind", words)
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .contains("those of `greet` that have are: person"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_application_that_refuses_leaves_no_choices_and_says_why() {
    let world = World::new().await;
    world.application.refuse();
    let refused = options(&world, None, None).await;
    assert!(!refused.success && refused.options.is_empty());
    assert_eq!(refused.error.unwrap().code, "CREDENTIAL_REJECTED");
}

#[tokio::test]
async fn the_fields_that_an_account_has_of_its_own_join_the_schema() {
    let world = World::new().await;
    let told = world
        .engine
        .account_schema(
            &world.caller,
            ListingRequest {
                given: json!({"kind": "people"}).as_object().unwrap().clone(),
                ..asked("greet")
            },
        )
        .await
        .unwrap();
    assert!(told.success);
    let fields = &told.input_schema["properties"]["more"]["properties"];
    assert_eq!(
        *fields,
        json!({
            "shoe_size": {"type": "integer", "title": "Shoe size"},
            "colour": {"type": "string", "title": "Colour", "enum": ["red", "blue"]},
        })
    );
}
