//! The nearest known name of a misspelt one.

use super::table::GROUPS;

/// The known option name nearest to `name`, when one is near enough to be meant.
pub(super) fn nearest_name(name: &str) -> Option<&'static str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let limit = (wanted.len() / 3).clamp(1, 4);
    GROUPS
        .iter()
        .flat_map(|group| group.rows)
        .flat_map(|row| row.names())
        .filter(|known| known.len().abs_diff(wanted.len()) <= limit)
        .map(|known| (distance(&wanted, &known.to_lowercase()), known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, known)| known)
}

/// Levenshtein distance: insertions, deletions and replacements of one character.
fn distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, b_char) in b.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, a_char) in row.iter_mut().skip(1).zip(a) {
            let replaced = diagonal + usize::from(*a_char != b_char);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_find_the_meant_one() {
        for (typed, meant) in [
            ("Regoin", Some("Region")),
            ("workgrp", Some("WorkGroup")),
            ("S3OutputLocaton", Some("S3OutputLocation")),
            ("athena.work_grup", Some("athena.work_group")),
            ("zzzzzzzzzzzz", None),
            ("", None),
        ] {
            assert_eq!(nearest_name(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn distance_counts_single_edits() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("kitten"), "sitting"), 3);
        assert_eq!(distance(&chars(""), "abc"), 3);
        assert_eq!(distance(&chars("abc"), ""), 3);
        assert_eq!(distance(&chars("abc"), "abc"), 0);
    }
}
