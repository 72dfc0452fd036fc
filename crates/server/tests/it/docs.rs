//! The catalogue pages: everything that is served is shown, nothing that an author wrote acts, and addresses last.

use tenon_connector::Bundle;
use tenon_server::app::ApiSettings;
use tenon_server::catalogue::Catalogue;

use crate::world::{Answer, World, connector};

const PUBLIC: &str = "https://tenon.example/gateway";

/// A world that serves the shipped catalogue.
async fn shipped() -> World {
    let world = world().await;
    let bundles = Catalogue::new(None).bundles();
    world.app.engine.registry().replace(bundles);
    world
}

async fn world() -> World {
    let settings = ApiSettings {
        public_url: Some(PUBLIC.to_owned()),
        ..ApiSettings::default()
    };
    World::with(settings).await
}

async fn page(world: &World, path: &str) -> String {
    let answer = world.get(path).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    plain(&answer)
}

/// A page's text, with the slashes that the templates escape too.
fn plain(answer: &Answer) -> String {
    answer.text().replace("&#x2f;", "/")
}

fn link(path: &str) -> String {
    format!("href=\"/gateway/docs/{path}\"")
}

#[tokio::test]
async fn every_shipped_application_and_action_has_its_page_and_is_listed() {
    let world = shipped().await;
    let index = page(&world, "/docs").await;
    let snapshot = world.app.engine.registry().snapshot();
    for connector in snapshot.connectors() {
        let slug = &connector.slug;
        assert_eq!(index.matches(&link(slug)).count(), 1, "{slug}");
        let application = page(&world, &format!("/docs/{slug}")).await;
        assert!(application.contains("Setting up"), "{slug} has no README");
        let described = format!("href=\"/gateway/openapi.json?application={slug}\"");
        assert!(application.contains(&described), "{slug}");
        for way in connector.ways.values() {
            for field in way.doc.fields.keys() {
                let cell = format!("<th scope=\"row\"><code>{field}</code>");
                assert!(application.contains(&cell), "{slug}: {field}");
            }
        }
        for action in connector.actions.values() {
            let path = format!("{slug}/{}", action.id);
            assert!(application.contains(&link(&path)), "{path}");
            let shown = page(&world, &format!("/docs/{path}")).await;
            for param in action.params.keys() {
                let cell = format!("<th scope=\"row\"><code>{param}</code>");
                assert!(shown.contains(&cell), "{path}: {param}");
            }
            let sends = format!(
                "{PUBLIC}/api/v2/integration-schema/{slug}/actions/{}",
                action.id
            );
            assert_eq!(
                shown.matches(&sends).count(),
                3,
                "{path} in three languages"
            );
        }
    }
}

#[tokio::test]
async fn a_search_finds_actions_by_id_and_words_and_says_where_there_are_none() {
    let world = shipped().await;
    let found = page(&world, "/docs?q=create_contact").await;
    let first = found.split("class=\"lines\"").nth(1).unwrap();
    let first = first.split("</li>").next().unwrap();
    assert!(first.contains("/create_contact\""), "{first}");
    assert!(found.contains(&link("hubspot/create_contact")));
    assert!(!found.contains(&link("hubspot/delete_deal")));
    let words = page(&world, "/docs?q=HubSpot+DELETE+deal").await;
    assert!(words.contains(&link("hubspot/delete_deal")));
    assert!(!words.contains(&link("salesforce")));
    let none = page(&world, "/docs?q=xylophone%20contact").await;
    assert!(none.contains("Nothing has all of these words"));
    let within = page(&world, "/docs/hubspot?q=contact").await;
    assert!(within.contains(&link("hubspot/create_contact")));
    assert!(!within.contains(&link("hubspot/list_owners")));
}

/// A connector whose author means harm.
fn hostile() -> Bundle {
    let bad = r#"<script>alert(1)</script><img src=x onerror=alert(1)>\"'--><!--"#;
    let mut bundle = connector("evil", "https://evil.example");
    for text in bundle.files.values_mut() {
        *text = text
            .replace("description: Things.", &format!("description: \"{bad}\""))
            .replace(
                "name: Acme",
                &format!("name: \"{bad}\"\nicon: \"javascript:alert(1)\""),
            )
            .replace("tags: [crm]", &format!("tags: [\"{bad}\"]"))
            .replace(
                "{ label: Token }",
                &format!("{{ label: \"{bad}\", help: \"{bad}\" }}"),
            )
            .replace(
                "label: Enter Path",
                &format!("label: \"{bad}\", default: \"{bad}\", enum: [\"{bad}\", x]"),
            )
            .replace(
                "input: { path: x }",
                &format!("name: \"{bad}\"\n    input: {{ path: \"{bad}\" }}"),
            )
            .replace("id: n1", &format!("id: \"{bad}\""));
    }
    let readme = "# Evil\n\n<script>alert(1)</script>\n\n[click](javascript:alert(1)) [x](data:text/html,x) \
                  ![p](https://evil.example/p.png) <a href=\"javascript:alert(1)\" onclick=alert(1)>y</a>\n\n\
                  [out](https://evil.example/\"onmouseover=\"alert(1))\n\n<iframe src=//evil.example></iframe>\n";
    bundle
        .files
        .insert("README.md".to_owned(), readme.to_owned());
    bundle
}

#[tokio::test]
async fn what_a_hostile_author_writes_stays_text() {
    let world = world().await;
    let snapshot = world.app.engine.registry().replace([hostile()]);
    assert!(snapshot.problems().is_empty(), "{:?}", snapshot.problems());
    let q = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        "/docs".to_owned(),
        format!("/docs?q={q}"),
        "/docs/evil".to_owned(),
        format!("/docs/evil?q={q}"),
        "/docs/evil/add".to_owned(),
        format!("/docs/{q}"),
        format!("/docs/evil/{q}"),
    ] {
        let answer = world.get(&path).send().await;
        let text = plain(&answer);
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert!(text.contains("&lt;script&gt;alert(1)"), "{path}");
        // The page's own script, and nothing else that acts or loads.
        assert_eq!(text.matches("<script").count(), 1, "{path}");
        for bad in [
            "<img",
            "<iframe",
            "href=\"javascript",
            "href=\"data:text",
            " onclick=\"",
            "p.png",
            "\"onmouseover",
        ] {
            assert!(!text.contains(bad), "{path}: {bad}");
        }
    }
    let page = page(&world, "/docs/evil").await;
    assert!(page.contains("rel=\"noopener noreferrer nofollow\">out</a>"));
}

#[tokio::test]
async fn what_is_not_there_leads_to_what_may_have_been_meant() {
    let world = shipped().await;
    let action = world.get("/docs/hubspot/create_contacts_v9").send().await;
    assert_eq!(action.status, 404);
    assert!(plain(&action).contains(&link("hubspot/create_contact")));
    let application = world.get("/docs/hubspot_crm/create_contact").send().await;
    assert_eq!(application.status, 404);
    assert!(plain(&application).contains(&link("hubspot")));
    assert!(plain(&application).contains("<form class=\"search\""));
}

#[tokio::test]
async fn an_earlier_id_leads_to_the_present_one() {
    let world = world().await;
    let moved = world.get("/docs/acme/add_v1").send().await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (301, "/gateway/docs/acme/add")
    );
}

#[tokio::test]
async fn an_action_is_shown_as_a_tool_in_each_providers_form() {
    let world = world().await;
    let shown = page(&world, "/docs/acme/add").await;
    for says in [
        "&quot;strict&quot;: true",
        "&quot;input_schema&quot;: {",
        "&quot;name&quot;: &quot;acme_add&quot;",
    ] {
        assert!(shown.contains(says), "{says}");
    }
    for provider in ["OpenAI", "Anthropic", "Gemini"] {
        assert!(
            shown.contains(&format!("<summary>{provider}</summary>")),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn a_choice_leads_to_the_action_that_lists_it() {
    let world = world().await;
    let mut bundle = connector("acme", "https://acme.example");
    let add = bundle.files.get_mut("actions/add.yaml").unwrap();
    *add = add.replace("label: Enter Path", "label: Enter Path, options: things");
    let lists = "name: Things\ndescription: Lists things.\nrequest: { get: /things }\n\
                 choices: { items: '{{ body.things }}', value: '{{ item.id }}', label: '{{ item.name }}' }\n\
                 examples:\n  - input: {}\n    answers: { json: { things: [{ id: a, name: A }] } }\n";
    bundle
        .files
        .insert("actions/things.yaml".to_owned(), lists.to_owned());
    let snapshot = world.app.engine.registry().replace([bundle]);
    assert!(snapshot.problems().is_empty(), "{:?}", snapshot.problems());
    let shown = page(&world, "/docs/acme/add").await;
    assert!(shown.contains(&link("acme/things")), "{shown}");
}
