//! Vendors' prose as short plain text.

/// The first paragraph without markup, cut at a sentence or word. `None`: nothing is left.
pub(crate) fn short(text: &str, most: usize) -> Option<String> {
    let mut plain = String::new();
    let mut rest = first_paragraph(text);
    while let Some(c) = rest.chars().next() {
        let (taken, behind) = rest.split_at(c.len_utf8());
        rest = behind;
        match c {
            '<' => match after_tag(behind) {
                Some((tag, after)) => {
                    plain.push_str(if breaks(tag) { " " } else { "" });
                    rest = after;
                }
                None => plain.push_str(taken),
            },
            '[' => match link(behind) {
                Some((label, after)) => {
                    plain.push_str(label);
                    rest = after;
                }
                None => plain.push_str(taken),
            },
            '*' | '#' | '_' if plain.is_empty() || plain.ends_with([' ', '*']) => {}
            '*' => {}
            c if c.is_control() => plain.push(' '),
            _ => plain.push_str(taken),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let text = cut(&words.join(" "), most);
    (!text.is_empty()).then_some(text)
}

fn first_paragraph(text: &str) -> &str {
    let text = text.trim();
    let end = ["\n\n", "\r\n\r\n", "<br><br>", "</p>"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min();
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A tag of HTML and what stands behind it, where one was opened.
fn after_tag(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    if !first.is_ascii_alphabetic() && first != '/' {
        return None;
    }
    text.split_once('>')
}

/// Whether a tag stands between words and not around one.
fn breaks(tag: &str) -> bool {
    let name = tag.trim_start_matches('/');
    ["br", "p", "li", "ul", "div", "h"]
        .iter()
        .any(|block| name.starts_with(block))
}

/// The label of a Markdown link and what stands behind it.
fn link(text: &str) -> Option<(&str, &str)> {
    let (label, behind) = text.split_once("](")?;
    let (_, behind) = behind.split_once(')')?;
    (!label.contains(['[', ']'])).then_some((label, behind))
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    if let Some(end) = head.rfind(". ").filter(|end| *end > most / 4) {
        return head.chars().take(end + 1).collect();
    }
    let word = head
        .rsplit_once(' ')
        .map_or(head.as_str(), |(front, _)| front);
    format!("{word}…")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn markup_goes_and_the_first_paragraph_stays() {
        let text = "<p>Returns a [list](https://a.test/x) of **things**.</p>\n\nMore.";
        assert_eq!(short(text, 80).unwrap(), "Returns a list of things.");
        assert_eq!(
            short("a < b and snake_case", 80).unwrap(),
            "a < b and snake_case"
        );
        assert_eq!(short("  \n", 80), None);
    }

    #[test]
    fn long_text_ends_with_a_sentence_or_a_word() {
        assert_eq!(
            short("One thing. And then another one", 20).unwrap(),
            "One thing."
        );
        assert_eq!(short("abcdefg hijklmn opqrst", 12).unwrap(), "abcdefg…");
    }
}
