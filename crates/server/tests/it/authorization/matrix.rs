//! Every route × every caller × every kind of id: each cell is as expected, and no route is without its expectation.

use std::collections::BTreeSet;

use http::Method;
use tenon_server::api::routes;
use tenon_testkit::promise;

use super::expected::{Expected, expected};
use super::town::{Principal, Town, Whose};
use crate::world::{Answer, Ask};

/// A cell of the matrix, called.
pub(super) async fn call(town: &Town, line: &Expected, who: Principal, whose: Whose) -> Answer {
    ask(town, line, who, whose).send().await
}

/// The same before it is sent.
pub(super) fn ask<'a>(town: &'a Town, line: &Expected, who: Principal, whose: Whose) -> Ask<'a> {
    let method: Method = line.method.parse().unwrap();
    let path = town.path(line.path, whose);
    let account = line.header_of(who, Town::account(whose));
    let ask = town.sign(who, town.world.ask(method, &path), account);
    match line.body {
        Some(body) => ask
            .header("content-type", "application/json")
            .bytes(town.body(body, whose).into_bytes()),
        None => ask,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_route_answers_every_caller_and_every_id_as_expected() {
    let lines = expected();
    let (mut town, mut calls, mut wrong) = (Town::new().await, 0, Vec::new());
    for line in &lines {
        for who in Principal::ALL {
            let ids = match line.takes_an_id(who) {
                true => Whose::ALL.as_slice(),
                false => &[Whose::Own],
            };
            for whose in ids {
                let answer = call(&town, line, who, *whose).await;
                let status = line.status(who, *whose);
                calls += 1;
                if answer.status != status {
                    let (method, path) = (line.method, line.path);
                    wrong.push(format!(
                        "{who:?} with {whose:?} at {method} {path}: wanted {status}, got {}",
                        answer.text()
                    ));
                }
                if line.spoils && answer.status < 300 {
                    town = Town::new().await;
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {calls}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let routes = lines.len();
    promise::kept(
        "E1",
        format!("{calls} calls of {routes} routes, 0 not as expected"),
    );
}

#[test]
fn e1_no_route_is_without_its_expectation() {
    let line = |method: &str, path: &str, access| format!("{method} {path} {access:?}");
    let table: BTreeSet<_> = routes()
        .iter()
        .map(|route| line(route.method.as_str(), route.path, route.access))
        .collect();
    let lines: BTreeSet<_> = expected()
        .iter()
        .map(|one| line(one.method, one.path, one.access))
        .collect();
    let (new, gone): (Vec<_>, Vec<_>) = (
        table.difference(&lines).collect(),
        lines.difference(&table).collect(),
    );
    assert!(
        new.is_empty() && gone.is_empty(),
        "write these routes into crates/server/tests/it/authorization/expected.txt: {new:#?}; \
         and take these out: {gone:#?}"
    );
}
