//! The fields of a request.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Fields whose values sign somebody in.
const SECRET: [&str; 3] = ["WebIdentityToken", "SAMLAssertion", "TokenCode"];

/// The fields of a form body.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        Self(
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The fields as they are recorded: nothing in them can sign anybody in.
    pub(crate) fn harmless(&self) -> Value {
        let fields: Map<String, Value> = self
            .0
            .iter()
            .map(|(name, value)| {
                let secret = SECRET.contains(&name.as_str());
                let value = if secret { "…" } else { value.as_str() };
                (name.clone(), value.into())
            })
            .collect();
        fields.into()
    }
}
