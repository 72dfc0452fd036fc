//! What a token endpoint can answer instead of tokens, or around them, and what a caller has to make of it.

use serde_json::{Value, json};

use crate::vendor::bomb;
use crate::vendor::play::whole;

use super::ledger::Pair;
use super::record::Received;
use super::token;

/// What a caller has to make of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It brings nothing and says nothing about the grant, which lives on: try again later.
    Transient,
    /// The grant is over: only the person can bring a new one.
    Terminal,
    /// It brings a token that works, and the provider has acted on the call.
    Usable,
}

macro_rules! garbage {
    ($($(#[doc = $doc:literal])+ $name:ident $verdict:ident;)+) => {
        /// One way to answer a token call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Garbage { $($(#[doc = $doc])+ $name),+ }

        impl Garbage {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What a caller has to make of it.
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$name => Verdict::$verdict),+ }
            }
        }
    };
}

garbage! {
    /// A page for people, with status 200.
    HtmlPage Transient;
    /// 200 without a body.
    EmptyBody Transient;
    /// `invalid_grant` in a body with status 200.
    EndInSuccess Terminal;
    /// `temporarily_unavailable` in a body with status 200.
    OutageInSuccess Transient;
    /// No refresh token: the one before stays.
    NoRefreshToken Usable;
    /// No access token.
    NoAccessToken Transient;
    /// A life of minus one second.
    NegativeLife Usable;
    /// A life of 1e308 seconds.
    HugeLife Usable;
    /// A life in text.
    LifeInText Usable;
    /// Two access tokens under one key.
    DuplicateKeys Transient;
    /// Tokens of another type than bearer.
    WrongType Transient;
    /// Tokens of no type.
    NoType Usable;
    /// An access token that is two lines, the second of which is a header.
    LineBreak Transient;
    /// 429 with `Retry-After` in seconds.
    LimitInSeconds Transient;
    /// 429 with a date in `Retry-After`.
    LimitUntilDate Transient;
    /// 500.
    Failure Transient;
    /// 502 with a page of a proxy.
    BadGateway Transient;
    /// 503.
    Outage Transient;
    /// Half of an answer, and the end of the connection.
    Truncated Transient;
    /// A few kilobytes of gzip that become half a gigabyte.
    GzipBomb Transient;
    /// 302 to a page for people to sign in.
    Redirect302 Transient;
    /// 307 to another host, where the body with its secrets would be sent again.
    Redirect307 Transient;
    /// 400 `invalid_grant`.
    InvalidGrant Terminal;
    /// 401 `invalid_client`: the operator's mistake, not the end of the grant.
    InvalidClient Transient;
    /// 400 `unauthorized_client`.
    UnauthorizedClient Terminal;
    /// 408.
    TooLate Transient;
    /// The connection is reset after the call was read.
    Reset Transient;
    /// One byte a second.
    Drip Transient;
    /// The answer in a list.
    List Transient;
    /// A number as the access token.
    NumberAsToken Transient;
}

/// What goes over the wire.
pub(super) enum Answer {
    /// This.
    Whole(Vec<u8>),
    /// This, and then the end.
    Cut(Vec<u8>),
    /// Nothing: the connection is reset.
    Reset,
    /// This, byte by byte, and then the same for ever.
    Drip(Vec<u8>),
}

impl Garbage {
    /// What a usable one makes of the answer.
    pub(super) fn bend(self, pair: &Pair) -> Vec<u8> {
        let mut body = token::body(pair);
        match self {
            Self::NegativeLife => body["expires_in"] = json!(-1),
            Self::HugeLife => body["expires_in"] = json!(1e308),
            Self::LifeInText => body["expires_in"] = json!(pair.life.as_secs().to_string()),
            Self::NoType => remove(&mut body, "token_type"),
            // There is none, for nothing was rotated.
            _ => {}
        }
        whole(200, "", &body.to_string())
    }

    /// The answer of one that brings nothing. Nothing was done. It repeats what was sent, as applications do.
    pub(super) fn answer(self, request: &Received) -> Answer {
        match self {
            Self::Reset => Answer::Reset,
            Self::Drip => {
                Answer::Drip(whole(200, "", &(" ".repeat(100_000) + &good().to_string())))
            }
            Self::Truncated => {
                let mut bytes = whole(200, "", &good().to_string());
                bytes.truncate(bytes.len() - 20);
                Answer::Cut(bytes)
            }
            _ => Answer::Whole(self.malformed().unwrap_or_else(|| self.refusal(request))),
        }
    }

    /// Answers with 200 that are none.
    fn malformed(self) -> Option<Vec<u8>> {
        let mut body = good();
        match self {
            Self::HtmlPage => return Some(page(200, "<h1>We will be back!</h1>")),
            Self::GzipBomb => return Some(encoded("gzip", &bomb::gzip())),
            Self::EmptyBody => return Some(whole(200, "", "")),
            Self::DuplicateKeys => {
                let second = format!(",\"access_token\":\"second-{}\"}}", crate::CANARY);
                let text = body.to_string().trim_end_matches('}').to_owned() + &second;
                return Some(whole(200, "", &text));
            }
            Self::NoAccessToken => remove(&mut body, "access_token"),
            Self::WrongType => body["token_type"] = json!("mac"),
            Self::LineBreak => {
                body["access_token"] = json!(format!("a-{}\r\nx-injected: yes", crate::CANARY));
            }
            Self::NumberAsToken => body["access_token"] = json!(4_711),
            Self::List => body = json!([body]),
            _ => return None,
        }
        Some(whole(200, "", &body.to_string()))
    }

    fn refusal(self, request: &Received) -> Vec<u8> {
        let sent = request.parameter("refresh_token");
        let error = |status, more: &str, error: &str| {
            let said = format!("no use for {sent}");
            let body = json!({"error": error, "error_description": said});
            whole(status, more, &body.to_string())
        };
        let elsewhere = "location: http://169.254.169.254/token\r\n";
        match self {
            Self::EndInSuccess => error(200, "", "invalid_grant"),
            Self::OutageInSuccess => error(200, "", "temporarily_unavailable"),
            Self::LimitInSeconds => error(429, "retry-after: 30\r\n", "slow_down"),
            Self::LimitUntilDate => {
                let date = "retry-after: Fri, 31 Dec 2100 23:59:59 GMT\r\n";
                error(429, date, "slow_down")
            }
            Self::BadGateway => page(502, &format!("<h1>Bad gateway</h1><pre>{sent}</pre>")),
            Self::Outage => error(503, "", "temporarily_unavailable"),
            Self::Redirect302 => error(302, "location: /sign-in\r\n", "sign_in"),
            Self::Redirect307 => error(307, elsewhere, "moved"),
            Self::InvalidGrant => error(400, "", "invalid_grant"),
            Self::InvalidClient => error(401, "", "invalid_client"),
            Self::UnauthorizedClient => error(400, "", "unauthorized_client"),
            Self::TooLate => error(408, "", "timeout"),
            _ => error(500, "", "server_error"),
        }
    }
}

/// An answer whose tokens nobody knows.
fn good() -> Value {
    token::body(&Pair {
        access: format!("unknown-access-{}", crate::CANARY),
        refresh: Some(format!("unknown-refresh-{}", crate::CANARY)),
        life: std::time::Duration::from_secs(3600),
        scope: String::new(),
    })
}

fn remove(body: &mut Value, key: &str) {
    if let Some(body) = body.as_object_mut() {
        body.shift_remove(key);
    }
}

fn page(status: u16, text: &str) -> Vec<u8> {
    let length = text.len();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-type: text/html\r\n");
    format!("{head}content-length: {length}\r\n\r\n{text}").into_bytes()
}

fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let head = format!("{head}content-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}
