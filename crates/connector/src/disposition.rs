//! The name of a file that an application answers with (RFC 6266), made safe to be a file's name anywhere.

use percent_encoding::percent_decode_str;

use crate::answer::Answer;

/// What a file is called whose application gave it no name.
const UNNAMED: &str = "download";
/// The longest name that file systems take.
const LONGEST: usize = 255;

/// The name that the answer gives its body.
pub fn filename(answer: &Answer) -> String {
    let header = answer.header("content-disposition").unwrap_or_default();
    let mut plain = None;
    for (name, value) in parameters(header) {
        match name.as_str() {
            // The one with an encoding wins.
            "filename*" => {
                if let Some(decoded) = extended(&value) {
                    return safe(&decoded);
                }
            }
            "filename" => plain = Some(value),
            _ => {}
        }
    }
    safe(&plain.unwrap_or_default())
}

/// A name without a way in it, without control characters, and no longer than file systems take.
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe: String = last.chars().filter(|c| !c.is_control()).collect();
    let most = (0..=LONGEST).rev().find(|end| safe.is_char_boundary(*end));
    safe.truncate(most.unwrap_or_default());
    match safe.trim() {
        "" | "." | ".." => UNNAMED.to_owned(),
        name => name.to_owned(),
    }
}

/// The parameters behind the first `;`, names in lower case, values without their quotes.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, behind)) = rest.split_once('=') {
        let (value, behind) = value(behind.trim_start());
        found.push((
            name.trim_matches([' ', '\t', ';']).to_ascii_lowercase(),
            value,
        ));
        rest = behind;
    }
    found
}

/// A token or a quoted text, and what is behind it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_once(';').unwrap_or((text, ""));
        return (token.trim().to_owned(), rest);
    };
    let (mut value, mut chars) = (String::new(), quoted.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187). Other encodings are left to the plain name.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    charset
        .eq_ignore_ascii_case("utf-8")
        .then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    fn named(header: &str) -> String {
        filename(&Answer {
            status: 200,
            headers: vec![("content-disposition".to_owned(), header.to_owned())],
            payload: Payload::Empty,
        })
    }

    #[test]
    fn the_name_is_what_the_header_says_and_never_a_way() {
        for (header, wanted) in [
            ("attachment; filename=report.pdf", "report.pdf"),
            (
                r#"attachment; filename="a; \"b\".pdf"; size=3"#,
                r#"a; "b".pdf"#,
            ),
            (
                "attachment; filename=x; filename*=UTF-8''na%C3%AFve.txt",
                "naïve.txt",
            ),
            (
                "attachment; filename*=latin1''x; filename=plain.txt",
                "plain.txt",
            ),
            ("attachment; filename=\"../../etc/passwd\"", "passwd"),
            ("attachment; filename=\"..\"", "download"),
            ("attachment; filename=\"C:\\\\temp\\\\a.txt\"", "a.txt"),
            ("inline", "download"),
            ("", "download"),
            ("attachment; filename", "download"),
            ("attachment; filename=\"unended", "unended"),
        ] {
            assert_eq!(named(header), wanted, "{header}");
        }
        assert_eq!(safe(&"é".repeat(300)).len(), 254);
        assert_eq!(safe("a\r\nb"), "ab");
    }
}
