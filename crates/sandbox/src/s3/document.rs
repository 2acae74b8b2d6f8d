//! XML documents that callers send.

use super::error::S3Error;

/// An element: its name without namespace, its own text, and its children.
#[derive(Debug)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

/// Reads a document whose root has this name. Entities that a document declares itself are
/// refused, and so is nesting that no request of S3 has.
pub(super) fn parse(text: &str, root: &str) -> Result<Element, S3Error> {
    let document = roxmltree::Document::parse(text).map_err(|_problem| S3Error::malformed_xml())?;
    let element = document.root_element();
    if element.tag_name().name() != root {
        return Err(S3Error::malformed_xml());
    }
    read(element, 0)
}

fn read(node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Element, S3Error> {
    if depth > 8 {
        return Err(S3Error::malformed_xml());
    }
    Ok(Element {
        name: node.tag_name().name().to_owned(),
        text: node.text().unwrap_or_default().to_owned(),
        children: node
            .children()
            .filter(roxmltree::Node::is_element)
            .map(|child| read(child, depth + 1))
            .collect::<Result<_, _>>()?,
    })
}

impl Element {
    /// The children of a name.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.children
            .iter()
            .find(|child| child.name == name)
            .map(|child| child.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_without_their_escapes() {
        let text = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&#10;&lt;b&gt; &amp;\
                    </Key></Object><Quiet>true</Quiet></Delete>";
        let root = parse(text, "Delete").unwrap();
        let keys: Vec<_> = root.children("Object").map(|o| o.text("Key")).collect();
        assert_eq!(keys, [Some("a\n<b> &")]);
        assert_eq!(root.text("Quiet"), Some("true"));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = format!(
            "<Delete>{}{}</Delete>",
            "<a>".repeat(500),
            "</a>".repeat(500)
        );
        let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Delete>&b;</Delete>";
        for text in ["", "<Delete>", "<Other/>", "not xml", bomb, &deep] {
            assert!(parse(text, "Delete").is_err(), "{text}");
        }
    }
}
