//! URLs that lead into the operator's own networks, in the spellings that got past others.

use tenon_egress::{Config, ErrorKind, Sent};
use url::Url;

use crate::application::{Application, egress, get, send};

/// `PORT` is the port of a listener that counts connections.
const FORMS: [&str; 62] = [
    "https://127.0.0.1:PORT/",
    "https://127.1:PORT/",
    "https://127.0.1:PORT/",
    "https://127.1.:PORT/",
    "https://0.0.0.0:PORT/",
    "https://0:PORT/",
    "https://2130706433:PORT/",
    "https://0x7f000001:PORT/",
    "https://0x7f.0x0.0x0.0x1:PORT/",
    "https://0177.0.0.1:PORT/",
    "https://017700000001:PORT/",
    "https://00000000177.0.0.1:PORT/",
    "https://%31%32%37.0.0.1:PORT/",
    "https://127.0.0.%31:PORT/",
    "https://①②⑦.⓪.⓪.①:PORT/",
    "https://１２７.０.０.１:PORT/",
    "https://127．0．0．1:PORT/",
    "https://169｡254｡169｡254:PORT/",
    "https://127.255.255.254:PORT/",
    "https://10.0.0.1:PORT/",
    "https://172.16.0.1:PORT/",
    "https://192.168.257:PORT/",
    "https://169.254.169.254:PORT/",
    "https://0xa9fea9fe:PORT/",
    "https://168.63.129.16:PORT/",
    "https://100.100.100.200:PORT/",
    "https://255.255.255.255:PORT/",
    "https://[::]:PORT/",
    "https://[::1]:PORT/",
    "https://[0:0:0:0:0:0:0:1]:PORT/",
    "https://[::127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://[::FFFF:127.0.0.1]:PORT/",
    "https://[64:ff9b::7f00:1]:PORT/",
    "https://[64:ff9b:1::a00:1]:PORT/",
    "https://[2002:7f00:1::]:PORT/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]:PORT/",
    "https://[fe80::1]:PORT/",
    "https://[fe80::1%25lo]:PORT/",
    "https://[fd00:ec2::254]:PORT/",
    "https://[ff02::1]:PORT/",
    "https://localhost:PORT/",
    "https://localhost.:PORT/",
    "https://LOCALHOST:PORT/",
    "https://ⓛocalhost:PORT/",
    "https://localhost.localdomain:PORT/",
    "https://ip6-localhost:PORT/",
    "https://metadata.google.internal:PORT/",
    "https://instance-data:PORT/",
    "https:/127.0.0.1:PORT/",
    "https:///127.0.0.1:PORT/",
    "https:\\\\127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "https://api.example.com@127.0.0.1:PORT/",
    "https://user:pass@127.0.0.1:PORT/",
    "https://1.1.1.1 &@2.2.2.2# @127.0.0.1:PORT/",
    "https://127.0.0.1%00.example.com:PORT/",
    "http://127.0.0.1:PORT/",
    "http://1.1.1.1:PORT/",
    "gopher://127.0.0.1:PORT/",
    "file:///etc/passwd",
    "unix:/var/run/docker.sock",
];

#[tokio::test]
async fn no_form_of_a_private_address_is_connected_to() {
    let application = Application::answering("200 OK", b"").await;
    let egress = egress(Config::default());
    for form in FORMS {
        let form = form.replace("PORT", &application.address.port().to_string());
        // What is no URL never becomes a plan.
        let Ok(url) = Url::parse(&form) else { continue };
        // It tells by itself, before anything is asked of a name server.
        let foreseen = egress.check(&url).expect_err(&form);
        let error = send(&egress, &get(url), None).await.expect_err(&form);
        let refused = [
            ErrorKind::AddressNotAllowed,
            ErrorKind::HostNotAllowed,
            ErrorKind::Plan,
        ];
        assert!(refused.contains(&error.kind), "{form}: {error}");
        assert!(refused.contains(&foreseen.kind), "{form}: {foreseen}");
        assert_eq!(error.sent, Sent::No, "{form}");
    }
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn a_url_with_a_users_name_is_refused_even_where_the_address_is_open() {
    let application = Application::answering("200 OK", b"").await;
    let mut url = application.url("/");
    url.set_username("ada").unwrap();
    let error = send(&crate::application::open(), &get(url), None)
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Plan, Sent::No));
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn what_is_foreseen_of_a_url_is_what_the_operator_opened() {
    let (closed, open) = (egress(Config::default()), crate::application::open());
    for (form, by_closed, by_open) in [
        ("https://hooks.example.com/x", true, true),
        ("http://hooks.example.com/x", false, true),
        ("http://127.0.0.1:8080/x", false, true),
        ("http://localhost:8080/x", false, true),
        ("https://10.0.0.1/", false, false),
        ("https://intranet/", false, false),
        ("https://ada@hooks.example.com/", false, false),
        ("ftp://hooks.example.com/", false, false),
    ] {
        let url = Url::parse(form).unwrap();
        let seen = (closed.check(&url).is_ok(), open.check(&url).is_ok());
        assert_eq!(seen, (by_closed, by_open), "{form}");
    }
}
