//! The little XML that S3 and STS need.

/// Text as it stands inside an element.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A parser would take these for others, or for an error.
            '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' => {
                out.push_str(&format!("&#x{:x};", u32::from(letter)));
            }
            _ => out.push(letter),
        }
    }
    out
}

/// `<name>text</name>`, the text escaped.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_xml_is_escaped() {
        assert_eq!(
            element("Key", "a<b>&\"c\"\r\u{1}\n"),
            "<Key>a&lt;b&gt;&amp;&quot;c&quot;&#xd;&#x1;\n</Key>"
        );
    }
}
