use super::head::{Head, Version};

/// What a request says about the answer to it, and about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The method is `HEAD`: the answer has no body.
    pub is_head: bool,
    /// The method is `GET` or `HEAD`, and fields such as `Range` or `If-None-Match` are there.
    pub is_conditional: bool,
    /// The client speaks HTTP/1.1, and so knows chunks.
    pub knows_chunks: bool,
    /// The connection is kept when the request has been answered.
    pub persists: bool,
}

impl Default for Terms {
    /// Those of a plain `GET` with HTTP/1.1.
    fn default() -> Self {
        Self {
            is_head: false,
            is_conditional: false,
            knows_chunks: true,
            persists: true,
        }
    }
}

impl Terms {
    pub(super) fn of(head: &Head<'_>) -> Self {
        let is_head = head.method == b"HEAD";
        Self {
            is_head,
            is_conditional: head.known.is_conditional && (is_head || head.method == b"GET"),
            knows_chunks: head.version == Version::Http11,
            persists: head.known.persists(head.version),
        }
    }
}
