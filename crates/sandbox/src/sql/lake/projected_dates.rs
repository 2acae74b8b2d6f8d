//! Dates of partition projection: a range, a step, and a pattern as in Java.

use chrono::{
    Datelike as _, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Utc,
};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// No part of a date has more digits.
const MAX_WIDTH: usize = 19;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A letter and how often it stands there.
    Field(char, usize),
    Text(String),
}

/// A step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Years,
    Months,
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
    Millis,
}

/// The values of a date column.
#[derive(Debug)]
pub(super) struct Dates {
    pattern: Vec<Part>,
    from: NaiveDateTime,
    to: NaiveDateTime,
    interval: i64,
    unit: Unit,
}

impl Dates {
    /// Reads the properties `format`, `range`, `interval` and `interval.unit`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(
        format: &str,
        range: &str,
        interval: Option<i64>,
        unit: Option<&str>,
    ) -> Result<Self, String> {
        let pattern = pattern(format)?;
        let unit = match unit {
            Some(name) => Unit::read(name).ok_or_else(|| {
                format!("'interval.unit' must be a unit of time such as DAYS, not '{name}'")
            })?,
            None => Unit::of(&pattern).ok_or(
                "'interval' and 'interval.unit' are required where dates are neither days nor months",
            )?,
        };
        let bound = |text: &str| -> Result<NaiveDateTime, String> {
            let wrong = || {
                format!("'{text}' is neither a date of the format '{format}' nor relative to NOW")
            };
            let moment = now_and(text).or_else(|| parse(&pattern, text.trim()));
            // NOW is as exact as the format, no more.
            let moment = moment.ok_or_else(wrong)?;
            parse(&pattern, &show(&pattern, moment)).ok_or_else(wrong)
        };
        let (from, to) = range
            .split_once(',')
            .ok_or("'range' must be two dates with a comma between")?;
        Ok(Self {
            from: bound(from)?,
            to: bound(to)?,
            interval: interval.unwrap_or(1),
            unit,
            pattern,
        })
    }

    /// The texts of all values; `None` if there are more than `most`.
    pub(super) fn values(&self, most: usize) -> Option<Vec<String>> {
        let mut values: Vec<String> = Vec::new();
        let mut step = 0_i64;
        loop {
            // What no date can tell lies behind any end.
            let moment = step.checked_mul(self.interval);
            let moment = moment.and_then(|steps| self.unit.after(self.from, steps));
            let Some(moment) = moment.filter(|moment| *moment <= self.to) else {
                return Some(values);
            };
            let text = show(&self.pattern, moment);
            if values.last() != Some(&text) {
                values.push(text);
            }
            if values.len() > most {
                return None;
            }
            step += 1;
        }
    }
}

impl Unit {
    fn read(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_uppercase();
        Some(match name.trim_end_matches('S') {
            "YEAR" => Self::Years,
            "MONTH" => Self::Months,
            "WEEK" => Self::Weeks,
            "DAY" => Self::Days,
            "HOUR" => Self::Hours,
            "MINUTE" => Self::Minutes,
            "SECOND" => Self::Seconds,
            "MILLI" => Self::Millis,
            _ => return None,
        })
    }

    /// The unit of what a pattern tells, for days and months.
    fn of(pattern: &[Part]) -> Option<Self> {
        let has = |letters: &str| {
            pattern
                .iter()
                .any(|part| matches!(part, Part::Field(letter, _) if letters.contains(*letter)))
        };
        if has("HhmsS") {
            None
        } else if has("d") {
            Some(Self::Days)
        } else {
            has("M").then_some(Self::Months)
        }
    }

    fn after(self, moment: NaiveDateTime, count: i64) -> Option<NaiveDateTime> {
        let months = |count: i64| {
            let by = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
            if count < 0 {
                moment.checked_sub_months(by)
            } else {
                moment.checked_add_months(by)
            }
        };
        match self {
            Self::Years => months(count.checked_mul(12)?),
            Self::Months => months(count),
            Self::Weeks => Self::Days.after(moment, count.checked_mul(7)?),
            Self::Days if count < 0 => moment.checked_sub_days(Days::new(count.unsigned_abs())),
            Self::Days => moment.checked_add_days(Days::new(count.unsigned_abs())),
            Self::Hours => moment.checked_add_signed(TimeDelta::try_hours(count)?),
            Self::Minutes => moment.checked_add_signed(TimeDelta::try_minutes(count)?),
            Self::Seconds => moment.checked_add_signed(TimeDelta::try_seconds(count)?),
            Self::Millis => moment.checked_add_signed(TimeDelta::try_milliseconds(count)?),
        }
    }
}

/// `NOW`, `NOW-3YEARS`, `NOW + 1 DAY`.
fn now_and(text: &str) -> Option<NaiveDateTime> {
    let rest = text.trim().strip_prefix("NOW")?.trim();
    let now = Utc::now().naive_utc();
    if rest.is_empty() {
        return Some(now);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let rest = rest.get(1..)?.trim();
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = rest.split_at(digits);
    Unit::read(unit)?.after(now, sign * count.parse::<i64>().ok()?)
}

fn pattern(format: &str) -> Result<Vec<Part>, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let mut text = String::new();
            loop {
                match chars.next() {
                    Some('\'') if chars.peek() == Some(&'\'') => {
                        chars.next();
                        text.push('\'');
                    }
                    Some('\'') => break,
                    Some(c) => text.push(c),
                    None => return Err(format!("'{format}' has a quote that is not closed")),
                }
            }
            parts.push(Part::Text(if text.is_empty() {
                "'".to_owned()
            } else {
                text
            }));
        } else if c.is_ascii_alphabetic() {
            let letter = if c == 'u' { 'y' } else { c };
            if !"yMdHmsS".contains(letter) {
                return Err(format!(
                    "'{format}' has the letter '{c}', which is not supported"
                ));
            }
            match parts.last_mut() {
                Some(Part::Field(last, count)) if *last == letter => {
                    *count += 1;
                    if *count > MAX_WIDTH {
                        return Err(format!("'{format}' has too many letters '{c}'"));
                    }
                }
                _ => parts.push(Part::Field(letter, 1)),
            }
        } else {
            parts.push(Part::Text(c.to_string()));
        }
    }
    Ok(parts)
}

fn show(pattern: &[Part], moment: NaiveDateTime) -> String {
    let mut text = String::new();
    for part in pattern {
        let (letter, width) = match part {
            Part::Text(literal) => {
                text.push_str(literal);
                continue;
            }
            Part::Field(letter, width) => (*letter, *width),
        };
        let number = match letter {
            'y' if width == 2 => i64::from(moment.year().rem_euclid(100)),
            'y' => i64::from(moment.year()),
            'M' if width == 3 => {
                text.push_str(MONTHS.get(moment.month0() as usize).unwrap_or(&""));
                continue;
            }
            'M' => moment.month().into(),
            'd' => moment.day().into(),
            'H' => moment.hour().into(),
            'm' => moment.minute().into(),
            's' => moment.second().into(),
            _ => {
                let nanos = format!("{:09}", moment.nanosecond());
                text.push_str(nanos.get(..width.min(9)).unwrap_or_default());
                continue;
            }
        };
        text.push_str(&format!("{number:0width$}"));
    }
    text
}

fn parse(pattern: &[Part], text: &str) -> Option<NaiveDateTime> {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let (mut hour, mut minute, mut second, mut nanos) = (0, 0, 0, 0);
    let mut rest = text;
    for part in pattern {
        let (letter, width) = match part {
            Part::Text(literal) => {
                rest = rest.strip_prefix(literal.as_str())?;
                continue;
            }
            Part::Field(letter, width) => (*letter, *width),
        };
        if (letter, width) == ('M', 3) {
            let name = rest.get(..3)?;
            let index = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name))?;
            month = u32::try_from(index).ok()? + 1;
            rest = rest.get(3..)?;
            continue;
        }
        let digits = match width {
            1 => rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len()),
            width => width,
        };
        let found = rest.get(..digits)?;
        let number: u32 = found.parse().ok()?;
        rest = rest.get(digits..)?;
        match letter {
            'y' if width == 2 => year = 2000 + i32::try_from(number).ok()?,
            'y' => year = i32::try_from(number).ok()?,
            'M' => month = number,
            'd' => day = number,
            'H' => hour = number,
            'm' => minute = number,
            's' => second = number,
            _ => nanos = format!("{found:0<9}").parse().ok()?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    NaiveDate::from_ymd_opt(year, month, day)?.and_hms_nano_opt(hour, minute, second, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(format: &str, range: &str, interval: Option<i64>, unit: Option<&str>) -> Vec<String> {
        Dates::read(format, range, interval, unit)
            .unwrap()
            .values(100)
            .unwrap()
    }

    #[test]
    fn ranges_are_stepped_through_in_their_format() {
        for (format, range, interval, unit, expected) in [
            (
                "yyyy-MM-dd",
                "2024-02-28,2024-03-01",
                None,
                None,
                "2024-02-28 2024-02-29 2024-03-01",
            ),
            (
                "yyyyMM",
                " 202311 , 202401 ",
                None,
                None,
                "202311 202312 202401",
            ),
            (
                "yyyy/MM/dd/HH",
                "2024/01/01/22,2024/01/02/00",
                Some(1),
                Some("HOURS"),
                "2024/01/01/22 2024/01/01/23 2024/01/02/00",
            ),
            (
                "yyyy-MM-dd",
                "2024-01-01,2024-01-20",
                Some(1),
                Some("WEEKS"),
                "2024-01-01 2024-01-08 2024-01-15",
            ),
            (
                "yyyy",
                "2020,2024",
                Some(2),
                Some("YEARS"),
                "2020 2022 2024",
            ),
            (
                "d-MMM-yy'T'H",
                "9-Feb-24T7,9-Feb-24T8",
                Some(1),
                Some("HOURS"),
                "9-Feb-24T7 9-Feb-24T8",
            ),
        ] {
            assert_eq!(
                values(format, range, interval, unit).join(" "),
                expected,
                "{format} {range}"
            );
        }
        let recent = values(
            "yyyy-MM-dd HH:mm",
            "NOW - 2 HOURS,NOW",
            Some(1),
            Some("HOUR"),
        );
        assert_eq!(recent.len(), 3);
        assert_eq!(
            values("yyyyMMdd", "NOW-3DAYS,NOW+1DAY", None, None).len(),
            5
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (format, range) in [
            ("yyyy-MM-dd HH", "2024-01-01 00,NOW"),
            ("yyyy-MM-dd", "2024-01-01"),
            ("yyyy-MM-dd", "yesterday,NOW"),
            ("yyyy-MM-dd", "2024-02-30,NOW"),
            ("qqq", "1,2"),
            ("yyyy'x", "2020,2021"),
        ] {
            assert!(
                Dates::read(format, range, None, None).is_err(),
                "{format} {range}"
            );
        }
        assert!(Dates::read(&"y".repeat(70_000), "1,2", Some(1), Some("YEARS")).is_err());
        let endless = Dates::read("yyyy-MM-dd", "0001-01-01,9999-12-31", None, None).unwrap();
        assert_eq!(endless.values(1000), None);
        let far = Dates::read("yyyy", "2020,2030", Some(i64::MAX), Some("YEARS")).unwrap();
        assert_eq!(far.values(1000), Some(vec!["2020".to_owned()]));
    }
}
