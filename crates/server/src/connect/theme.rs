//! The tenant's colours, name and logo. What is no colour is left out: nothing of a tenant's text becomes CSS or markup.

use serde_json::{Map, Value};
use tenon_engine::connect::Visit;
use url::Url;

/// The longest name that is shown.
const LONGEST_NAME: usize = 80;

/// What a tenant's pages look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Theme {
    accent: Option<Colour>,
    page: Option<Colour>,
    /// What the tenant is called.
    pub(crate) name: String,
    /// Its picture.
    pub(crate) logo: Option<String>,
}

/// A colour that was read and is written anew.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Colour([u8; 3]);

impl Theme {
    /// The theme of a link: what it says, else what the environment says.
    pub(crate) fn of(visit: &Visit) -> Self {
        let (own, usual) = (&visit.link.wish.properties, &visit.settings.properties);
        Self::read(own, usual, &visit.organization.name)
    }

    fn read(own: &Map<String, Value>, usual: &Map<String, Value>, organization: &str) -> Self {
        let text = |names: &[&str]| {
            let found = [own, usual].into_iter().flat_map(|properties| {
                let values = names.iter().filter_map(|name| properties.get(*name));
                values.filter_map(Value::as_str)
            });
            found.map(str::trim).find(|text| !text.is_empty())
        };
        let colour = |names: &[&str]| text(names).and_then(Colour::read);
        let name = text(&["name", "company_name"]).unwrap_or(organization);
        Self {
            accent: colour(&["button_color", "base_color", "color"]),
            page: colour(&["bgColor", "bg_color", "background_color"]),
            name: name.chars().take(LONGEST_NAME).collect(),
            logo: text(&["logo", "logo_url"]).and_then(picture),
        }
    }

    /// The theme as a stylesheet.
    pub(crate) fn to_css(&self) -> String {
        let mut css = String::from(":root{");
        if let Some(accent) = self.accent {
            let (on, edge) = (accent.readable_on(), accent.against_white());
            css.push_str(&format!(
                "--accent:{};--on-accent:{};--focus:{};",
                accent.css(),
                on.css(),
                edge.css()
            ));
        }
        if let Some(page) = self.page {
            let ink = page.readable_on();
            css.push_str(&format!("--page:{};--on-page:{};", page.css(), ink.css()));
        }
        css.push('}');
        css
    }
}

/// A picture's address, if it is one that may be shown.
pub(crate) fn picture(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    (url.scheme() == "https" && url.host().is_some()).then(|| url.to_string())
}

const BLACK: Colour = Colour([0, 0, 0]);
const WHITE: Colour = Colour([255, 255, 255]);

impl Colour {
    /// Reads `#rgb`, `#rrggbb` and `rgb(r, g, b)`.
    fn read(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix('#') {
            return Self::hex(digits);
        }
        let inner = text.strip_prefix("rgb(")?.strip_suffix(')')?;
        let mut parts = inner.split(',').map(|part| part.trim().parse().ok());
        let colour = Self([parts.next()??, parts.next()??, parts.next()??]);
        parts.next().is_none().then_some(colour)
    }

    fn hex(digits: &str) -> Option<Self> {
        let nibbles: Option<Vec<u8>> = digits
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|value| u8::try_from(value).ok())
            })
            .collect();
        match nibbles?.as_slice() {
            [r, g, b] => Some(Self([r * 17, g * 17, b * 17])),
            [a, b, c, d, e, f] => Some(Self([a * 16 + b, c * 16 + d, e * 16 + f])),
            _ => None,
        }
    }

    fn css(self) -> String {
        let Self([r, g, b]) = self;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        let Self([r, g, b]) = self;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// Contrast (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black or white, whichever is read better on it.
    fn readable_on(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }

    /// Itself where it stands out on white, else black.
    fn against_white(self) -> Self {
        if self.contrast(WHITE) >= 3.0 {
            self
        } else {
            BLACK
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn theme(own: Value) -> Theme {
        let own = own.as_object().cloned().unwrap_or_default();
        Theme::read(&own, &Map::new(), "Acme")
    }

    #[test]
    fn only_colours_become_css() {
        for (text, wanted) in [
            ("#abc", "#aabbcc"),
            ("#A1B2C3", "#a1b2c3"),
            ("rgb(1, 20,255)", "#0114ff"),
        ] {
            let css = theme(json!({"color": text})).to_css();
            assert!(css.contains(&format!("--accent:{wanted};")), "{css}");
        }
        for text in [
            "red;}body{display:none",
            "#12",
            "#ggg",
            "#+1f",
            "url(https://evil.example)",
            "rgb(1,2,3,4)",
            "rgb(256,0,0)",
            "expression(alert(1))",
            "</style><script>",
        ] {
            assert_eq!(theme(json!({"color": text})).to_css(), ":root{}", "{text}");
        }
    }

    #[test]
    fn what_is_written_on_a_colour_can_be_read() {
        for text in ["#000", "#fff", "#ffff00", "#0000ff", "#777777", "#2563eb"] {
            let colour = Colour::read(text).unwrap();
            assert!(colour.contrast(colour.readable_on()) >= 4.5, "{text}");
            assert!(colour.against_white().contrast(WHITE) >= 3.0, "{text}");
        }
    }

    #[test]
    fn a_link_says_it_before_its_environment_and_the_organization_has_a_name_of_its_own() {
        let usual = json!({"name": "Usual", "logo": "https://a.example/l.png"});
        let usual = usual.as_object().unwrap();
        let own = json!({"name": "Own", "logo": "javascript:alert(1)"});
        let read = Theme::read(own.as_object().unwrap(), usual, "Acme");
        assert_eq!((read.name.as_str(), read.logo), ("Own", None));
        let read = Theme::read(&Map::new(), usual, "Acme");
        assert_eq!(read.logo.as_deref(), Some("https://a.example/l.png"));
        assert_eq!(theme(json!({"name": " "})).name, "Acme");
    }
}
