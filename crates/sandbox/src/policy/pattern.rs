//! The wildcards of policies.

use crate::wildcard::POLICY;

/// True if the whole text is matched, where `*` is any text and `?` any one character.
pub(super) fn matches(pattern: &str, text: &str, any_case: bool) -> bool {
    if any_case {
        POLICY.matches(&pattern.to_lowercase(), &text.to_lowercase())
    } else {
        POLICY.matches(pattern, text)
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn case_counts_unless_told_otherwise() {
        assert!(!matches("S3:Get*", "s3:GetObject", false));
        assert!(matches("S3:Get*", "s3:GetObject", true));
    }
}
