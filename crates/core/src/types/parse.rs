//! Reads a type's text, in Trino's or Hive's spelling.

use super::{AthenaType, RowField, decimal};
use crate::error::{Error, ErrorKind, Result};

/// Deepest nesting read. Bounds the recursion here and in whoever walks the type later.
const MAX_DEPTH: usize = 64;
/// Most fraction digits Trino has for times.
pub(super) const MAX_TIME_PRECISION: u8 = 12;
/// Trino's and Athena's precision of a `timestamp` or `time` that names none.
const DEFAULT_TIME_PRECISION: u8 = 3;
/// Precision of Iceberg's `timestamptz` and Hive's `timestamp with local time zone`.
const LOCAL_ZONE_PRECISION: u8 = 6;

impl AthenaType {
    /// Reads a type in Trino's spelling (`map(varchar(3), row("a b" integer))`) or in Hive's,
    /// as Glue stores it (`map<string,struct<a b:int>>`). Keywords in any case; blanks allowed.
    ///
    /// A name that is not known gives [`AthenaType::Other`]. A bare `decimal` is Hive's
    /// `decimal(10,0)`.
    ///
    /// Errors: [`ErrorKind::Decode`] with the text and the place where it stops making sense,
    /// also for types nested more than 64 deep.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { text, position: 0 };
        let athena_type = parser.athena_type(0)?;
        parser.skip_blanks();
        if parser.rest().is_empty() {
            Ok(athena_type)
        } else {
            Err(parser.error("the end of the type"))
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset, always at a character boundary.
    position: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn error(&self, expected: &str) -> Error {
        let text: String = self.text.chars().take(200).collect();
        Error::new(
            ErrorKind::Decode,
            format!(
                "Not a type of Athena: {text:?}. Expected {expected} at byte {}.",
                self.position
            ),
        )
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len_utf8();
        }
        found
    }

    fn expect(&mut self, token: char) -> Result<()> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.error(&format!("`{token}`")))
        }
    }

    /// Takes a run of letters, digits and `_`; empty if none comes next.
    fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (word, _) = rest.split_at(end);
        self.position += end;
        word
    }

    /// Takes the words of `phrase` if all of them come next.
    fn phrase(&mut self, phrase: &str) -> bool {
        let start = self.position;
        let found = phrase
            .split(' ')
            .all(|expected| self.word().eq_ignore_ascii_case(expected));
        if !found {
            self.position = start;
        }
        found
    }

    fn number(&mut self) -> Result<u32> {
        let start = self.position;
        self.word().parse().map_err(|error| {
            self.position = start;
            self.error("a number").with_source(error)
        })
    }

    /// `(n)`, if it comes next.
    fn length(&mut self) -> Result<Option<u32>> {
        if !self.take('(') {
            return Ok(None);
        }
        let length = self.number()?;
        self.expect(')')?;
        Ok(Some(length))
    }

    fn athena_type(&mut self, depth: usize) -> Result<AthenaType> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("no more than {MAX_DEPTH} levels of nesting")));
        }
        self.skip_blanks();
        let start = self.position;
        let name = self.word().to_ascii_lowercase();
        Ok(match name.as_str() {
            "" => return Err(self.error("the name of a type")),
            "boolean" => AthenaType::Boolean,
            "tinyint" => AthenaType::TinyInt,
            "smallint" => AthenaType::SmallInt,
            "integer" | "int" => AthenaType::Integer,
            "bigint" | "long" => AthenaType::BigInt,
            "real" | "float" => AthenaType::Real,
            "double" => {
                self.phrase("precision");
                AthenaType::Double
            }
            "decimal" => self.decimal()?,
            "char" => AthenaType::Char(self.length()?.unwrap_or(1)),
            "varchar" => AthenaType::Varchar(self.length()?),
            "string" => AthenaType::Varchar(None),
            "varbinary" | "binary" => AthenaType::Varbinary,
            "date" => AthenaType::Date,
            "time" => {
                let (precision, with_zone) = self.time()?;
                AthenaType::Time {
                    precision,
                    with_zone,
                }
            }
            "timestamp" => {
                let (precision, with_zone) = self.time()?;
                AthenaType::Timestamp {
                    precision,
                    with_zone,
                }
            }
            "timestamptz" => AthenaType::Timestamp {
                precision: LOCAL_ZONE_PRECISION,
                with_zone: true,
            },
            "interval" if self.phrase("year to month") => AthenaType::IntervalYearToMonth,
            "interval" if self.phrase("day to second") => AthenaType::IntervalDayToSecond,
            "json" => AthenaType::Json,
            "uuid" => AthenaType::Uuid,
            "ipaddress" => AthenaType::IpAddress,
            "unknown" | "void" => AthenaType::Unknown,
            "array" => AthenaType::Array(match self.open() {
                None => None,
                Some(close) => {
                    let element = self.athena_type(depth + 1)?;
                    self.expect(close)?;
                    Some(Box::new(element))
                }
            }),
            "map" => AthenaType::Map(match self.open() {
                None => None,
                Some(close) => {
                    let key = self.athena_type(depth + 1)?;
                    self.expect(',')?;
                    let value = self.athena_type(depth + 1)?;
                    self.expect(close)?;
                    Some(Box::new((key, value)))
                }
            }),
            "row" => AthenaType::Row(self.fields('(', ')', depth, Self::row_field)?),
            "struct" => AthenaType::Row(self.fields('<', '>', depth, Self::struct_field)?),
            _ => {
                self.skip_parameters()?;
                let spelled = self.text.get(start..self.position).unwrap_or_default();
                AthenaType::Other(spelled.to_owned())
            }
        })
    }

    /// Takes the bracket that opens the parameters of `array` or `map`; gives the closing one.
    fn open(&mut self) -> Option<char> {
        if self.take('(') {
            Some(')')
        } else if self.take('<') {
            Some('>')
        } else {
            None
        }
    }

    fn decimal(&mut self) -> Result<AthenaType> {
        let start = self.position;
        let (mut precision, mut scale) = (10, 0);
        if self.take('(') {
            precision = self.number()?;
            if self.take(',') {
                scale = self.number()?;
            }
            self.expect(')')?;
        }
        let in_range = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        decimal(in_range(precision), in_range(scale)).ok_or_else(|| {
            self.position = start;
            self.error("a precision of 1 to 38 and a scale not above it")
        })
    }

    /// What follows `time` and `timestamp`: precision, and whether there is a zone.
    fn time(&mut self) -> Result<(u8, bool)> {
        let start = self.position;
        let given = self.length()?;
        let local = self.phrase("with local time zone");
        let with_zone = local || self.phrase("with time zone");
        if !with_zone {
            self.phrase("without time zone");
        }
        let default = if local {
            LOCAL_ZONE_PRECISION
        } else {
            DEFAULT_TIME_PRECISION
        };
        match given.map_or(Ok(default), u8::try_from) {
            Ok(precision) if precision <= MAX_TIME_PRECISION => Ok((precision, with_zone)),
            _ => {
                self.position = start;
                Err(self.error(&format!("a precision of 0 to {MAX_TIME_PRECISION}")))
            }
        }
    }

    fn fields(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        field: fn(&mut Self, usize) -> Result<RowField>,
    ) -> Result<Option<Vec<RowField>>> {
        if !self.take(open) {
            return Ok(None);
        }
        let mut fields = vec![field(self, depth + 1)?];
        while self.take(',') {
            fields.push(field(self, depth + 1)?);
        }
        self.expect(close)?;
        Ok(Some(fields))
    }

    /// `name type`, `"name" type` or, for a field without a name, `type`.
    fn row_field(&mut self, depth: usize) -> Result<RowField> {
        self.skip_blanks();
        let start = self.position;
        let name = if self.rest().starts_with('"') {
            self.quoted('"')?
        } else {
            // Names of types are also names of fields: `row(date date)`, `row(date)`.
            let unnamed = self.athena_type(depth);
            self.skip_blanks();
            if self.rest().starts_with([',', ')']) {
                return Ok(RowField {
                    name: None,
                    athena_type: unnamed?,
                });
            }
            let failed_at = std::mem::replace(&mut self.position, start);
            let name = self.word().to_owned();
            self.skip_blanks();
            if self.rest().starts_with(['(', '<']) {
                // Parameters follow, so it was a type after all, and a broken one.
                self.position = failed_at;
                return unnamed.and_then(|_| Err(self.error("`,` or `)`")));
            }
            name
        };
        Ok(RowField {
            name: Some(name),
            athena_type: self.athena_type(depth)?,
        })
    }

    /// ``name:type`` or `` `name`:type``. A bare name runs up to the colon.
    fn struct_field(&mut self, depth: usize) -> Result<RowField> {
        self.skip_blanks();
        let name = if self.rest().starts_with('`') {
            self.quoted('`')?
        } else {
            let (name, _) = self
                .rest()
                .split_once(':')
                .ok_or_else(|| self.error("a field `name:type`"))?;
            self.position += name.len();
            name.trim_end().to_owned()
        };
        self.expect(':')?;
        Ok(RowField {
            name: Some(name),
            athena_type: self.athena_type(depth)?,
        })
    }

    /// A name between two `quote`s; a doubled one inside stands for itself.
    fn quoted(&mut self, quote: char) -> Result<String> {
        self.expect(quote)?;
        let mut name = String::new();
        loop {
            let (part, _) = self
                .rest()
                .split_once(quote)
                .ok_or_else(|| self.error(&format!("a closing `{quote}`")))?;
            name.push_str(part);
            self.position += part.len() + quote.len_utf8();
            if !self.rest().starts_with(quote) {
                return Ok(name);
            }
            name.push(quote);
            self.position += quote.len_utf8();
        }
    }

    /// Skips the bracketed parameters of an unknown type.
    fn skip_parameters(&mut self) -> Result<()> {
        let start = self.position;
        self.skip_blanks();
        if !self.rest().starts_with(['(', '<']) {
            self.position = start;
            return Ok(());
        }
        let mut depth = 0_usize;
        for (offset, c) in self.rest().char_indices() {
            match c {
                '(' | '<' => depth += 1,
                ')' | '>' => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                self.position += offset + 1;
                return Ok(());
            }
        }
        Err(self.error("a closing bracket"))
    }
}

#[cfg(test)]
mod tests {
    use super::AthenaType::{self, *};
    use super::RowField;

    fn array(element: AthenaType) -> AthenaType {
        Array(Some(Box::new(element)))
    }

    fn map(key: AthenaType, value: AthenaType) -> AthenaType {
        Map(Some(Box::new((key, value))))
    }

    fn row<const N: usize>(fields: [(&str, AthenaType); N]) -> AthenaType {
        Row(Some(
            fields
                .into_iter()
                .map(|(name, athena_type)| RowField {
                    name: (!name.is_empty()).then(|| name.to_owned()),
                    athena_type,
                })
                .collect(),
        ))
    }

    fn timestamp(precision: u8, with_zone: bool) -> AthenaType {
        Timestamp {
            precision,
            with_zone,
        }
    }

    #[test]
    fn every_spelling_is_read() {
        for (text, expected) in [
            ("INTEGER", Integer),
            ("int", Integer),
            ("long", BigInt),
            ("float", Real),
            ("real", Real),
            ("double precision", Double),
            ("string", Varchar(None)),
            ("varchar(12)", Varchar(Some(12))),
            ("char", Char(1)),
            ("char( 255 )", Char(255)),
            ("binary", Varbinary),
            (
                "decimal",
                Decimal {
                    precision: 10,
                    scale: 0,
                },
            ),
            (
                "decimal(5)",
                Decimal {
                    precision: 5,
                    scale: 0,
                },
            ),
            (
                " decimal(38, 18) ",
                Decimal {
                    precision: 38,
                    scale: 18,
                },
            ),
            ("timestamp", timestamp(3, false)),
            ("timestamp without time zone", timestamp(3, false)),
            ("timestamp(6) with time zone", timestamp(6, true)),
            ("timestamp with local time zone", timestamp(6, true)),
            ("timestamptz", timestamp(6, true)),
            (
                "time(0) WITH TIME ZONE",
                Time {
                    precision: 0,
                    with_zone: true,
                },
            ),
            ("interval  year to month", IntervalYearToMonth),
            ("interval day to second", IntervalDayToSecond),
            ("void", Unknown),
            ("array", Array(None)),
            ("array(array<int>)", array(array(Integer))),
            ("map<string, int>", map(Varchar(None), Integer)),
            ("map(varchar(3),double)", map(Varchar(Some(3)), Double)),
            (
                "row(a integer, b varchar(3))",
                row([("a", Integer), ("b", Varchar(Some(3)))]),
            ),
            (
                "row(integer,varchar)",
                row([("", Integer), ("", Varchar(None))]),
            ),
            (
                "row(date date, time time, x date)",
                row([
                    ("date", Date),
                    (
                        "time",
                        Time {
                            precision: 3,
                            with_zone: false,
                        },
                    ),
                    ("x", Date),
                ]),
            ),
            (
                "row(timestamp with time zone)",
                row([("", timestamp(3, true))]),
            ),
            (
                "row(timestamp timestamp(6) with time zone)",
                row([("timestamp", timestamp(6, true))]),
            ),
            (
                "row(interval interval day to second)",
                row([("interval", IntervalDayToSecond)]),
            ),
            ("row(array array(date))", row([("array", array(Date))])),
            (
                r#"row("a ""b"", c)" integer)"#,
                row([(r#"a "b", c)"#, Integer)]),
            ),
            (
                "array<struct<a:int,b:string>>",
                array(row([("a", Integer), ("b", Varchar(None))])),
            ),
            (
                "struct<a : int, b.c-d e: decimal(10, 2)>",
                row([
                    ("a", Integer),
                    (
                        "b.c-d e",
                        Decimal {
                            precision: 10,
                            scale: 2,
                        },
                    ),
                ]),
            ),
            ("struct<`x:y`:date>", row([("x:y", Date)])),
            ("HyperLogLog", Other("HyperLogLog".into())),
            (
                "array(qdigest(double))",
                array(Other("qdigest(double)".into())),
            ),
            (
                "map<int,uniontype<int,struct<a:int>>>",
                map(Integer, Other("uniontype<int,struct<a:int>>".into())),
            ),
        ] {
            assert_eq!(AthenaType::parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn broken_text_is_an_error_that_shows_the_place() {
        for (text, place) in [
            ("", 0),
            ("array(", 6),
            ("array(integer", 13),
            ("array(integer>", 13),
            ("map(integer)", 11),
            ("decimal(39)", 7),
            ("decimal(3,4)", 7),
            ("timestamp(13)", 9),
            ("varchar(x)", 8),
            ("varchar(4294967296)", 8),
            ("row(a)b", 6),
            ("row(array(x) y)", 13),
            ("row(\"a integer)", 5),
            ("struct<a int>", 7),
            ("integer integer", 8),
            ("interval year", 9),
            ("foo(", 3),
        ] {
            let error = AthenaType::parse(text).map(|t| t.to_string()).unwrap_err();
            let expected = format!("at byte {place}.");
            assert!(error.message().ends_with(&expected), "{text}: {error}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "array(".repeat(depth) + "date" + &")".repeat(depth);
        assert!(AthenaType::parse(&nested(64)).is_ok());
        for text in [
            nested(65),
            nested(100_000),
            "row(".repeat(100_000),
            "struct<a:".repeat(100_000),
        ] {
            let error = AthenaType::parse(&text).unwrap_err();
            assert!(error.message().contains("64 levels"), "{error}");
        }
    }
}
