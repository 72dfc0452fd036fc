//! The words and signs of a SELECT text.

/// One word or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, a keyword, a number or a date: whatever stands without quotes.
    Word(String),
    /// What stood between quotes.
    Text(String),
    /// A comma, a parenthesis or a comparison.
    Sign(&'static str),
}

/// The longer ones first, so that `<=` is not read as `<`.
const SIGNS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", ",", "(", ")"];

impl Token {
    /// The token as a message shows it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Reads a text into tokens.
///
/// # Errors
/// A sentence that says what cannot be read.
pub(crate) fn read(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS
            .iter()
            .find_map(|sign| Some((*sign, rest.strip_prefix(sign)?)));
        let (token, behind) = match (first, sign) {
            (_, Some((sign, behind))) => (Token::Sign(sign), behind),
            ('\'', None) => quoted(rest)?,
            _ => word(rest).ok_or_else(|| format!("`{first}` cannot stand here"))?,
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    Ok(tokens)
}

fn word(rest: &str) -> Option<(Token, &str)> {
    let part = |letter: char| letter.is_alphanumeric() || "_.:+-".contains(letter);
    let end = rest.find(|letter| !part(letter)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at_checked(end)?;
    (!word.is_empty()).then(|| (Token::Word(word.to_owned()), behind))
}

/// Reads `'…'`, where a backslash makes the next sign an ordinary one.
fn quoted(rest: &str) -> Result<(Token, &str), String> {
    let mut letters = rest.chars();
    letters.next();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => return Ok((Token::Text(text), letters.as_str())),
            '\\' => text.extend(letters.next().map(unescaped)),
            other => text.push(other),
        }
    }
    Err("a text has no closing quote".to_owned())
}

fn unescaped(letter: char) -> char {
    match letter {
        'n' | 'N' => '\n',
        'r' | 'R' => '\r',
        't' | 'T' => '\t',
        other => other,
    }
}
