//! Places in a query that errors name, where the query stood in another one.

/// The message of an error about `prefix`, followed by the part `body` of `sql` as its first
/// line's rest, with `line l:c` as it is in `sql`.
pub(super) fn moved(message: &str, prefix: &str, sql: &str, body: &str) -> Option<String> {
    const LINE: &str = "line ";
    let start = message.find(LINE)? + LINE.len();
    let (before, place) = message.split_at_checked(start)?;
    let (line, rest) = place.split_once(':')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (column, after) = rest.split_at_checked(digits)?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    // What stands before the body in the caller's text.
    let ahead = sql.get(..sql.find(body)?)?;
    let lines_ahead = ahead.matches('\n').count();
    let last_line = ahead.rsplit('\n').next().unwrap_or_default();
    let column = if line == 1 {
        column.checked_sub(prefix.chars().count())? + last_line.chars().count()
    } else {
        column
    };
    let line = line + lines_ahead;
    Some(format!("{before}{line}:{column}{after}"))
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn places_are_those_in_the_callers_text() {
        for (message, sql, body, expected) in [
            (
                "E: line 1:12: no x",
                "SELECT x",
                "SELECT x",
                "E: line 1:8: no x",
            ),
            (
                "E: line 1:12: no x",
                "\n\n  SELECT x;",
                "SELECT x",
                "E: line 3:10: no x",
            ),
            (
                "E: line 2:3: no x",
                "SELECT\n  x",
                "SELECT\n  x",
                "E: line 2:3: no x",
            ),
            (
                "E: line 2:3: no x",
                "\nSELECT\n  x",
                "SELECT\n  x",
                "E: line 3:3: no x",
            ),
        ] {
            let found = moved(message, "1234", sql, body);
            assert_eq!(found.as_deref(), Some(expected), "{sql:?}");
        }
        for message in [
            "",
            "line",
            "line x:1: y",
            "line 1:x",
            "line 1:3: before the query",
        ] {
            assert_eq!(
                moved(message, "1234", "SELECT x", "SELECT x"),
                None,
                "{message}"
            );
        }
    }
}
