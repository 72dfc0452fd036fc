//! Paths as reverse proxies leave them: with a prefix before the API, and with a slash at the end.

use http::Uri;
use http::uri::PathAndQuery;

/// Where the API's own part of a path can begin.
const FOLDERS: [&str; 6] = [
    "/api/v1/",
    "/api/v2/",
    "/api/v3/",
    "/mcp/",
    "/connect/",
    "/docs/",
];
/// Whole paths that can stand behind a prefix.
const FILES: [&str; 5] = ["/openapi.json", "/healthz", "/readyz", "/metrics", "/docs"];

/// The address without prefix and final slash.
pub(super) fn rewrite(uri: &Uri) -> Option<Uri> {
    let path = uri.path().trim_end_matches('/');
    let own = path.get(start(path)..)?;
    if own == uri.path() {
        return None;
    }
    let own = if own.is_empty() { "/" } else { own };
    let text = match uri.query() {
        Some(query) => format!("{own}?{query}"),
        None => own.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

fn start(path: &str) -> usize {
    let folders = FOLDERS.iter().filter_map(|folder| path.find(folder));
    let files = FILES
        .iter()
        .filter(|file| path.ends_with(*file))
        .map(|file| path.len() - file.len());
    folders.chain(files).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_and_final_slash_go_and_the_rest_stays() {
        let cases = [
            (
                "/backend/api/v2/public/application/?a=b%2Fc",
                "/api/v2/public/application?a=b%2Fc",
            ),
            ("/a/b/api/v1/x/api/v2/y", "/api/v1/x/api/v2/y"),
            ("/gateway/healthz", "/healthz"),
            (
                "/api/v2/public/linked-account/a%2Fb%40c/",
                "/api/v2/public/linked-account/a%2Fb%40c",
            ),
            ("/backend/connect/s/link_1/", "/connect/s/link_1"),
            ("/backend/docs/", "/docs"),
            ("/backend/docs/acme/add?q=x", "/docs/acme/add?q=x"),
            (
                "/api/v1/connect/callback?code=a",
                "/api/v1/connect/callback?code=a",
            ),
            (
                "/api/v2/integration-schema/metrics",
                "/api/v2/integration-schema/metrics",
            ),
        ];
        for (given, wanted) in cases {
            let uri: Uri = given.parse().unwrap();
            let rewritten = rewrite(&uri).unwrap_or(uri);
            assert_eq!(rewritten.to_string(), wanted);
        }
    }
}
