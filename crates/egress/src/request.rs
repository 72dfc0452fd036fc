//! From a plan and a credential to the request that is sent.

use std::borrow::Cow;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use tenon_connector::plan::Plan;
use url::Url;

use crate::body::{Encoded, encode};
use crate::client::Call;
use crate::error::{ErrorKind, Fault};
use crate::fill::{fill, members};
use crate::outgoing::{Contents, Outgoing};

const OWN_NAME: &str = concat!("tenon/", env!("CARGO_PKG_VERSION"));

/// Headers that say where a message goes and where it ends: they belong to the transport.
const FRAMING: [HeaderName; 8] = [
    HOST,
    CONNECTION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    TE,
    TRAILER,
    UPGRADE,
    EXPECT,
];

/// The request, if the credential may go where the plan leads.
pub(crate) fn build(call: &Call<'_>, files: &mut Contents) -> Result<Request<Outgoing>, Fault> {
    let plan = call.plan;
    let mut url = plan.url.clone();
    check(&url, call)?;
    let mut body = Cow::Borrowed(&plan.body);
    if let Some(credential) = call.credential {
        members(&plan.placement, credential, body.to_mut())?;
    }
    let encoded = encode(&body, files)?;
    let mut headers = headers(plan, &encoded)?;
    if let Some(credential) = call.credential {
        let (slots, url) = (&plan.placement, &mut url);
        fill(slots, credential, plan, &body, url, &mut headers)?;
    }
    let mut request = Request::new(encoded.body);
    *request.method_mut() = method(plan)?;
    *request.uri_mut() = uri(&url)?;
    *request.headers_mut() = headers;
    Ok(request)
}

fn check(url: &Url, call: &Call<'_>) -> Result<(), Fault> {
    check_form(url)?;
    if !call.hosts.allows(url) {
        let what = "is not a host that this credential may be sent to";
        return Err(Fault(ErrorKind::HostNotAllowed, what));
    }
    Ok(())
}

/// What no URL may have. The scheme comes first: for others than these two, `url` does not read a host as an address.
pub(crate) fn check_form(url: &Url) -> Result<(), Fault> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(unfit("is not reached: only https is spoken"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unfit(
            "is not reached: a URL with a user's name in it is refused",
        ));
    }
    Ok(())
}

fn headers(plan: &Plan, body: &Encoded) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(OWN_NAME));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let content_type = body.content_type.as_deref().map(value).transpose()?;
    headers.extend(content_type.clone().map(|value| (CONTENT_TYPE, value)));
    headers.extend(named(plan)?);
    if let Some(value) = content_type.filter(|_| body.binding) {
        headers.insert(CONTENT_TYPE, value);
    }
    Ok(headers)
}

/// The plan's own headers. Extending a map with another replaces what has the same name, and keeps what repeats.
fn named(plan: &Plan) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, text) in &plan.headers {
        let name = HeaderName::try_from(name)
            .map_err(|_name| unfit("was sent nothing: a header's name is not valid"))?;
        if FRAMING.contains(&name) {
            return Err(unfit(
                "was sent nothing: a header of the transport cannot be set",
            ));
        }
        headers.append(name, value(text)?);
    }
    Ok(headers)
}

fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text)
        .map_err(|_text| unfit("was sent nothing: a header's value has a sign that none may have"))
}

fn method(plan: &Plan) -> Result<Method, Fault> {
    Method::from_bytes(plan.method.as_str().as_bytes())
        .map_err(|_method| unfit("was sent nothing: the method is not valid"))
}

/// Made of the parts of the parsed URL, so that no two parsers can see two hosts in it.
fn uri(url: &Url) -> Result<Uri, Fault> {
    let host = url.host_str().unwrap_or_default();
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let invalid = || unfit("was sent nothing: the URL has a sign that none may have");
    let path =
        PathAndQuery::try_from(format!("{}{query}", url.path())).map_err(|_url| invalid())?;
    Uri::builder()
        .scheme(url.scheme())
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_url| invalid())
}

fn unfit(what: &'static str) -> Fault {
    Fault(ErrorKind::Plan, what)
}
