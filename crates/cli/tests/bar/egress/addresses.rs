//! No address that is not public is ever connected to, by whatever spelling and whichever way it comes in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::dns::{NameServer, Said};
use tenon_testkit::promise::kept;
use tenon_testkit::recorder::{Recorder, answer};
use tenon_testkit::{Answer, Caller, Namespace, Options, Server, Watch};

use super::LOOK;
use crate::operator::{Folder, TENON, caller, connect};

/// Where the one application is that the operator opened.
const VENDOR: &str = "198.18.0.1:8099";
const NAME_SERVER: &str = "198.18.0.53:53";
/// Every port that one of the forms names, and the usual ones.
const PORTS: [u16; 5] = [22, 80, 443, 8443, 11211];

/// Special addresses, in the spellings that make them hard to recognise.
fn own_forms() -> Vec<String> {
    let v4: [u32; 6] = [
        0x7f00_0001,
        0xa9fe_a9fe,
        0x0a00_0001,
        0x6440_0001,
        0xc0a8_0001,
        0,
    ];
    let spell = |address: u32| {
        let [a, b, c, d] = address.to_be_bytes();
        let wide: String = format!("{a}.{b}.{c}.{d}")
            .chars()
            .map(|c| {
                c.to_digit(10)
                    .and_then(|n| char::from_u32(0xff10 + n))
                    .unwrap_or('\u{3002}')
            })
            .collect();
        [
            address.to_string(),
            format!("{address:#x}"),
            format!("{a:#o}.{b:#o}.{c:#o}.{d:#o}").replace('o', ""),
            format!("{a}.{}", address & 0x00ff_ffff),
            wide,
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{:x}:{:x}]", address >> 16, address & 0xffff),
        ]
    };
    let v6 = [
        "[::1]",
        "[::]",
        "[fd00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2002:7f00:1::]",
    ];
    let hosts = v4.into_iter().flat_map(spell).chain(v6.map(str::to_owned));
    hosts.map(|host| format!("https://{host}/")).collect()
}

/// The collected forms, where the folder beside the vendors' descriptions is there.
fn corpus() -> Option<Vec<String>> {
    let folder = std::path::PathBuf::from(std::env::var_os("TENON_SPECS")?);
    let text = std::fs::read_to_string(folder.join("../corpora/ssrf.txt")).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// The host of a form as a pattern that its connector's author would declare, if it can be one.
fn pattern(form: &str) -> String {
    let after = form.split_once("//").map_or(form, |(_, rest)| rest);
    let host = after
        .trim_start_matches('/')
        .split(['/', '?'])
        .next()
        .unwrap_or_default();
    match tenon_connector::hosts::HostPattern::parse(host) {
        Ok(_) => host.to_owned(),
        Err(_) => "*.example.com".to_owned(),
    }
}

/// Every way in which an author or a customer names a URL, each with every form.
fn write(folder: &Folder, forms: &[String]) {
    let identity = "identity: { request: { get: /me }, identifier: \"{{ body.id }}\" }\n";
    for (number, form) in forms.iter().enumerate() {
        let fact = |example: &str| {
            let hosts = json!([pattern(form), "*.example.com"]);
            format!(
                "connection:\n  where: {{ label: Where, hosts: {hosts}, example: {example} }}\n{identity}"
            )
        };
        let look = |slug: &str| folder.action(slug, "look", LOOK);
        let fixed = format!("fixed-{number}");
        folder.connector(&fixed, form, &format!("icon: {}\n{identity}", json!(form)));
        let whole = format!("fact-{number}");
        folder.connector(
            &whole,
            "{{ connection.where }}",
            &fact("https://a.example.com"),
        );
        let part = format!("variable-{number}");
        folder.connector(
            &part,
            "https://{{ connection.where }}",
            &fact("https://a.example.com"),
        );
        let schema = format!("schema-{number}");
        folder.connector(&schema, "https://api.example.com", "");
        for slug in [&fixed, &whole, &part] {
            look(slug);
        }
        let output = format!(
            "request: {{ get: /look }}\noutput: {{ schema: {{ $ref: {} }} }}\n",
            json!(form)
        );
        folder.action(&schema, "look", &output);
    }
    folder.connector("vendor", &format!("http://{VENDOR}"), "");
    let leave = "params: { n: { type: string, label: N, required: true } }\n\
                 request: { get: \"/leave/{{ n }}\" }\noutput: { schema: {} }\n";
    folder.action("vendor", "leave", leave);
    folder.connector("public", "https://1.1.1.1", "");
    folder.action("public", "look", LOOK);
}

/// What became of the calls: how many of each kind.
#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn refused(&mut self, input: &str, form: &str, answer: &Answer) {
        let code = answer.body["code"].as_str().unwrap_or("none");
        let fit = [
            "APPLICATION_NOT_FOUND",
            "ACTION_NOT_FOUND",
            "VALIDATION_ERROR",
            "EGRESS_DENIED",
        ];
        assert!(fit.contains(&code), "{input} {form}: {answer:?}");
        *self.0.entry(format!("{input} {code}")).or_default() += 1;
    }
}

/// The application that sends everybody away.
async fn vendor(forms: Vec<String>) -> Recorder {
    Recorder::answering(VENDOR.parse().unwrap(), move |received| {
        let (_, target) = received.line();
        let number = target
            .strip_prefix("/leave/")
            .and_then(|number| number.parse::<usize>().ok());
        match number.and_then(|number| forms.get(number)) {
            // A header carries ASCII; what is more is percent-encoded, as browsers read it.
            Some(form) => {
                let form: String = form.chars().filter(char::is_ascii).collect();
                answer(302, &format!("location: {form}\r\n"))
            }
            None => answer(200, ""),
        }
    })
    .await
}

/// Connects to every connector of a form and executes; both are refused, or the first is.
async fn name_it(server: &Server, caller: &Caller, number: usize, form: &str, tally: &mut Tally) {
    for input in ["fixed", "fact", "variable", "schema"] {
        let slug = format!("{input}-{number}");
        let facts: &[_] = match input {
            "fact" | "variable" => &[("where", form)],
            _ => &[],
        };
        let mut answer = connect(server, &slug, facts).await;
        if answer.status == 200 {
            answer = caller.execute(&slug, "look", &[], &json!({})).await;
        }
        tally.refused(input, form, &answer);
    }
}

/// The vendor sends the caller there, and the caller itself asks for it as a path.
async fn be_led_to_it(caller: &Caller, number: usize, form: &str, tally: &mut Tally) {
    let left = caller
        .execute("vendor", "leave", &[], &json!({"n": number.to_string()}))
        .await;
    assert_eq!(
        (left.status, &left.body["http_status"]),
        (200, &json!(302)),
        "{form}: {left:?}"
    );
    for path in [
        form.to_owned(),
        format!("/{form}"),
        form.replacen("http:", "", 1),
    ] {
        let body = json!({"method": "GET", "url_path": path});
        let answer = caller.execute("vendor", "httprequest", &[], &body).await;
        // What is a path of the vendor's is asked of the vendor, who is the only one that may hear of it.
        if answer.body["http_status"] != 200 {
            tally.refused("url_path", form, &answer);
        }
    }
}

/// Names it as a webhook: it is refused, or what is sent there never leaves; and a webhook that leads there is not followed.
async fn be_told_there(caller: &Caller, number: usize, form: &str, tally: &mut Tally) {
    let made = listen(caller, form).await;
    if made.status == 200 {
        let sent = try_and_remove(caller, &made).await;
        let attempt = &sent["attempts"][0];
        assert!(attempt["http_status"].is_null(), "{form}: {sent}");
        assert!(attempt["error"].is_string(), "{form}: {sent}");
        let count = tally.0.entry("webhook not delivered".to_owned());
        *count.or_default() += 1;
    } else {
        tally.refused("webhook", form, &made);
    }
    let leading = listen(caller, &format!("http://{VENDOR}/leave/{number}")).await;
    assert_eq!(leading.status, 200, "{leading:?}");
    let sent = try_and_remove(caller, &leading).await;
    assert_eq!(sent["attempts"][0]["http_status"], 302, "{form}: {sent}");
}

async fn listen(caller: &Caller, url: &str) -> Answer {
    let wanted = json!({"webhook_url": url, "webhook_events": ["connection-expired"]});
    let path = "/api/v2/public/webhook";
    let made = caller.try_call("POST", path, &[], Some(&wanted)).await;
    made.unwrap()
}

/// What became of a test of the webhook.
async fn try_and_remove(caller: &Caller, webhook: &Answer) -> serde_json::Value {
    let id = webhook.body["_id"].as_str().unwrap();
    let path = format!("/api/v2/public/webhook/{id}");
    let test = format!("{path}/test");
    let sent = caller.try_call("POST", &test, &[], Some(&json!({}))).await;
    caller.try_call("DELETE", &path, &[], None).await.unwrap();
    sent.unwrap().body
}

/// The program's own port, where the watch cannot be: the kernel counts who connects.
async fn not_even_itself(server: &Server, caller: &Caller, folder: &Folder, tally: &mut Tally) {
    let own = server.http.base().replacen("http", "https", 1);
    folder.connector("own", &own, "");
    folder.action("own", "look", LOOK);
    let end = Instant::now() + Duration::from_secs(30);
    while connect(server, "own", &[]).await.status != 200 {
        assert!(Instant::now() < end, "the connector is not served");
    }
    let before = opened_in_this_network();
    let answer = caller.execute("own", "look", &[], &json!({})).await;
    tally.refused("own port", &own, &answer);
    assert_eq!(opened_in_this_network(), before);
}

/// How many connections were begun in this network, by anybody.
fn opened_in_this_network() -> u64 {
    let text = std::fs::read_to_string("/proc/net/snmp").unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, numbers) = (lines.next().unwrap(), lines.next().unwrap());
    let place = names
        .split(' ')
        .position(|name| name == "ActiveOpens")
        .unwrap();
    numbers.split(' ').nth(place).unwrap().parse().unwrap()
}

/// The watch would have seen a connection: it sees those that are allowed.
async fn see_what_is_allowed(server: &Server, caller: &Caller, watch: &Watch) {
    assert_eq!(watch.dialled(), []);
    connect(server, "public", &[]).await;
    caller.execute("public", "look", &[], &json!({})).await;
    assert_eq!(
        watch.dialled().first(),
        Some(&"1.1.1.1:443".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_no_spelling_of_a_special_address_is_connected_to_on_any_way_in() {
    let name =
        "egress::addresses::f1_no_spelling_of_a_special_address_is_connected_to_on_any_way_in";
    let Some(namespace) = Namespace::enter(name) else {
        return;
    };
    let collected = corpus();
    let (mut forms, more) = (own_forms(), collected.as_ref().map_or(0, Vec::len));
    forms.extend(collected.into_iter().flatten());
    namespace.replace("/etc/resolv.conf", "nameserver 198.18.0.53\n");
    let somewhere = Said::at(&["127.0.0.1", "fd00::1"]);
    NameServer::start(NAME_SERVER.parse().unwrap(), move |_, _| somewhere.clone()).await;
    let (watch, vendor) = (Watch::start(&PORTS).await, vendor(forms.clone()).await);
    let folder = Folder::new();
    write(&folder, &forms);
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        open: vec!["198.18.0.1/32".to_owned()],
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let (caller, mut tally) = (caller(&server), Tally::default());
    connect(&server, "vendor", &[]).await;
    for (number, form) in forms.iter().enumerate() {
        name_it(&server, &caller, number, form, &mut tally).await;
        be_led_to_it(&caller, number, form, &mut tally).await;
        be_told_there(&caller, number, form, &mut tally).await;
    }
    let strangers = vendor
        .take()
        .iter()
        .filter(|one| one.header("host") != [VENDOR])
        .count();
    assert_eq!(strangers, 0, "the vendor was asked for another host");
    not_even_itself(&server, &caller, &folder, &mut tally).await;
    see_what_is_allowed(&server, &caller, &watch).await;
    println!("{:?}", tally.0);
    let figure = format!(
        "{} forms ({more} of the collected ones) on 7 ways in: {} refused, 0 connections to them",
        forms.len(),
        tally.0.values().sum::<usize>()
    );
    match more {
        0 => println!("not run with the collected forms: TENON_SPECS is not set"),
        _ => kept("F1", figure),
    }
}
