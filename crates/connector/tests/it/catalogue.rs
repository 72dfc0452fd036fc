//! The catalogue and the shipped examples: every document compiles, every example holds.

use std::path::{Path, PathBuf};

use tenon_connector::{Answer, Bundle, Connector, HTTP_REQUEST, Payload, example, lint};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn bundle(folder: &Path) -> Bundle {
    let mut files = vec![(
        "connector.yaml".to_owned(),
        std::fs::read_to_string(folder.join("connector.yaml")).unwrap(),
    )];
    for entry in std::fs::read_dir(folder.join("actions")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("actions/{}", entry.file_name().into_string().unwrap());
        files.push((name, std::fs::read_to_string(entry.path()).unwrap()));
    }
    let slug = folder.file_name().unwrap().to_str().unwrap().to_owned();
    Bundle {
        slug,
        files: files.into_iter().collect(),
        proven: false,
    }
}

/// Every connector of the catalogue and of the examples.
pub(crate) fn everything() -> Vec<Connector> {
    let folders = ["connectors", "examples/connectors"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root().join(name)).unwrap());
    let folders = folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    folders
        .map(|folder| {
            bundle(&folder)
                .compile()
                .unwrap_or_else(|problems| panic!("{problems:#?}"))
        })
        .collect()
}

/// A connector of the catalogue.
pub(crate) fn shipped(slug: &str) -> Connector {
    let all = everything().into_iter();
    all.rev().find(|connector| connector.slug == slug).unwrap()
}

#[test]
fn every_example_of_every_action_holds() {
    let mut failures = Vec::new();
    for connector in everything() {
        for action in connector
            .actions
            .values()
            .filter(|action| action.id != HTTP_REQUEST)
        {
            assert!(
                !action.examples.is_empty(),
                "{}.{} has no example",
                connector.slug,
                action.id
            );
            let found = example::check(&connector, action);
            failures.extend(
                found
                    .into_iter()
                    .map(|failure| format!("{}.{}: {failure}", connector.slug, action.id)),
            );
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_catalogue_gets_no_advice() {
    let advice: Vec<_> = everything().iter().flat_map(lint::lint).collect();
    assert!(advice.is_empty(), "{advice:#?}");
}

#[test]
fn the_documented_actions_have_exactly_the_documented_parameters() {
    let all = everything();
    let crm = all
        .iter()
        .find(|connector| connector.slug == "hubspot")
        .unwrap();
    let params = |id: &str| {
        crm.action(id)
            .unwrap()
            .params
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    let create = [
        "firstname",
        "lastname",
        "email",
        "phone",
        "company",
        "website",
        "jobtitle",
        "hubspot_owner_id",
        "associations",
        "additional_fields",
    ];
    assert_eq!(params("create_contact"), create);
    assert_eq!(
        params("search_contacts"),
        ["propertyName", "operator", "value", "query", "limit"]
    );
    for id in [
        "get_contact",
        "get_contact_by_id",
        "update_contact",
        "delete_contact",
        "create_task",
        "create_company",
        "create_deal",
        "create_note",
        "update_task_v3",
        "search_tasks_v3",
        "search_tickets_v3",
        "list_owners",
        "list_pipelines",
        "httprequest",
    ] {
        assert!(crm.action(id).is_some(), "{id}");
    }
    assert!(crm.actions.len() >= 39);
    let sales = all
        .iter()
        .find(|connector| connector.slug == "salesforce")
        .unwrap();
    assert!(sales.actions.len() >= 17);
    assert_eq!(
        sales.action("create_deal").unwrap().id,
        "create_opportunity"
    );
}

#[test]
fn d4_the_shipped_connectors_read_what_is_left_from_their_applications_headers() {
    let told = |slug: &str, window: usize, name: &str, value: &str| {
        let connectors = everything();
        let connector = connectors.iter().find(|one| one.slug == slug).unwrap();
        let answer = Answer {
            status: 200,
            headers: vec![(name.to_owned(), value.to_owned())],
            payload: Payload::read(None, b""),
        };
        let told = connector.rate[window].told(&answer, 1_784_000_000_000);
        (told.limit, told.remaining)
    };
    let usage = "api-usage=18/5000; per-app-api-usage=17/250(appName=sample-connected-app)";
    let salesforce = |value| told("salesforce", 0, "sforce-limit-info", value);
    assert_eq!(salesforce(usage), (Some(5000), Some(4982)));
    assert_eq!(salesforce("api-usage=5002/5000"), (Some(5000), Some(0)));
    assert_eq!(salesforce("nonsense"), (None, None));
    let hubspot = |window, name, value| told("hubspot", window, name, value);
    assert_eq!(
        hubspot(0, "x-hubspot-ratelimit-max", "190"),
        (Some(190), None)
    );
    assert_eq!(
        hubspot(0, "x-hubspot-ratelimit-remaining", "12"),
        (None, Some(12))
    );
    assert_eq!(
        hubspot(1, "x-hubspot-ratelimit-daily-remaining", "7"),
        (None, Some(7))
    );
    assert_eq!(hubspot(1, "date", "today"), (None, None));
}
