//! What a request presents as proof of who is calling, read from its headers and its query.
//!
//! Two values of one credential are never chosen between: the request is refused.

use axum::extract::Request;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tenon_engine::access::Presented;
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_vault::Secret;

/// The header and query name that chooses a linked account.
const LINKED_ACCOUNT: &str = "linked_account_id";
/// The same name for proxies that drop headers with underscores.
const LINKED_ACCOUNT_HYPHENS: &str = "linked-account-id";

/// Everything that the request presents.
///
/// # Errors
/// 401 for a header that came twice or cannot be read, and for another scheme than `Bearer`.
pub(super) fn read(request: &Request) -> Outcomes<Presented> {
    let headers = request.headers();
    let in_headers = [LINKED_ACCOUNT, LINKED_ACCOUNT_HYPHENS]
        .into_iter()
        .map(|name| only(headers, name));
    let mut accounts: Vec<String> = in_headers
        .collect::<Outcomes<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    accounts.extend(in_query(request.uri().query().unwrap_or_default()));
    Ok(Presented {
        api_key: only(headers, "x-api-key")?.map(Secret::new),
        bearer: only(headers, AUTHORIZATION.as_str())?
            .map(bearer)
            .transpose()?,
        accounts,
        admin_key: only(headers, "x-admin-key")?.map(Secret::new),
    })
}

fn only(headers: &HeaderMap, name: &str) -> Outcomes<Option<String>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_not_text) => Err(refused("a credential header is not text")),
        },
        (Some(_), Some(_)) => Err(refused("a credential header came more than once")),
    }
}

fn bearer(header: String) -> Outcomes<Secret> {
    let mut words = header.splitn(2, ' ');
    match (words.next(), words.next()) {
        (Some(scheme), Some(token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Secret::new(token.trim()))
        }
        _ => Err(refused("the authorization header is not `Bearer <token>`")),
    }
}

fn in_query(query: &str) -> impl Iterator<Item = String> + '_ {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == LINKED_ACCOUNT)
        .map(|(_, value)| value.into_owned())
}

fn refused(reason: &'static str) -> Error {
    Error::new(Code::InvalidCredentials, "Invalid Credentials").because(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn presented(headers: &[(&str, &str)], uri: &str) -> Outcomes<Presented> {
        let mut builder = Request::builder().uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        read(&builder.body(Body::empty()).unwrap())
    }

    #[test]
    fn every_place_that_names_an_account_is_read() {
        let headers = [("linked_account_id", "a"), ("linked-account-id", "b")];
        let found = presented(&headers, "/x?linked_account_id=c%40d").unwrap();
        assert_eq!(found.accounts, ["a", "b", "c@d"]);
    }

    #[test]
    fn a_header_that_comes_twice_is_refused() {
        for name in ["x-api-key", "authorization", "linked_account_id"] {
            let error = presented(&[(name, "Bearer a"), (name, "Bearer a")], "/").unwrap_err();
            assert_eq!(error.code, Code::InvalidCredentials, "{name}");
        }
    }

    #[test]
    fn only_bearer_is_taken_as_authorization() {
        assert!(presented(&[("authorization", "Basic YTpi")], "/").is_err());
        assert!(presented(&[("authorization", "token")], "/").is_err());
        let found = presented(&[("authorization", "bearer t")], "/").unwrap();
        assert_eq!(found.bearer.unwrap().expose(), "t");
    }
}
