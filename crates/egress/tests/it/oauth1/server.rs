//! An OAuth 1.0a server, written from RFC 5849 without a look at the client.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::application::read_request;

/// The consumer that it knows, as fields of a credential.
pub(crate) const CONSUMER: [(&str, &str); 2] = [
    ("client_id", "consumer 1"),
    ("client_secret", "c&nsumer s3cret"),
];

const VERIFIER: &str = "verified+1";

/// Each token with its secret, and whether it has been agreed to by a person.
const REQUEST_TOKEN: (&str, &str) = ("request 1", "request&s3cret");
const ACCESS_TOKEN: (&str, &str) = ("access/1", "access=s3cret");

pub(crate) struct Server {
    pub(crate) base: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    nonces: BTreeSet<String>,
    believed: usize,
}

/// What the person's browser comes back with from an address.
pub(crate) fn consent(url: &Url) -> String {
    assert_eq!(url.path(), "/authorize");
    let token = url.query_pairs().find(|(name, _)| name == "oauth_token");
    assert_eq!(token.unwrap().1, REQUEST_TOKEN.0);
    VERIFIER.to_owned()
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::default();
        let server = Self {
            base: base.clone(),
            state: Arc::clone(&state),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, base.clone(), Arc::clone(&state)));
            }
        });
        server
    }

    /// How many signatures were right.
    pub(crate) fn believed(&self) -> usize {
        self.state.lock().unwrap().believed
    }
}

async fn converse(mut stream: TcpStream, base: String, state: Arc<Mutex<State>>) {
    while let Some(request) = read_request(&mut stream).await {
        let (status, body) = match answer(&request, &base, &mut state.lock().unwrap()) {
            Some(body) => (200, body),
            None => (401, "not believed".to_owned()),
        };
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(request: &str, base: &str, state: &mut State) -> Option<String> {
    let received = Received::of(request);
    let own = |name: &str| received.own.get(name).map_or("", String::as_str);
    let (token, secret) = match received.path.as_str() {
        "/request" => ("", ""),
        "/access" => REQUEST_TOKEN,
        _ => ACCESS_TOKEN,
    };
    let fits = own("oauth_consumer_key") == CONSUMER[0].1 && own("oauth_token") == token;
    let fresh = state.nonces.insert(own("oauth_nonce").to_owned());
    let told = match received.path.as_str() {
        "/request" => own("oauth_callback").starts_with("https://tenon.test/"),
        "/access" => own("oauth_verifier") == VERIFIER,
        _ => true,
    };
    if !(fits && fresh && told && received.is_signed(base, secret)) {
        return None;
    }
    state.believed += 1;
    let given = |(token, secret): (&str, &str)| {
        format!(
            "oauth_token={}&oauth_token_secret={}&oauth_callback_confirmed=true",
            escape(token),
            escape(secret)
        )
    };
    Some(match received.path.as_str() {
        "/request" => given(REQUEST_TOKEN),
        "/access" => given(ACCESS_TOKEN),
        _ => "fine".to_owned(),
    })
}

struct Received {
    method: String,
    path: String,
    /// Of the query and the form, decoded.
    parameters: Vec<(String, String)>,
    /// Of the header, decoded.
    own: HashMap<String, String>,
}

impl Received {
    fn of(request: &str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut words = head.split(' ');
        let method = words.next().unwrap().to_owned();
        let target = words.next().unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
        };
        let is_form = header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let form = if is_form { body } else { "" };
        let pairs = |text: &str| -> Vec<(String, String)> {
            let pairs = text.split('&').filter(|pair| !pair.is_empty());
            let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs
                .map(|(name, value)| (unescape(name), unescape(value)))
                .collect()
        };
        let authorization = header("authorization").unwrap_or_default();
        let own = authorization.strip_prefix("OAuth ").unwrap_or_default();
        let own = own.split(", ").filter_map(|pair| pair.split_once('='));
        Self {
            method,
            path: path.to_owned(),
            parameters: [pairs(query), pairs(form)].concat(),
            own: own
                .map(|(name, value)| (unescape(name), unescape(value.trim_matches('"'))))
                .collect(),
        }
    }

    /// RFC 5849, 3.4.
    fn is_signed(&self, base: &str, token_secret: &str) -> bool {
        let own = self
            .own
            .iter()
            .filter(|(name, _)| *name != "oauth_signature" && *name != "realm");
        let own = own.map(|(name, value)| (name.clone(), value.clone()));
        let all = self.parameters.iter().cloned().chain(own);
        let mut all: Vec<_> = all
            .map(|(name, value)| (escape(&name), escape(&value)))
            .collect();
        all.sort();
        let all: Vec<_> = all
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let address = format!("{base}{}", self.path);
        let text = [
            self.method.as_str(),
            &escape(&address),
            &escape(&all.join("&")),
        ]
        .join("&");
        let algorithm = match self.own.get("oauth_signature_method").map(String::as_str) {
            Some("HMAC-SHA1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Some("HMAC-SHA256") => hmac::HMAC_SHA256,
            _ => return false,
        };
        let key = format!("{}&{}", escape(CONSUMER[1].1), escape(token_secret));
        let key = hmac::Key::new(algorithm, key.as_bytes());
        let signature = self.own.get("oauth_signature");
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        signature.is_some_and(|signature| hmac::verify(&key, text.as_bytes(), &signature).is_ok())
    }
}

/// RFC 5849, 3.6.
fn escape(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    escaped.collect()
}

/// Of a form, where a space is a plus.
fn unescape(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(decoded).unwrap()
}
