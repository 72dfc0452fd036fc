//! The `Prefer` header (RFC 7240). Preferences that are not known are ignored, as it says.

use http::HeaderMap;

/// What the caller prefers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// Answer at once and let the caller poll.
    pub(super) respond_async: bool,
    /// Answer with the application's status, or (`status=200`) not; `None` where the caller does not say.
    pub(super) mirror: Option<bool>,
}

impl Preferences {
    /// What the headers say.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        let values = headers.get_all("prefer").iter();
        for preference in values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ';']))
        {
            let plain: String = preference
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '"')
                .collect();
            match plain.to_ascii_lowercase().as_str() {
                "respond-async" => found.respond_async = true,
                "status=mirror" => found.mirror = Some(true),
                "status=200" => found.mirror = Some(false),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_stand_in_one_header_or_in_several() {
        let mut headers = HeaderMap::new();
        headers.append("prefer", "wait=10, respond-async".parse().unwrap());
        headers.append("prefer", "status = \"mirror\"".parse().unwrap());
        let wanted = Preferences {
            respond_async: true,
            mirror: Some(true),
        };
        assert_eq!(Preferences::read(&headers), wanted);
    }
}
