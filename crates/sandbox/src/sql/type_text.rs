//! Reads a type as written in SQL: `row(a integer, b varchar(3))`, `timestamp(3) with time zone`.

use super::types::AthenaType;

/// Parses a type; `None` when it is no type of Athena's.
pub(super) fn parse(text: &str) -> Option<AthenaType> {
    read(text, false)
}

/// Parses a type in Hive's spelling, `array<struct<a:int>>`; `None` when it is none.
pub(super) fn parse_hive(text: &str) -> Option<AthenaType> {
    read(text, true)
}

fn read(text: &str, hive: bool) -> Option<AthenaType> {
    let mut parser = TypeParser {
        rest: text,
        hive,
        depth: 0,
    };
    let parsed = parser.data_type()?;
    parser.rest.trim().is_empty().then_some(parsed)
}

struct TypeParser<'a> {
    rest: &'a str,
    /// True for Hive's spelling.
    hive: bool,
    /// How many types this one is inside of.
    depth: usize,
}

/// Types are walked recursively, also where stacks are small.
const MAX_DEPTH: usize = 64;

impl TypeParser<'_> {
    fn data_type(&mut self) -> Option<AthenaType> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let parsed = self.type_here();
        self.depth -= 1;
        parsed
    }

    fn type_here(&mut self) -> Option<AthenaType> {
        let name = self.word()?.to_ascii_lowercase();
        Some(match name.as_str() {
            "boolean" | "bool" => AthenaType::Boolean,
            "tinyint" => AthenaType::Tinyint,
            "smallint" => AthenaType::Smallint,
            "integer" | "int" => AthenaType::Integer,
            "bigint" => AthenaType::Bigint,
            "real" | "float" => AthenaType::Real,
            "double" => {
                self.keyword("precision");
                AthenaType::Double
            }
            "decimal" | "numeric" | "dec" => self.decimal()?,
            "varchar" | "string" => AthenaType::Varchar(self.number()),
            "char" => AthenaType::Char(self.number().unwrap_or(1)),
            "varbinary" => AthenaType::Varbinary,
            "binary" if self.hive => AthenaType::Varbinary,
            "long" if self.hive => AthenaType::Bigint,
            "timestamptz" if self.hive => AthenaType::TimestampWithTimeZone(3),
            "struct" if self.hive => self.structure()?,
            "date" => AthenaType::Date,
            "time" => {
                let precision = self.precision()?;
                if self.with_time_zone() {
                    AthenaType::TimeWithTimeZone(precision)
                } else {
                    AthenaType::Time(precision)
                }
            }
            "timestamp" => {
                let precision = self.precision()?;
                if self.with_time_zone() {
                    AthenaType::TimestampWithTimeZone(precision)
                } else {
                    AthenaType::Timestamp(precision)
                }
            }
            "interval" => match self.word()?.to_ascii_lowercase().as_str() {
                "year" if self.keyword("to") && self.keyword("month") => {
                    AthenaType::IntervalYearToMonth
                }
                "day" if self.keyword("to") && self.keyword("second") => {
                    AthenaType::IntervalDayToSecond
                }
                _ => return None,
            },
            "json" => AthenaType::Json,
            "uuid" => AthenaType::Uuid,
            "ipaddress" => AthenaType::IpAddress,
            "unknown" => AthenaType::Unknown,
            "array" => {
                self.open()?;
                let item = self.data_type()?;
                self.close()?;
                AthenaType::Array(Box::new(item))
            }
            "map" => {
                self.open()?;
                let key = self.data_type()?;
                self.symbol(',')?;
                let value = self.data_type()?;
                self.close()?;
                AthenaType::Map(Box::new(key), Box::new(value))
            }
            "row" => {
                self.symbol('(')?;
                let mut fields = vec![self.row_field()?];
                while self.symbol(',').is_some() {
                    fields.push(self.row_field()?);
                }
                self.symbol(')')?;
                AthenaType::Row(fields)
            }
            _ => return None,
        })
    }

    /// `<name:type, …>`.
    fn structure(&mut self) -> Option<AthenaType> {
        self.symbol('<')?;
        let mut fields = Vec::new();
        loop {
            let rest = self.rest.trim_start();
            let end = rest.find(':')?;
            let name = rest[..end].trim().trim_matches('`').to_lowercase();
            self.rest = &rest[end + 1..];
            fields.push((Some(name), self.data_type()?));
            if self.symbol(',').is_none() {
                break;
            }
        }
        self.symbol('>')?;
        Some(AthenaType::Row(fields))
    }

    /// `name type` or `type`.
    fn row_field(&mut self) -> Option<(Option<String>, AthenaType)> {
        let start = self.rest;
        if let Some(bare) = self.data_type()
            && matches!(self.rest.trim_start().chars().next(), Some(',' | ')'))
        {
            return Some((None, bare));
        }
        self.rest = start;
        let name = self.word()?.to_ascii_lowercase();
        Some((Some(name), self.data_type()?))
    }

    fn decimal(&mut self) -> Option<AthenaType> {
        if self.symbol('(').is_none() {
            let precision = if self.hive { 10 } else { 38 };
            return Some(AthenaType::Decimal(precision, 0));
        }
        let precision: u8 = self.digits()?.parse().ok()?;
        let scale: i8 = match self.symbol(',') {
            Some(()) => self.digits()?.parse().ok()?,
            None => 0,
        };
        self.symbol(')')?;
        let valid = (1..=38).contains(&precision) && scale.unsigned_abs() <= precision;
        valid.then_some(AthenaType::Decimal(precision, scale))
    }

    /// `(n)`, if it follows.
    fn number(&mut self) -> Option<i32> {
        let start = self.rest;
        let number = self.symbol('(').and_then(|()| {
            let number = self.digits()?.parse().ok()?;
            self.symbol(')')?;
            Some(number)
        });
        if number.is_none() {
            self.rest = start;
        }
        number
    }

    /// `(p)` with p of 0 to 9; 3 when absent.
    fn precision(&mut self) -> Option<u8> {
        let precision = self
            .number()
            .map_or(Some(3), |number| u8::try_from(number).ok())?;
        (precision <= 9).then_some(precision)
    }

    fn with_time_zone(&mut self) -> bool {
        let start = self.rest;
        let found = self.keyword("with") && self.keyword("time") && self.keyword("zone");
        if !found {
            self.rest = start;
        }
        found
    }

    fn open(&mut self) -> Option<()> {
        self.symbol('(').or_else(|| self.symbol('<'))
    }

    fn close(&mut self) -> Option<()> {
        self.symbol(')').or_else(|| self.symbol('>'))
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(symbol)?;
        Some(())
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let start = self.rest;
        let found = self
            .word()
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if !found {
            self.rest = start;
        }
        found
    }

    fn word(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, rest) = quoted.split_once('"')?;
            self.rest = rest;
            return Some(name.to_owned());
        }
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn digits(&mut self) -> Option<String> {
        self.word()
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_back() {
        for (text, display) in [
            ("INT", "integer"),
            ("DOUBLE PRECISION", "double"),
            ("real", "real"),
            ("decimal(10, 2)", "decimal(10,2)"),
            ("DECIMAL", "decimal(38,0)"),
            ("varchar", "varchar"),
            ("VARCHAR(3)", "varchar(3)"),
            ("char(7)", "char(7)"),
            ("timestamp", "timestamp(3)"),
            ("TIMESTAMP(6) WITH TIME ZONE", "timestamp(6) with time zone"),
            ("interval day to second", "interval day to second"),
            ("array(map(varchar,bigint))", "array(map(varchar, bigint))"),
            ("array<int>", "array(integer)"),
            (
                "row(a integer, \"B c\" varchar(2))",
                "row(a integer, b c varchar(2))",
            ),
            ("row(integer, varchar)", "row(integer, varchar)"),
            (
                "row(date date, timestamp timestamp(3) with time zone)",
                "row(date date, timestamp timestamp(3) with time zone)",
            ),
        ] {
            assert_eq!(
                parse(text).map(|t| t.to_string()).as_deref(),
                Some(display),
                "{text}"
            );
        }
    }

    #[test]
    fn hives_spelling_reads_too() {
        for (text, display) in [
            ("int", "integer"),
            ("string", "varchar"),
            ("binary", "varbinary"),
            ("decimal", "decimal(10,0)"),
            (
                "array<struct<a:int,`b c`:map<string,double>>>",
                "array(row(a integer, b c map(varchar, double)))",
            ),
            (
                "struct<a: int, b: decimal(10, 2)>",
                "row(a integer, b decimal(10,2))",
            ),
            ("timestamp", "timestamp(3)"),
        ] {
            assert_eq!(
                parse_hive(text).map(|t| t.to_string()).as_deref(),
                Some(display),
                "{text}"
            );
        }
        assert_eq!(parse("struct<a:int>"), None);
        let deep = "array<".repeat(10_000) + "int" + &">".repeat(10_000);
        assert_eq!(parse_hive(&deep), None);
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "foo",
            "array(",
            "decimal(39)",
            "decimal(2,3)",
            "timestamp(10)",
            "row()",
            "int int",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
