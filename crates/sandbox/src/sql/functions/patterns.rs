//! Regular expressions and LIKE.

use std::cell::RefCell;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::error::Result;
use regex::Regex;

use super::strings::column;
use super::{Arguments, Function, bigint, invalid_argument, text, text_arrays, texts};

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("regexp_extract_all", 2..=3, texts, extract_all).taking("tti"),
        Function::new("athena_regexp_extract", 2..=3, text, extract).taking("tti"),
        Function::new("athena_regexp_replace", 2..=3, text, replace).taking("ttt"),
        Function::new("regexp_split", 2..=2, texts, split).taking("tt"),
        Function::new("regexp_position", 2..=4, bigint, position).taking("ttii"),
        Function::new("athena_like_pattern", 1..=2, text, like_pattern).taking("tt"),
    ]
}

/// The last pattern compiled: nearly always there is only one.
#[derive(Default)]
pub(super) struct Compiled(RefCell<Option<(String, Regex)>>);

impl Compiled {
    pub(super) fn get(&self, pattern: &str) -> Result<Regex> {
        let mut last = self.0.borrow_mut();
        if let Some((known, regex)) = &*last
            && known == pattern
        {
            return Ok(regex.clone());
        }
        let regex = Regex::new(pattern).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
            invalid_argument(format!("Invalid regular expression '{pattern}': {reason}"))
        })?;
        *last = Some((pattern.to_owned(), regex.clone()));
        Ok(regex)
    }
}

/// The group asked for, the whole match without one.
fn group(args: &Arguments, row: usize, regex: &Regex) -> Result<usize> {
    if args.arrays.len() < 3 {
        return Ok(0);
    }
    let group = args.integers(2)?.value(row);
    let found = usize::try_from(group).ok();
    found
        .filter(|group| *group < regex.captures_len())
        .ok_or_else(|| {
            invalid_argument(format!(
                "Pattern has {} groups. Cannot access group {group}",
                regex.captures_len() - 1
            ))
        })
}

fn extract_all(args: &Arguments) -> Result<ArrayRef> {
    let (strings, patterns) = (args.strings(0)?, args.strings(1)?);
    let compiled = Compiled::default();
    let rows = args.each(|row| {
        let regex = compiled.get(patterns.value(row))?;
        let group = group(args, row, &regex)?;
        let found = regex.captures_iter(strings.value(row));
        let found = found.map(|found| found.get(group).map(|part| part.as_str().to_owned()));
        Ok(Some(found.collect()))
    })?;
    Ok(text_arrays(rows))
}

fn extract(args: &Arguments) -> Result<ArrayRef> {
    let (strings, patterns) = (args.strings(0)?, args.strings(1)?);
    let compiled = Compiled::default();
    let rows = args.each(|row| {
        let regex = compiled.get(patterns.value(row))?;
        let group = group(args, row, &regex)?;
        let found = regex.captures(strings.value(row));
        Ok(found.and_then(|found| found.get(group).map(|part| part.as_str().to_owned())))
    })?;
    Ok(column(rows))
}

fn replace(args: &Arguments) -> Result<ArrayRef> {
    let (strings, patterns) = (args.strings(0)?, args.strings(1)?);
    let replacements = match args.arrays.len() {
        3 => Some(args.strings(2)?),
        _ => None,
    };
    let compiled = Compiled::default();
    let rows = args.each(|row| {
        let regex = compiled.get(patterns.value(row))?;
        let template = match &replacements {
            Some(replacements) => template(replacements.value(row), regex.captures_len() - 1)?,
            None => String::new(),
        };
        let replaced = regex.replace_all(strings.value(row), template.as_str());
        Ok(Some(replaced.into_owned()))
    })?;
    Ok(column(rows))
}

/// Java's `$1`, `${name}` and `\$` in the spelling of the regex crate.
fn template(replacement: &str, groups: usize) -> Result<String> {
    let mut out = String::new();
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('$') => out.push_str("$$"),
                Some(other) => out.push(other),
                None => return Err(invalid_argument("character to be escaped is missing")),
            },
            '$' if chars.peek() == Some(&'{') => out.push('$'),
            '$' => {
                let Some(mut number) = chars.next_if(char::is_ascii_digit).map(digit) else {
                    return Err(invalid_argument("Illegal group reference"));
                };
                // Further digits belong to it as long as there are so many groups.
                while let Some(next) = chars.peek().copied().filter(char::is_ascii_digit) {
                    let longer = number * 10 + digit(next);
                    if longer > groups {
                        break;
                    }
                    number = longer;
                    chars.next();
                }
                if number > groups {
                    return Err(invalid_argument(format!("No group {number}")));
                }
                out.push_str(&format!("${{{number}}}"));
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

fn digit(c: char) -> usize {
    c.to_digit(10)
        .and_then(|digit| usize::try_from(digit).ok())
        .unwrap_or(0)
}

fn split(args: &Arguments) -> Result<ArrayRef> {
    let (strings, patterns) = (args.strings(0)?, args.strings(1)?);
    let compiled = Compiled::default();
    let rows = args.each(|row| {
        let regex = compiled.get(patterns.value(row))?;
        let parts = regex.split(strings.value(row));
        Ok(Some(parts.map(|part| Some(part.to_owned())).collect()))
    })?;
    Ok(text_arrays(rows))
}

/// Where the n-th match begins, counted in characters; -1 without one.
fn position(args: &Arguments) -> Result<ArrayRef> {
    let (strings, patterns) = (args.strings(0)?, args.strings(1)?);
    let number = |index: usize, row: usize| -> Result<usize> {
        if args.arrays.len() <= index {
            return Ok(1);
        }
        let value = args.integers(index)?.value(row);
        usize::try_from(value)
            .ok()
            .filter(|value| *value > 0)
            .ok_or_else(|| invalid_argument("start and occurrence must be 1 or more"))
    };
    let compiled = Compiled::default();
    let rows = args.each(|row| {
        let string = strings.value(row);
        let regex = compiled.get(patterns.value(row))?;
        let (start, occurrence) = (number(2, row)?, number(3, row)?);
        let Some((offset, _)) = string.char_indices().nth(start - 1) else {
            return Ok(Some(-1));
        };
        let found = regex.find_iter(&string[offset..]).nth(occurrence - 1);
        let position =
            found.map(|found| start + string[offset..offset + found.start()].chars().count());
        Ok(Some(
            position.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1),
        ))
    })?;
    Ok(Arc::new(Int64Array::from(rows)))
}

/// A LIKE pattern with backslash as its escape character, which DataFusion always has.
fn like_pattern(args: &Arguments) -> Result<ArrayRef> {
    let patterns = args.strings(0)?;
    let escapes = match args.arrays.len() {
        2 => Some(args.strings(1)?),
        _ => None,
    };
    let rows = args.each(|row| {
        let escape = match escapes.as_ref().map(|escapes| escapes.value(row)) {
            None => None,
            Some(text) => {
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(escape), None) => Some(escape),
                    _ => return Err(invalid_argument("Escape string must be a single character")),
                }
            }
        };
        with_backslash(patterns.value(row), escape).map(Some)
    })?;
    Ok(column(rows))
}

fn with_backslash(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            match chars.next() {
                Some(next @ ('%' | '_')) => out.extend(['\\', next]),
                Some('\\') if escape == Some('\\') => out.push_str("\\\\"),
                Some(next) if Some(next) == escape => out.push(next),
                _ => {
                    return Err(invalid_argument(
                        "Escape character must be followed by '%', '_' or the escape character itself",
                    ));
                }
            }
        } else if c == '\\' {
            out.push_str("\\\\");
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns_get_backslashes() {
        for (pattern, escape, expected) in [
            ("a\\b%", None, "a\\\\b%"),
            ("50#%", Some('#'), "50\\%"),
            ("a##b", Some('#'), "a#b"),
            ("a\\_b\\\\", Some('\\'), "a\\_b\\\\"),
        ] {
            assert_eq!(with_backslash(pattern, escape).unwrap(), expected);
        }
        assert!(with_backslash("a#b", Some('#')).is_err());
    }

    #[test]
    fn replacements_are_javas() {
        assert_eq!(template("3c$2 ", 2).unwrap(), "3c${2} ");
        assert_eq!(template("$12", 1).unwrap(), "${1}2");
        assert_eq!(template("\\$1", 0).unwrap(), "$$1");
        assert!(template("$3", 2).is_err());
    }
}
