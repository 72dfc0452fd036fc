//! Names whose server lies: by turns, in part, behind other names. Nothing private is connected to, and what is
//! connected to is what was vetted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tenon_testkit::dns::{NameServer, Said};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Caller, Namespace, Options, Server, Watch};

use super::LOOK;
use crate::operator::{Folder, TENON, caller, connect};

const NAME_SERVER: &str = "198.18.0.53:53";
/// How many calls are under way at once.
const AT_ONCE: usize = 16;

/// What the names are said to have, but for those that change.
fn lies() -> BTreeMap<&'static str, Said> {
    let far = "20.0.0.1";
    BTreeMap::from([
        ("private", Said::at(&["10.0.0.1"])),
        ("mixed", Said::at(&[far, "10.0.0.1"])),
        (
            "last",
            Said::at(&[far, "20.0.0.2", "20.0.0.3", "169.254.169.254"]),
        ),
        ("both", Said::at(&[far, "fd00::1"])),
        ("mapped", Said::at(&[far, "::ffff:10.0.0.1"])),
        ("nat64", Said::at(&[far, "64:ff9b::a00:1"])),
        (
            "chain",
            Said::at(&["100.64.0.1"]).behind(&["one.example.net", "two.example.net"]),
        ),
        (
            "local",
            Said::at(&["127.0.0.1"]).behind(&["localhost.example.net"]),
        ),
        (
            "carrier",
            Said::at(&["20.0.0.9", "2606:4700::1", "192.168.0.1"]),
        ),
    ])
}

/// A name server in which `turn` is public in one answer and private in the next, never twice at one address.
async fn liar(public: Arc<Mutex<BTreeSet<IpAddr>>>) -> NameServer {
    let lies = lies();
    NameServer::start(NAME_SERVER.parse().unwrap(), move |name, number| {
        let first = name.split('.').next().unwrap();
        if first != "turn" {
            return lies.get(first).cloned().unwrap_or_default();
        }
        // Questions come in pairs, one for each kind of address.
        if number / 2 % 2 == 0 {
            return Said::at(&["10.0.0.1"]);
        }
        let [_, b, c, d] = u32::try_from(number).unwrap().to_be_bytes();
        let address = format!("20.{b}.{c}.{d}");
        public.lock().unwrap().insert(address.parse().unwrap());
        Said::at(&[&address])
    })
    .await
}

fn folder() -> Folder {
    let folder = Folder::new();
    for name in lies().into_keys().chain(["turn"]) {
        folder.connector(name, &format!("https://{name}.example.com"), "");
        folder.action(name, "look", LOOK);
    }
    folder
}

/// Calls them all by turns, many at once, and says how many calls were refused for the address.
async fn call(caller: &Caller, count: u64) -> usize {
    let names: Vec<&str> = lies().into_keys().chain(["turn"]).collect();
    let share = usize::try_from(count).unwrap() / AT_ONCE;
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|task| {
            let (caller, names) = (caller.clone(), names.clone());
            tokio::spawn(async move {
                let mut refused = 0;
                for number in 0..share {
                    let name = names[(number + task) % names.len()];
                    let answer = caller.execute(name, "look", &[], &json!({})).await;
                    refused += usize::from(answer.body["code"] == "EGRESS_DENIED");
                    assert_ne!(answer.status, 200, "{name}: {answer:?}");
                    let lied = name == "turn" || answer.body["code"] == "EGRESS_DENIED";
                    assert!(lied, "{name}: {answer:?}");
                }
                refused
            })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        refused += task.await.unwrap();
    }
    refused
}

/// What was seen of the calls.
struct Seen {
    refused: usize,
    questions: usize,
    dialled: Vec<IpAddr>,
    /// The public addresses that were answers without a private one.
    vetted: BTreeSet<IpAddr>,
}

async fn see(namespace: &Namespace, count: u64) -> Seen {
    namespace.replace("/etc/resolv.conf", "nameserver 198.18.0.53\n");
    let public = Arc::new(Mutex::new(BTreeSet::new()));
    let names = liar(Arc::clone(&public)).await;
    let watch = Watch::start(&[443]).await;
    let folder = folder();
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    for name in lies().into_keys().chain(["turn"]) {
        assert_eq!(connect(&server, name, &[]).await.status, 200);
    }
    let refused = call(&caller, count).await;
    let vetted = public.lock().unwrap().clone();
    Seen {
        refused,
        questions: names.asked().len(),
        dialled: watch.dialled().iter().map(SocketAddr::ip).collect(),
        vetted,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f2_a_name_that_lies_leads_nowhere_private() {
    let name = "egress::names::f2_a_name_that_lies_leads_nowhere_private";
    let Some(namespace) = Namespace::enter(name) else {
        return;
    };
    let count = scale(1_000, 10_000);
    let seen = see(&namespace, count).await;
    let public = |one: &&IpAddr| one.to_string().starts_with("20.");
    assert_eq!(
        seen.dialled.iter().filter(public).count(),
        seen.dialled.len()
    );
    let asked = u64::try_from(seen.questions).unwrap();
    assert!(
        asked >= count,
        "{asked} questions for {count} calls: an answer was kept"
    );
    let (questions, refused) = (seen.questions, seen.refused);
    kept(
        "F2",
        format!("{count} calls, {questions} questions: {refused} refused, 0 private connections"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f3_only_addresses_that_were_vetted_are_connected_to() {
    let name = "egress::names::f3_only_addresses_that_were_vetted_are_connected_to";
    let Some(namespace) = Namespace::enter(name) else {
        return;
    };
    let seen = see(&namespace, scale(500, 5_000)).await;
    assert!(!seen.dialled.is_empty(), "nothing was connected to");
    for address in &seen.dialled {
        assert!(
            seen.vetted.contains(address),
            "{address} was never an answer"
        );
    }
    let count = seen.dialled.len();
    kept(
        "F3",
        format!("{count} connections, each to an address that was vetted for it"),
    );
}
