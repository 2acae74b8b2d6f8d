//! The types an option's value can have, and the one spelling each value is kept in.

use std::time::Duration;

/// What a bare number means under one name of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The number itself.
    Plain,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Attempts, of an option counted in retries: one less.
    Attempts,
}

/// A text with rules of its own.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// What is accepted, for documentation and errors.
    pub what: &'static str,
    /// The spelling to keep, or `None` when the text breaks the rules.
    pub read: fn(&str) -> Option<String>,
}

/// The type of an option, with its range or values.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`.
    Bool,
    /// A whole number, both ends included.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A number, both ends included.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// A time: a bare number in `unit`, or with its own unit as in `500ms`, `1.5s`, `1h30m`.
    Duration {
        /// The unit of a bare number under the canonical name.
        unit: Unit,
        /// Shortest time, in milliseconds.
        min: u64,
        /// Longest time, in milliseconds.
        max: u64,
    },
    /// One of these, each with its other spellings. Case does not matter.
    Choice(&'static [(&'static str, &'static [&'static str])]),
    /// Any text.
    Text,
    /// Any text that must not be shown.
    Secret,
    /// A file or folder of this machine.
    Path,
    /// Texts separated by `,` or `|`.
    List,
    /// A text with rules of its own.
    Format(Format),
}

impl Kind {
    /// The one spelling `value` is kept in, or `None` when it is no value of this type.
    ///
    /// `unit` is that of the name the value came under, if that name has its own.
    pub fn normalize(&self, value: &str, unit: Option<Unit>) -> Option<String> {
        let trimmed = value.trim();
        match self {
            Self::Bool => read_bool(trimmed).map(|value| value.to_string()),
            Self::Integer { min, max } => {
                let given: i64 = trimmed.parse().ok()?;
                let number = if unit == Some(Unit::Attempts) {
                    given.checked_sub(1)?
                } else {
                    given
                };
                (*min..=*max).contains(&number).then(|| number.to_string())
            }
            Self::Float { min, max } => {
                let number: f64 = trimmed.parse().ok()?;
                (*min..=*max).contains(&number).then(|| number.to_string())
            }
            Self::Duration {
                unit: own,
                min,
                max,
            } => {
                let millis = read_millis(trimmed, unit.unwrap_or(*own))?;
                (*min..=*max).contains(&millis).then(|| match own {
                    Unit::Seconds if millis.is_multiple_of(1000) => (millis / 1000).to_string(),
                    Unit::Seconds => format!("{millis}ms"),
                    _ => millis.to_string(),
                })
            }
            Self::Choice(choices) => choices
                .iter()
                .find(|(name, others)| {
                    name.eq_ignore_ascii_case(trimmed)
                        || others
                            .iter()
                            .any(|other| other.eq_ignore_ascii_case(trimmed))
                })
                .map(|(name, _)| (*name).to_owned()),
            Self::Text | Self::Secret | Self::Path | Self::List => Some(value.to_owned()),
            Self::Format(format) => (format.read)(trimmed),
        }
    }

    /// The type with its range or values, for documentation and errors.
    pub fn describe(&self) -> String {
        match self {
            Self::Bool => "boolean: true or false, 1 or 0".to_owned(),
            Self::Integer { min, max } if *max == i64::MAX => format!("integer, at least {min}"),
            Self::Integer { min, max } => format!("integer, {min} to {max}"),
            Self::Float { min, max } => format!("number, {min} to {max}"),
            Self::Duration { unit, min, max } => {
                let (name, scale) = match unit {
                    Unit::Seconds => ("seconds", 1000),
                    _ => ("milliseconds", 1),
                };
                let (min, max) = (min / scale, max / scale);
                format!("{name}, {min} to {max}, or a duration such as 500ms or 1m30s")
            }
            Self::Choice(choices) => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                format!("one of {}", names.join(", "))
            }
            Self::Text => "text".to_owned(),
            Self::Secret => "secret text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::List => "texts separated by , or |".to_owned(),
            Self::Format(format) => format.what.to_owned(),
        }
    }
}

/// The time that [`Kind::normalize`] kept for a [`Kind::Duration`] counted in `unit`.
pub(super) fn kept_duration(text: &str, unit: Unit) -> Option<Duration> {
    read_millis(text, unit).map(Duration::from_millis)
}

fn read_bool(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["true", "1", "yes", "on"];
    const FALSE: [&str; 4] = ["false", "0", "no", "off"];
    let is = |word: &&str| word.eq_ignore_ascii_case(text);
    if TRUE.iter().any(is) {
        Some(true)
    } else {
        FALSE.iter().any(is).then_some(false)
    }
}

/// Milliseconds of `1500`, `1.5s`, `1h30m`; parts of a millisecond round up, so that a short
/// time never becomes zero, which means "no limit" to many options.
fn read_millis(text: &str, unit: Unit) -> Option<u64> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (suffix, next) = tail.split_at(letters);
        let seconds = match suffix.trim().to_ascii_lowercase().as_str() {
            "" if next.is_empty() && number.len() == text.len() => match unit {
                Unit::Millis => 1e-3,
                _ => 1.0,
            },
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(part)?;
        rest = next;
    }
    u64::try_from(total.as_nanos().div_ceil(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Kind = Kind::Duration {
        unit: Unit::Seconds,
        min: 0,
        max: 86_400_000,
    };

    #[test]
    fn durations_are_kept_in_the_canonical_unit() {
        let cases = [
            ("10", None, Some("10")),
            ("10", Some(Unit::Millis), Some("10ms")),
            ("2000", Some(Unit::Millis), Some("2")),
            ("1500ms", None, Some("1500ms")),
            ("1.5s", Some(Unit::Millis), Some("1500ms")),
            ("1h30m", None, Some("5400")),
            ("3600s", None, Some("3600")),
            ("10us", None, Some("1ms")),
            ("0.1", None, Some("100ms")),
            ("0", None, Some("0")),
            ("", None, None),
            ("-1", None, None),
            ("s", None, None),
            ("1s5", None, None),
            ("1.2.3", None, None),
            ("1e3", None, None),
            ("10 days", None, None),
            ("86401", None, None),
            ("99999999999999999999999999999", None, None),
        ];
        for (text, unit, kept) in cases {
            assert_eq!(SECONDS.normalize(text, unit).as_deref(), kept, "{text:?}");
        }
    }

    #[test]
    fn kept_durations_read_back() {
        assert_eq!(
            kept_duration("1500ms", Unit::Seconds),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            kept_duration("1500", Unit::Millis),
            Some(Duration::from_millis(1500))
        );
    }

    #[test]
    fn booleans_integers_floats_and_choices() {
        let integer = Kind::Integer { min: 0, max: 9 };
        let float = Kind::Float { min: 1.0, max: 9.0 };
        let choice = Kind::Choice(&[("WARN", &["WARNING", "3"]), ("OFF", &["0"])]);
        let cases: [(Kind, &str, Option<&str>); 14] = [
            (Kind::Bool, "TRUE", Some("true")),
            (Kind::Bool, " 0 ", Some("false")),
            (Kind::Bool, "2", None),
            (integer, "9", Some("9")),
            (integer, "10", None),
            (integer, "-1", None),
            (integer, "1.5", None),
            (float, "2", Some("2")),
            (float, "1.5", Some("1.5")),
            (float, "NaN", None),
            (float, "inf", None),
            (choice, "warning", Some("WARN")),
            (choice, "0", Some("OFF")),
            (choice, "1", None),
        ];
        for (kind, text, kept) in cases {
            assert_eq!(kind.normalize(text, None).as_deref(), kept, "{text:?}");
        }
    }

    #[test]
    fn attempts_become_retries() {
        let retries = Kind::Integer { min: 0, max: 9 };
        assert_eq!(
            retries.normalize("5", Some(Unit::Attempts)).as_deref(),
            Some("4")
        );
        assert_eq!(retries.normalize("0", Some(Unit::Attempts)), None);
    }
}
