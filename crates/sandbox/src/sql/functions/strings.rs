//! Text functions of Trino that DataFusion lacks or means otherwise.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use super::{
    Arguments, AthenaError, Function, bigint, invalid_argument, returning, text, text_arrays, texts,
};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_split", 2..=3, texts, split).taking("tti"),
        Function::new("split_part", 3..=3, text, split_part).taking("tti"),
        Function::new("athena_substr", 2..=3, text, substr).taking("tii"),
        Function::new("athena_strpos", 2..=3, bigint, strpos).taking("tti"),
        Function::new("athena_concat_ws", 2..=127, text, concat_ws).taking("t"),
        Function::new("levenshtein_distance", 2..=2, bigint, levenshtein).taking("tt"),
        Function::new("hamming_distance", 2..=2, bigint, hamming).taking("tt"),
        Function::new("soundex", 1..=1, text, soundex).taking("t"),
        Function::new(
            "luhn_check",
            1..=1,
            |_| returning(&AthenaType::Boolean),
            luhn,
        )
        .taking("t"),
        Function::new("codepoint", 1..=1, integer, codepoint).taking("t"),
    ]
}

fn integer(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&AthenaType::Integer)
}

/// The rows of a text result.
pub(super) fn column(rows: Vec<Option<String>>) -> ArrayRef {
    Arc::new(StringArray::from(rows))
}

fn numbers(rows: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(rows))
}

fn split(args: &Arguments) -> Result<ArrayRef> {
    let (strings, delimiters) = (args.strings(0)?, args.strings(1)?);
    let limits = match args.arrays.len() {
        3 => Some(args.integers(2)?),
        _ => None,
    };
    let rows = args.each(|row| {
        let (string, delimiter) = (strings.value(row), delimiters.value(row));
        if delimiter.is_empty() {
            return Err(invalid_argument(
                "The delimiter may not be the empty string",
            ));
        }
        let own = |part: &str| Some(part.to_owned());
        Ok(Some(
            match limits.as_ref().map(|limits| limits.value(row)) {
                Some(limit) if limit <= 0 => {
                    return Err(invalid_argument("Limit must be positive"));
                }
                Some(limit) => {
                    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                    string.splitn(limit, delimiter).map(own).collect()
                }
                None => string.split(delimiter).map(own).collect(),
            },
        ))
    })?;
    Ok(text_arrays(rows))
}

fn split_part(args: &Arguments) -> Result<ArrayRef> {
    let (strings, delimiters) = (args.strings(0)?, args.strings(1)?);
    let indices = args.integers(2)?;
    let rows = args.each(|row| {
        let index = indices.value(row);
        if index <= 0 {
            return Err(invalid_argument("Index must be greater than zero"));
        }
        let (string, delimiter) = (strings.value(row), delimiters.value(row));
        let skipped = usize::try_from(index - 1).unwrap_or(usize::MAX);
        if delimiter.is_empty() {
            // Each character is a part of its own.
            return Ok(string.chars().nth(skipped).map(String::from));
        }
        Ok(string.split(delimiter).nth(skipped).map(str::to_owned))
    })?;
    Ok(column(rows))
}

/// Positions count from 1, or from the end when negative; outside there is only ''.
fn substr(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let starts = args.integers(1)?;
    let lengths = match args.arrays.len() {
        3 => Some(args.integers(2)?),
        _ => None,
    };
    let rows = args.each(|row| {
        let string = strings.value(row);
        let start = starts.value(row);
        let skipped = if start > 0 {
            usize::try_from(start - 1).ok()
        } else if start < 0 {
            let count = string.chars().count();
            let from_end = usize::try_from(start.unsigned_abs()).ok();
            from_end.and_then(|from_end| count.checked_sub(from_end))
        } else {
            None
        };
        let Some(skipped) = skipped else {
            return Ok(Some(String::new()));
        };
        let length = match &lengths {
            Some(lengths) => usize::try_from(lengths.value(row)).unwrap_or(0),
            None => usize::MAX,
        };
        Ok(Some(string.chars().skip(skipped).take(length).collect()))
    })?;
    Ok(column(rows))
}

fn strpos(args: &Arguments) -> Result<ArrayRef> {
    let (strings, parts) = (args.strings(0)?, args.strings(1)?);
    let instances = match args.arrays.len() {
        3 => Some(args.integers(2)?),
        _ => None,
    };
    let rows = args.each(|row| {
        let (string, part) = (strings.value(row), parts.value(row));
        let instance = instances.as_ref().map_or(1, |found| found.value(row));
        if instance == 0 {
            return Err(invalid_argument("'instance' must not be a 0"));
        }
        let skipped = usize::try_from(instance.unsigned_abs() - 1).unwrap_or(usize::MAX);
        // Matches may overlap.
        let matches = string
            .char_indices()
            .enumerate()
            .filter(|(_, (offset, _))| string[*offset..].starts_with(part))
            .map(|(position, _)| position + 1);
        let found = if part.is_empty() {
            (instance == 1).then_some(1)
        } else if instance > 0 {
            matches.skip(skipped).min()
        } else {
            let all: Vec<usize> = matches.collect();
            all.into_iter().rev().nth(skipped)
        };
        Ok(i64::try_from(found.unwrap_or(0)).ok())
    })?;
    Ok(numbers(rows))
}

/// NULL parts are left out; parts may be arrays.
fn concat_ws(args: &Arguments) -> Result<ArrayRef> {
    let separators = args.strings(0)?;
    let mut columns: Vec<Vec<Option<Vec<Option<String>>>>> = Vec::new();
    for index in 1..args.arrays.len() {
        let array = &args.arrays[index];
        columns.push(match (array.data_type(), args.athena_type(index)) {
            (DataType::List(_), _) => {
                let lists = array.as_list::<i32>();
                (0..args.rows)
                    .map(|row| {
                        lists.is_valid(row).then(|| {
                            let items = super::arrow_cast(&lists.value(row), &DataType::Utf8)?;
                            let items = items.as_string::<i32>().iter();
                            Ok(items.map(|item| item.map(str::to_owned)).collect())
                        })
                        .transpose()
                    })
                    .collect::<Result<_>>()?
            }
            (_, AthenaType::Varchar(_) | AthenaType::Char(_) | AthenaType::Unknown) => {
                let strings = args.strings(index)?;
                (0..args.rows)
                    .map(|row| {
                        let value = strings.is_valid(row).then(|| strings.value(row).to_owned());
                        Some(vec![value])
                    })
                    .collect()
            }
            (_, other) => {
                let message = format!(
                    "line 1:8: Unexpected parameters ({other}) for function concat_ws. Expected: concat_ws(varchar, array(varchar)), concat_ws(varchar, varchar, ...)"
                );
                return Err(AthenaError::new("FUNCTION_NOT_FOUND", message).into());
            }
        });
    }
    let rows = (0..args.rows)
        .map(|row| {
            let parts: Vec<&str> = columns
                .iter()
                .filter_map(|column| column[row].as_ref())
                .flatten()
                .filter_map(Option::as_deref)
                .collect();
            separators
                .is_valid(row)
                .then(|| parts.join(separators.value(row)))
        })
        .collect();
    Ok(column(rows))
}

fn levenshtein(args: &Arguments) -> Result<ArrayRef> {
    let (left, right) = (args.strings(0)?, args.strings(1)?);
    let rows = args.each(|row| {
        let right: Vec<char> = right.value(row).chars().collect();
        let mut previous: Vec<usize> = (0..=right.len()).collect();
        for (deleted, one) in left.value(row).chars().enumerate() {
            let mut current = vec![deleted + 1];
            for (index, other) in right.iter().enumerate() {
                let replaced = previous[index] + usize::from(one != *other);
                let shorter = previous[index + 1].min(current[index]) + 1;
                current.push(replaced.min(shorter));
            }
            previous = current;
        }
        Ok(previous.last().and_then(|last| i64::try_from(*last).ok()))
    })?;
    Ok(numbers(rows))
}

fn hamming(args: &Arguments) -> Result<ArrayRef> {
    let (left, right) = (args.strings(0)?, args.strings(1)?);
    let rows = args.each(|row| {
        let left: Vec<char> = left.value(row).chars().collect();
        let right: Vec<char> = right.value(row).chars().collect();
        if left.len() != right.len() {
            return Err(invalid_argument(
                "The input strings to hamming_distance function must have the same length",
            ));
        }
        let different = left.iter().zip(&right).filter(|(one, other)| one != other);
        Ok(i64::try_from(different.count()).ok())
    })?;
    Ok(numbers(rows))
}

fn soundex(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let code = |letter: char| match letter {
            'B' | 'F' | 'P' | 'V' => Some('1'),
            'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Some('2'),
            'D' | 'T' => Some('3'),
            'L' => Some('4'),
            'M' | 'N' => Some('5'),
            'R' => Some('6'),
            _ => None,
        };
        let letters: Vec<char> = strings
            .value(row)
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let Some(first) = letters.first() else {
            return Ok(Some(String::new()));
        };
        let mut sound = String::from(*first);
        let mut last = code(*first);
        for letter in &letters[1..] {
            let next = code(*letter);
            if let Some(digit) = next.filter(|_| next != last) {
                sound.push(digit);
            }
            // H and W do not part equal codes; vowels do.
            if !matches!(letter, 'H' | 'W') {
                last = next;
            }
        }
        Ok(Some(sound.chars().chain("000".chars()).take(4).collect()))
    })?;
    Ok(column(rows))
}

fn luhn(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let digits: Option<Vec<u32>> = strings.value(row).chars().map(|c| c.to_digit(10)).collect();
        let Some(digits) = digits else {
            return Err(invalid_argument(
                "Input contains characters that are not digits",
            ));
        };
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(index, digit)| match digit * 2 {
                doubled if index % 2 == 1 => doubled / 10 + doubled % 10,
                _ => *digit,
            })
            .sum();
        Ok(Some(!digits.is_empty() && sum.is_multiple_of(10)))
    })?;
    let found: datafusion::arrow::array::BooleanArray = rows.into_iter().collect();
    Ok(Arc::new(found))
}

fn codepoint(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let mut letters = strings.value(row).chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok(i32::try_from(u32::from(letter)).ok()),
            _ => Err(invalid_argument(
                "codepoint takes a string of one character",
            )),
        }
    })?;
    let codes: datafusion::arrow::array::Int32Array = rows.into_iter().collect();
    Ok(Arc::new(codes))
}
