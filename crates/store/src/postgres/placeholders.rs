//! The marks of values: statements write `?` and `?1`, PostgreSQL reads `$1`.

/// The statement with PostgreSQL's marks. No statement of this crate has a `?` that is no mark.
pub(super) fn numbered(sql: &str) -> String {
    let mut numbered = String::with_capacity(sql.len() + 32);
    let mut next = 1;
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('?') {
        numbered.push_str(before);
        numbered.push('$');
        if !after.starts_with(|c: char| c.is_ascii_digit()) {
            numbered.push_str(&next.to_string());
            next += 1;
        }
        rest = after;
    }
    numbered.push_str(rest);
    numbered
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn marks_are_counted_unless_they_have_a_number() {
        assert_eq!(numbered("a = ? AND b = ?"), "a = $1 AND b = $2");
        assert_eq!(numbered("a = ?2 AND b = ?1"), "a = $2 AND b = $1");
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
    }
}
