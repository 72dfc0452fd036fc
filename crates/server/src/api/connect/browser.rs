//! What a browser shows of itself: the cookie that tells it apart, how it came here, and the forms that it sends.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Limited};
use tenon_engine::connect::{Came, Stopped};
use tenon_engine::error::{Code, Error};
use tenon_engine::model::{ConnectFault, RequestId};
use tenon_vault::Secret;
use url::Url;

use crate::api::audit::Peer;
use crate::app::App;

/// The cookie. The prefix keeps subdomains and plain HTTP from setting it; browsers take loopback for safe.
const COOKIE_NAME: &str = "__Host-connect";
/// The largest form that is read.
const LARGEST_FORM: usize = 64 * 1024;

/// The secret that a browser brings.
pub(super) fn secret(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(COOKIE).iter();
    let texts = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE_NAME).then(|| Secret::new(value))
    })
}

/// Tells a browser its secret: for as long as it runs, for this host alone, out of reach of scripts.
pub(super) fn remember(headers: &mut HeaderMap, secret: &Secret) {
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax",
        secret.expose()
    );
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        headers.insert(SET_COOKIE, value);
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Refuses a browser that only looks ahead, or that shows the page inside of another: opening uses the link up.
pub(super) fn check_opening(headers: &HeaderMap) -> Result<(), Stopped> {
    let ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        header(headers, name).is_some_and(|value| value.to_ascii_lowercase().contains("prefetch"))
    });
    let framed = header(headers, "sec-fetch-dest").is_some_and(|kind| kind != "document");
    match ahead || framed {
        true => Err(ConnectFault::OtherSite.into()),
        false => Ok(()),
    }
}

/// How a call came here, for the audit log.
pub(in crate::api) struct Coming(pub(in crate::api) Came);

impl<S: Sync> FromRequestParts<S> for Coming {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let from = parts.extensions.get::<Peer>();
        let from = from.map_or("local".to_owned(), |Peer(address): &Peer| {
            SocketAddr::ip(address).to_string()
        });
        let request = parts.extensions.get::<RequestId>().cloned();
        Ok(Self(Came {
            from,
            request: request.unwrap_or_else(RequestId::generate),
        }))
    }
}

/// A form that was sent from our own page. There is no other way to one, so none can forget to look.
pub(super) struct OwnForm(pub(super) Result<Vec<(String, String)>, Stopped>);

impl FromRequest<App> for OwnForm {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let own = is_from_our_page(request.headers(), app.settings.public_url().as_deref());
        if !own {
            return Ok(Self(Err(ConnectFault::OtherSite.into())));
        }
        Ok(Self(read(request.into_body()).await.map_err(Stopped::from)))
    }
}

/// Browsers say where a form comes from (`Sec-Fetch-Site`); older ones name its origin alone.
fn is_from_our_page(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    match header(headers, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            let own = public_url.and_then(|url| Url::parse(url).ok());
            let own = own.map(|url| url.origin().ascii_serialization());
            own.is_some() && header(headers, ORIGIN.as_str()) == own.as_deref()
        }
    }
}

async fn read(body: Body) -> Result<Vec<(String, String)>, Error> {
    let whole = Limited::new(body, LARGEST_FORM).collect().await;
    let bytes = whole.map_err(|error| Error::of(Code::BodyTooLarge).because(error))?;
    let bytes = bytes.to_bytes();
    let pairs = url::form_urlencoded::parse(&bytes).into_owned();
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().copied();
        pairs
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn a_form_is_taken_from_our_own_page_alone() {
        let ours = Some("https://tenon.example/base");
        for (pairs, taken) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (
                &[
                    ("sec-fetch-site", "same-site"),
                    ("origin", "https://tenon.example"),
                ],
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://tenon.example"),
                ],
                false,
            ),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://tenon.example")], true),
            (&[("origin", "https://tenon.example:444")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ] {
            assert_eq!(is_from_our_page(&headers(pairs), ours), taken, "{pairs:?}");
        }
        let named = headers(&[("origin", "https://tenon.example")]);
        assert!(!is_from_our_page(&named, None));
    }

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        let found = secret(&headers(&[("cookie", "a=b; __Host-connect=cb_x; c=d")]));
        assert_eq!(found.unwrap().expose(), "cb_x");
        assert!(secret(&headers(&[("cookie", "x__Host-connect=cb_x")])).is_none());
    }

    #[test]
    fn looking_ahead_and_frames_open_nothing() {
        for pairs in [
            [("sec-purpose", "prefetch;prerender")],
            [("purpose", "prefetch")],
            [("sec-fetch-dest", "iframe")],
            [("sec-fetch-dest", "image")],
        ] {
            assert!(check_opening(&headers(&pairs)).is_err(), "{pairs:?}");
        }
        assert!(check_opening(&headers(&[("sec-fetch-dest", "document")])).is_ok());
        assert!(check_opening(&headers(&[])).is_ok());
    }
}
