//! Signatures inside a chunked body: each chunk's covers the one before it.

use sha2::{Digest, Sha256};

use super::signature::{hex, hmac};

/// The chain of signatures of one body, which starts with that of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkChain {
    pub(super) key: Vec<u8>,
    pub(super) date: String,
    pub(super) scope: String,
    /// The signature before the next one.
    pub(super) previous: String,
}

impl ChunkChain {
    /// Goes on to a chunk of this digest; false if that is not its signature.
    pub(crate) fn accept_chunk(&mut self, digest: &[u8], signature: &str) -> bool {
        let nothing = hex(&Sha256::digest(b""));
        self.accept(
            &format!("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}", self.date, self.scope),
            &format!("{nothing}\n{}", hex(digest)),
            signature,
        )
    }

    /// Ends with the trailers, as `name:value\n` each; false if that is not their signature.
    pub(crate) fn accept_trailers(&mut self, trailers: &str, signature: &str) -> bool {
        self.accept(
            &format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}", self.date, self.scope),
            &hex(&Sha256::digest(trailers.as_bytes())),
            signature,
        )
    }

    fn accept(&mut self, head: &str, tail: &str, signature: &str) -> bool {
        let to_sign = format!("{head}\n{}\n{tail}", self.previous);
        self.previous = hex(&hmac(&self.key, to_sign.as_bytes()));
        self.previous == signature
    }
}

#[cfg(test)]
mod tests {
    use super::super::signature::signing_key;
    use super::*;

    /// The example of Amazon's page on chunked uploads: 64 KiB, 1 KiB, and the end.
    #[test]
    fn the_published_example_verifies() {
        let scope = "20130524/us-east-1/s3/aws4_request";
        let mut chain = ChunkChain {
            key: signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope),
            date: "20130524T000000Z".to_owned(),
            scope: scope.to_owned(),
            previous: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9".to_owned(),
        };
        for (size, signature) in [
            (
                65_536,
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            ),
            (
                1024,
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            ),
            (
                0,
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ),
        ] {
            let digest = Sha256::digest("a".repeat(size));
            assert!(chain.accept_chunk(&digest, signature), "{size}");
        }
        assert!(!chain.accept_trailers("x:y\n", "00"));
    }
}
