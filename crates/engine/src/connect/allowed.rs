//! Where browsers may return to, and whose pages may confirm. Pure.

use tenon_connector::FieldError;
use url::{Host, Url};

use crate::model::ConnectSettings;

/// The most addresses of one kind that an environment may allow.
const MOST: usize = 50;

impl ConnectSettings {
    /// Checks what an operator or tenant decides.
    ///
    /// # Errors
    /// One for each address that cannot be meant.
    pub(crate) fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        for (name, list) in [
            ("redirect_urls", &self.redirect_urls),
            ("origins", &self.origins),
        ] {
            if list.len() > MOST {
                let message = format!("`connect.{name}` may have at most {MOST} entries");
                errors.push(FieldError::new(format!("connect.{name}"), "range", message));
            }
            for (at, text) in list.iter().enumerate() {
                let fits = match name {
                    "origins" => is_origin(text),
                    _ => address(text).is_some(),
                };
                if !fits {
                    let param = format!("connect.{name}[{at}]");
                    let message = format!("`{param}` {}", wanted(name));
                    errors.push(FieldError::new(param, "format", message));
                }
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// The address to send a browser back to, if it may go there: one that is listed, or any of a listed origin.
    pub fn return_address(&self, text: &str) -> Option<Url> {
        let url = address(text)?;
        let listed = self.redirect_urls.iter().any(|one| one == text);
        let origin = url.origin().ascii_serialization();
        (listed || self.origins.contains(&origin)).then_some(url)
    }

    /// Whether anybody could confirm: a page that a browser returns to, or one that opened it.
    pub(crate) fn can_confirm(&self) -> bool {
        !(self.redirect_urls.is_empty() && self.origins.is_empty())
    }
}

fn wanted(name: &str) -> &'static str {
    match name {
        "origins" => {
            "must be an origin such as https://app.example.com: scheme, host and port, and nothing behind them"
        }
        _ => {
            "must be an address such as https://app.example.com/connected: https, or http on this machine, without user name and fragment"
        }
    }
}

fn is_origin(text: &str) -> bool {
    address(text).is_some_and(|url| url.origin().ascii_serialization() == text)
}

/// An address that a browser may be sent to with something secret in it.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let safe = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_this_machine(&url),
        _ => false,
    };
    // A star is a sign that a pattern was meant, and there are none.
    (bare && safe && !url.host_str().is_some_and(|host| host.contains('*'))).then_some(url)
}

/// Whether browsers take the address for one of their own machine.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ConnectSettings {
        ConnectSettings {
            redirect_urls: vec!["https://app.example.com/back?x=1".to_owned()],
            origins: vec!["https://other.example.com".to_owned()],
            ..ConnectSettings::default()
        }
    }

    #[test]
    fn a_browser_returns_only_to_what_is_listed() {
        let settings = settings();
        for allowed in [
            "https://app.example.com/back?x=1",
            "https://other.example.com/any/where",
            "https://other.example.com",
        ] {
            assert!(settings.return_address(allowed).is_some(), "{allowed}");
        }
        for refused in [
            "https://app.example.com/back",
            "https://app.example.com/back?x=1&y=2",
            "https://app.example.com/back?x=1#f",
            "https://app.example.com:444/back?x=1",
            "http://other.example.com/",
            "https://other.example.com:444/",
            "https://other.example.com.evil.example/",
            "https://user@other.example.com/",
            "https://other.example.com#fragment",
            "https://evil.example/https://other.example.com",
            "//other.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "",
        ] {
            assert!(settings.return_address(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn what_parsers_could_read_in_two_ways_is_sent_as_it_was_read_here() {
        let settings = settings();
        let url = settings.return_address("https://other.example.com\\@evil.example/");
        assert_eq!(
            url.map(String::from).as_deref(),
            Some("https://other.example.com/@evil.example/")
        );
    }

    #[test]
    fn addresses_that_cannot_be_meant_are_named() {
        let wrong = ConnectSettings {
            redirect_urls: vec![
                "https://fine.example".to_owned(),
                "http://fine.localhost:3000/x".to_owned(),
                "http://public.example/".to_owned(),
                "nonsense".to_owned(),
            ],
            origins: vec![
                "https://fine.example".to_owned(),
                "https://fine.example/".to_owned(),
                "https://*.example".to_owned(),
                "http://127.0.0.1:3000".to_owned(),
            ],
            ..ConnectSettings::default()
        };
        let errors = wrong.check().unwrap_err();
        let named: Vec<_> = errors.iter().map(|error| error.param.as_str()).collect();
        assert_eq!(
            named,
            [
                "connect.redirect_urls[2]",
                "connect.redirect_urls[3]",
                "connect.origins[1]",
                "connect.origins[2]"
            ]
        );
        assert!(settings().check().is_ok());
    }
}
