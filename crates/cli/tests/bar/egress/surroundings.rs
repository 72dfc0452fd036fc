//! Nothing of the machine's surroundings has a say in where a request goes: proxies, the hosts file, search domains.

use serde_json::json;
use tenon_testkit::dns::{NameServer, Said};
use tenon_testkit::promise::kept;
use tenon_testkit::recorder::{Recorder, answer};
use tenon_testkit::{Namespace, Options, Server, Watch};

use super::LOOK;
use crate::operator::{Folder, TENON, caller, connect};

const NAME: &str = "api.example.com";
const PROXY: &str = "http://198.18.0.77:3128";
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

fn environments() -> Vec<Vec<(String, String)>> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let all: Vec<_> = PROXIES.iter().map(|name| set(name, PROXY)).collect();
    let mut environments: Vec<_> = all.iter().map(|one| vec![one.clone()]).collect();
    environments.push(all.clone());
    for exceptions in ["", "*", NAME] {
        let mut some = all.clone();
        some.extend([set("NO_PROXY", exceptions), set("no_proxy", exceptions)]);
        environments.push(some);
    }
    environments.push(vec![
        set("LOCALDOMAIN", "evil.example"),
        set("RES_OPTIONS", "ndots:9"),
    ]);
    environments.push(vec![set("HOSTALIASES", "/etc/aliases-of-this-test")]);
    environments
}

async fn application(address: &str) -> Recorder {
    Recorder::answering(address.parse().unwrap(), |_| answer(200, "")).await
}

/// One request to the application, and one to a name that only a search domain would complete.
async fn ask(folder: &Folder, environment: Vec<(String, String)>) {
    let said = format!("{environment:?}");
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        open: vec!["198.18.0.0/24".to_owned()],
        environment,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    for slug in ["vendor", "short"] {
        assert_eq!(connect(&server, slug, &[]).await.status, 200);
    }
    let found = caller.execute("vendor", "look", &[], &json!({})).await;
    assert_eq!(found.body["http_status"], 200, "{said}: {found:?}");
    let short = caller.execute("short", "look", &[], &json!({})).await;
    assert_eq!(short.body["code"], "EGRESS_DENIED", "{said}: {short:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f5_proxies_hosts_files_and_search_domains_have_no_effect() {
    let name = "egress::surroundings::f5_proxies_hosts_files_and_search_domains_have_no_effect";
    let Some(namespace) = Namespace::enter(name) else {
        return;
    };
    let resolv = "search evil.example\nnameserver 198.18.0.53\noptions ndots:9\n";
    namespace.replace("/etc/resolv.conf", resolv);
    namespace.replace(
        "/etc/hosts",
        &format!("127.0.0.1 localhost\n198.18.0.66 {NAME} api\n"),
    );
    let names = NameServer::start("198.18.0.53:53".parse().unwrap(), |name, _| match name {
        NAME => Said::at(&["198.18.0.1"]),
        _ => Said::at(&["198.18.0.66"]),
    });
    let names = names.await;
    let (vendor, stranger) = (
        application("198.18.0.1:8099").await,
        application("198.18.0.66:8099").await,
    );
    let proxy = Watch::start(&[3128]).await;
    let folder = Folder::new();
    for (slug, host) in [("vendor", NAME), ("short", "api")] {
        folder.connector(slug, &format!("http://{host}:8099"), "");
        folder.action(slug, "look", LOOK);
    }
    let environments = environments();
    let count = environments.len();
    for environment in environments {
        ask(&folder, environment).await;
    }
    assert_eq!(vendor.take().len(), count);
    assert_eq!((proxy.dialled(), stranger.connections()), (vec![], 0));
    assert!(
        names.asked().iter().all(|name| name == NAME),
        "{:?}",
        names.asked()
    );
    kept(
        "F5",
        format!("{count} environments: {count} requests at the host that was named, 0 elsewhere"),
    );
}
