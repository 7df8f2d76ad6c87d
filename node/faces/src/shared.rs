//! What all faces have: the node, and the one check of who may ask.

use dataforge_node::Node;
use ring::digest::{SHA256, digest};

/// The node and the token that opens it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) node: Node,
    token: String,
}

impl Shared {
    pub(crate) const fn new(node: Node, token: String) -> Self {
        Self { node, token }
    }

    /// Returns the token, for proofs that do not show it.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whether this is the token. How long the answer takes says nothing of how much of it is right.
    pub(crate) fn admits(&self, shown: &str) -> bool {
        digest(&SHA256, shown.as_bytes()).as_ref() == digest(&SHA256, self.token.as_bytes()).as_ref()
    }
}
