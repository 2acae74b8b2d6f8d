//! Patterns of two wildcards, as policies and SQL's LIKE have them.

/// The characters that stand for others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wildcards {
    /// Stands for any text, also none.
    any: char,
    /// Stands for any one character.
    one: char,
}

/// Those of IAM policies.
pub(crate) const POLICY: Wildcards = Wildcards { any: '*', one: '?' };
/// Those of LIKE.
pub(crate) const LIKE: Wildcards = Wildcards { any: '%', one: '_' };

impl Wildcards {
    /// True if the whole text is matched, in time proportional to the product of the lengths.
    pub(crate) fn matches(self, pattern: &str, text: &str) -> bool {
        let pattern: Vec<char> = pattern.chars().collect();
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut place) = (0, 0);
        // Where to go on if it fails: behind the last star, one character later each time.
        let mut star: Option<(usize, usize)> = None;
        while place < text.len() {
            match pattern.get(at) {
                Some(letter) if *letter == self.any => {
                    star = Some((at, place));
                    at += 1;
                }
                Some(letter) if *letter == self.one || text.get(place) == Some(letter) => {
                    at += 1;
                    place += 1;
                }
                _ => match star {
                    Some((star_at, star_place)) => {
                        at = star_at + 1;
                        place = star_place + 1;
                        star = Some((star_at, place));
                    }
                    None => return false,
                },
            }
        }
        pattern.iter().skip(at).all(|letter| *letter == self.any)
    }
}

#[cfg(test)]
mod tests {
    use super::POLICY;

    #[test]
    fn stars_and_question_marks_are_wild() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*", "abc", true),
            ("abc", "abcd", false),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false),
            ("A", "a", false),
        ] {
            assert_eq!(POLICY.matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
