//! Markdown as HTML. What comes out has these elements and no others: all text is escaped, HTML in the source is left out,
//! and a link leads to `http` or `https` or is none.
//!
//! Titles (`#`) are left out, for the page has one, and the headings below them stand one level deeper. Of a picture its
//! text remains.

use minijinja::HtmlEscape;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use url::Url;

/// Writes Markdown as HTML.
pub(crate) fn html(text: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.html
}

#[derive(Default)]
struct Page {
    html: String,
    /// Within a title, of which nothing is written.
    in_title: bool,
    /// Whether each of the links around led somewhere.
    links: Vec<bool>,
    in_head: bool,
    cell_starts_at: usize,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => self.in_title = true,
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => self.in_title = false,
            _ if self.in_title => {}
            Event::Start(tag) => self.open(&tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.html.push_str("<code>");
                self.text(&text);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>\n"),
            Event::Rule => self.html.push_str("<hr>\n"),
            // HTML, and what only options that are off would give.
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.html.push_str(&HtmlEscape(text).to_string());
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } => self.open_link(dest_url),
            Tag::List(Some(first)) if *first != 1 => {
                self.html.push_str(&format!("<ol start=\"{first}\">\n"));
            }
            Tag::TableHead => {
                self.in_head = true;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableCell => self.cell_starts_at = self.html.len(),
            tag => {
                if let Some(name) = element(&tag.to_end()) {
                    self.html.push_str(&format!("<{name}>"));
                }
            }
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => {
                if self.links.pop() == Some(true) {
                    self.html.push_str("</a>");
                }
            }
            TagEnd::TableHead => {
                self.in_head = false;
                self.html.push_str("</tr></thead>\n");
            }
            TagEnd::TableCell => self.close_cell(),
            TagEnd::CodeBlock => self.html.push_str("</code></pre>\n"),
            tag => {
                if let Some(name) = element(&tag) {
                    self.html.push_str(&format!("</{name}>"));
                    if !matches!(tag, TagEnd::Emphasis | TagEnd::Strong) {
                        self.html.push('\n');
                    }
                }
            }
        }
    }

    /// A cell is known to be empty when it ends, and an empty one is nobody's head.
    fn close_cell(&mut self) {
        let empty = self.html.len() == self.cell_starts_at;
        let (open, close) = match self.in_head && !empty {
            true => ("<th scope=\"col\">", "</th>"),
            false => ("<td>", "</td>"),
        };
        self.html.insert_str(self.cell_starts_at, open);
        self.html.push_str(close);
    }

    fn open_link(&mut self, address: &str) {
        let url = Url::parse(address).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        self.links.push(url.is_some());
        if let Some(url) = url {
            let address = HtmlEscape(url.as_str());
            let link = format!("<a href=\"{address}\" rel=\"noopener noreferrer nofollow\">");
            self.html.push_str(&link);
        }
    }
}

/// The element that is written as it is.
fn element(tag: &TagEnd) -> Option<&'static str> {
    Some(match tag {
        TagEnd::Paragraph => "p",
        TagEnd::Heading(HeadingLevel::H1 | HeadingLevel::H2) => "h3",
        TagEnd::Heading(HeadingLevel::H3) => "h4",
        TagEnd::Heading(HeadingLevel::H4) => "h5",
        TagEnd::Heading(_) => "h6",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::CodeBlock => "pre><code",
        TagEnd::List(true) => "ol",
        TagEnd::List(false) => "ul",
        TagEnd::Item => "li",
        TagEnd::Table => "table",
        TagEnd::TableRow => "tr",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_becomes_elements_below_the_pages_own_title() {
        let text = "# Acme\n\n## Set up\n\n1. Open *Settings*.\n2. Copy `key`.\n\n| | read |\n|---|--:|\n| notes | **x** |\n";
        assert_eq!(
            html(text),
            "<h3>Set up</h3>\n<ol><li>Open <em>Settings</em>.</li>\n<li>Copy <code>key</code>.</li>\n</ol>\n\
             <table><thead><tr><td></td><th scope=\"col\">read</th></tr></thead>\n\
             <tr><td>notes</td><td><strong>x</strong></td></tr>\n</table>\n"
        );
    }

    #[test]
    fn nothing_that_acts_gets_through() {
        let cases = [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<!-- x --><iframe src=https://evil.example></iframe>",
            "[a](javascript:alert(1))",
            "[a](  JaVaScRiPt:alert(1))",
            "[a](data:text/html;base64,PHNjcmlwdD4=)",
            "[a](//evil.example)",
            "<javascript:alert(1)>",
            "![a](https://evil.example/pixel.png)",
            "[a](https://x.example/\"onmouseover=alert(1))",
            "```\"><script>alert(1)</script>\n</code></pre><script>\n```",
            "`<script>`",
            "[a]: javascript:alert(1)\n\n[a]",
        ];
        for text in cases {
            let html = html(text);
            let tags: Vec<_> = html.split('<').skip(1).collect();
            let known = [
                "p>",
                "/p>",
                "code>",
                "/code>",
                "pre>",
                "/pre>",
                "a href=\"https:",
                "/a>",
            ];
            for tag in tags {
                assert!(
                    known.iter().any(|known| tag.starts_with(known)),
                    "{text}: {html}"
                );
                let attributes = tag.split('"').count();
                assert!(attributes == 1 || attributes == 5, "{text}: {html}");
            }
        }
    }

    #[test]
    fn links_lead_out_and_say_nothing_of_where_they_were() {
        assert_eq!(
            html("[a](https://a.example/?b=1&c) [b](../up.md)"),
            "<p><a href=\"https:&#x2f;&#x2f;a.example&#x2f;?b=1&amp;c\" rel=\"noopener noreferrer nofollow\">a</a> b</p>\n"
        );
    }
}
