//! The hosts that an application's credential may be sent to.
//!
//! A pattern is a host name, an address, or `*.` with a suffix of at least two labels; a port may follow. Without
//! a port, only the scheme's own port fits. A set is compared and sealed by its canonical text.

use std::fmt;

use url::Url;

/// One host, or all hosts under a suffix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPattern {
    wildcard: bool,
    host: String,
    port: Option<u16>,
}

impl HostPattern {
    /// Reads `api.example.com`, `*.example.com` or `127.0.0.1:8008`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (wildcard, rest) = match text.strip_prefix("*.") {
            Some(suffix) => (true, suffix),
            None => (false, text),
        };
        let url = Url::parse(&format!("https://{rest}/"))
            .map_err(|error| format!("`{text}` is not a host: {error}"))?;
        let plain = url.path() == "/" && url.username().is_empty() && url.query().is_none();
        let Some(host) = url.host_str().filter(|_| plain && !rest.contains('*')) else {
            return Err(format!(
                "`{text}` is not a host; write `api.example.com` or `*.example.com`"
            ));
        };
        if wildcard && !host.contains('.') {
            return Err(format!("`{text}` would match a whole top-level domain"));
        }
        // `Url` hides a port that is the scheme's own, so it is read from the text.
        let port = rest
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        Ok(Self {
            wildcard,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// The pattern that only the host and port of `url` fit.
    pub fn of(url: &Url) -> Option<Self> {
        let host = url.host_str()?.to_ascii_lowercase();
        Some(Self {
            wildcard: false,
            host,
            port: url.port(),
        })
    }

    fn allows(&self, url: &Url) -> bool {
        let default = match url.scheme() {
            "http" => 80,
            _ => 443,
        };
        let Some(host) = url.host_str() else {
            return false;
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        url.port().unwrap_or(default) == self.port.unwrap_or(default) && self.names(&host)
    }

    fn names(&self, host: &str) -> bool {
        if !self.wildcard {
            return host == self.host;
        }
        host.strip_suffix(&self.host)
            .and_then(|front| front.strip_suffix('.'))
            .is_some_and(|front| !front.is_empty())
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*." } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The hosts of one application, sorted and without repetition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostSet(Vec<HostPattern>);

impl HostSet {
    /// A set of patterns.
    pub fn new(patterns: impl IntoIterator<Item = HostPattern>) -> Self {
        let mut patterns: Vec<_> = patterns.into_iter().collect();
        patterns.sort();
        patterns.dedup();
        Self(patterns)
    }

    /// Whether a credential that belongs to this set may be sent to `url`.
    pub fn allows(&self, url: &Url) -> bool {
        self.0.iter().any(|pattern| pattern.allows(url))
    }

    /// The canonical text: the patterns in order, separated by spaces.
    pub fn canonical(&self) -> String {
        self.0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[&str]) -> HostSet {
        HostSet::new(
            patterns
                .iter()
                .map(|text| HostPattern::parse(text).unwrap()),
        )
    }

    fn allows(set: &HostSet, url: &str) -> bool {
        set.allows(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_wildcard_takes_hosts_below_and_not_the_suffix_itself() {
        let hosts = set(&["*.my.example.com"]);
        assert!(allows(&hosts, "https://acme.my.example.com/x"));
        assert!(!allows(&hosts, "https://my.example.com/"));
        assert!(!allows(&hosts, "https://evilmy.example.com/"));
        assert!(!allows(&hosts, "https://acme.my.example.com.evil.test/"));
    }

    #[test]
    fn another_port_is_another_host() {
        let hosts = set(&["api.example.com", "127.0.0.1:8008"]);
        assert!(allows(&hosts, "https://api.example.com/"));
        assert!(!allows(&hosts, "https://api.example.com:8443/"));
        assert!(allows(&hosts, "http://127.0.0.1:8008/"));
        assert!(!allows(&hosts, "http://127.0.0.1/"));
    }

    #[test]
    fn a_pattern_for_everything_is_refused() {
        for text in ["*", "*.com", "a b", "user@host", "host/path", ""] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }
}
