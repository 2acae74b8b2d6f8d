//! PREPARE, EXECUTE and DEALLOCATE PREPARE: statements about prepared statements, which the
//! service carries out itself.

use crate::engine::{Refusal, StatementKind, StatementType};

/// A statement about a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prepared<'a> {
    /// `PREPARE name FROM text`.
    Prepare { name: String, text: &'a str },
    /// `EXECUTE name [USING value, …]`.
    Execute { name: String, using: Vec<String> },
    /// `DEALLOCATE PREPARE name`.
    Deallocate { name: String },
}

impl<'a> Prepared<'a> {
    /// Reads a statement; `None` if it is of another kind.
    pub(super) fn parse(sql: &'a str) -> Option<Result<Self, Refusal>> {
        let mut reader = Reader(sql);
        let first = reader.word()?.to_ascii_uppercase();
        match first.as_str() {
            "PREPARE" => Some(reader.prepare()),
            "EXECUTE" => Some(reader.execute()),
            "DEALLOCATE" => Some(reader.deallocate()),
            _ => None,
        }
    }
}

/// What Athena calls PREPARE and DEALLOCATE is not known.
pub(super) fn kind(substatement_type: &'static str) -> StatementKind {
    StatementKind {
        statement_type: StatementType::Ddl,
        substatement_type,
    }
}

/// What is left of a statement.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// Goes on behind blanks and comments.
    fn skip(&mut self) {
        loop {
            self.0 = self.0.trim_start();
            if let Some(comment) = self.0.strip_prefix("--") {
                self.0 = comment.split_once('\n').map_or("", |(_, after)| after);
            } else if let Some(comment) = self.0.strip_prefix("/*") {
                self.0 = comment.split_once("*/").map_or("", |(_, after)| after);
            } else {
                return;
            }
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.skip();
        let end = self
            .0
            .find(|letter: char| !(letter.is_alphanumeric() || "_@:".contains(letter)))
            .unwrap_or(self.0.len());
        let (word, after) = self.0.split_at(end);
        self.0 = after;
        (!word.is_empty()).then_some(word)
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), Refusal> {
        let before = self.0;
        match self.word() {
            Some(word) if word.eq_ignore_ascii_case(wanted) => Ok(()),
            _ => {
                self.0 = before;
                Err(self.unexpected(&format!("'{wanted}'")))
            }
        }
    }

    /// A name, in quotes or not.
    fn name(&mut self) -> Result<String, Refusal> {
        self.skip();
        if let Some((name, after)) = self
            .0
            .strip_prefix('"')
            .and_then(|quoted| quoted.split_once('"'))
        {
            self.0 = after;
            return Ok(name.to_owned());
        }
        match self.word() {
            Some(name) => Ok(name.to_owned()),
            None => Err(self.unexpected("<identifier>")),
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.skip();
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.unexpected("<EOF>"))
        }
    }

    fn unexpected(&mut self, expected: &str) -> Refusal {
        self.skip();
        let found = self.0.split_whitespace().next().unwrap_or("<EOF>");
        Refusal {
            code: "MALFORMED_QUERY",
            message: format!("line 1:1: mismatched input '{found}'. Expecting: {expected}"),
        }
    }

    fn prepare(mut self) -> Result<Prepared<'a>, Refusal> {
        let name = self.name()?;
        self.keyword("FROM")?;
        let text = self.0.trim();
        if text.is_empty() {
            return Err(self.unexpected("<statement>"));
        }
        Ok(Prepared::Prepare { name, text })
    }

    fn execute(mut self) -> Result<Prepared<'a>, Refusal> {
        let name = self.name()?;
        self.skip();
        if self.0.is_empty() {
            let using = Vec::new();
            return Ok(Prepared::Execute { name, using });
        }
        self.keyword("USING")?;
        let using = self.values()?;
        Ok(Prepared::Execute { name, using })
    }

    fn deallocate(mut self) -> Result<Prepared<'a>, Refusal> {
        self.keyword("PREPARE")?;
        let name = self.name()?;
        self.end()?;
        Ok(Prepared::Deallocate { name })
    }

    /// Texts between commas outside of brackets and quotes.
    fn values(&mut self) -> Result<Vec<String>, Refusal> {
        let mut values = vec![String::new()];
        let (mut depth, mut quote) = (0_usize, None);
        for letter in self.0.chars() {
            match (quote, letter) {
                (Some(open), _) if letter == open => quote = None,
                (None, '\'' | '"') => quote = Some(letter),
                (None, '(' | '[') => depth += 1,
                (None, ')' | ']') => depth = depth.saturating_sub(1),
                (None, ',') if depth == 0 => {
                    values.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(last) = values.last_mut() {
                last.push(letter);
            }
        }
        let values: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            self.0 = "";
            return Err(self.unexpected("<expression>"));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_whatever_their_blanks_and_quotes() {
        let name = "a_1".to_owned();
        for (sql, expected) in [
            (
                "prepare a_1 from SELECT ? -- why",
                Prepared::Prepare {
                    name: name.clone(),
                    text: "SELECT ? -- why",
                },
            ),
            (
                "/* x */ EXECUTE\n\"a_1\"",
                Prepared::Execute {
                    name: name.clone(),
                    using: Vec::new(),
                },
            ),
            (
                "EXECUTE a_1 USING 1, 'a,''b', f(2, [3, 4]), \"c,d\"",
                Prepared::Execute {
                    name: name.clone(),
                    using: ["1", "'a,''b'", "f(2, [3, 4])", "\"c,d\""]
                        .map(str::to_owned)
                        .to_vec(),
                },
            ),
            ("DEALLOCATE PREPARE a_1", Prepared::Deallocate { name }),
        ] {
            assert_eq!(Prepared::parse(sql).unwrap().unwrap(), expected, "{sql}");
        }
        assert!(Prepared::parse("SELECT 1").is_none());
        for bad in [
            "PREPARE",
            "PREPARE a SELECT 1",
            "PREPARE a FROM",
            "EXECUTE",
            "EXECUTE a WITH 1",
            "EXECUTE a USING",
            "EXECUTE a USING 1,",
            "DEALLOCATE a",
            "DEALLOCATE PREPARE a b",
        ] {
            let refusal = Prepared::parse(bad).unwrap().unwrap_err();
            assert_eq!(refusal.code, "MALFORMED_QUERY", "{bad}");
        }
    }
}
