use thiserror::Error;

/// What is wrong with a request. Every variant is the client's fault and ends the connection: after
/// a request whose framing is in doubt, the next one cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The head, or the trailer section of a chunked body, is longer than allowed.
    #[error("request head is too large")]
    HeadTooLarge,
    /// Head and body together are larger than allowed; said before the body arrives wherever the
    /// length is known.
    #[error("request is too large")]
    PackageTooLarge,
    /// A NUL, a CR without LF, or an LF without CR (RFC 9112 section 2.2).
    #[error("forbidden control byte in the request head")]
    ControlByte,
    /// The first line is not `METHOD SP origin-form SP HTTP-version` with a known method.
    #[error("malformed request line")]
    RequestLine,
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    #[error("unsupported protocol version")]
    Version,
    /// A field line has no colon, or its name is not a token; a folded line is one of these too.
    #[error("malformed header field")]
    HeaderField,
    /// HTTP/1.1 without `Host` (RFC 9112 section 3.2).
    #[error("missing host header")]
    HostMissing,
    /// More than one `Host`.
    #[error("repeated host header")]
    HostRepeated,
    /// `Host` is not `name[:port]` or `[address][:port]`.
    #[error("invalid host header")]
    HostInvalid,
    /// `Content-Length` beside `Transfer-Encoding`: the classic of request smuggling (RFC 9112
    /// section 6.3).
    #[error("content-length together with transfer-encoding")]
    AmbiguousLength,
    /// `Content-Length` is not a plain run of digits.
    #[error("invalid content-length header")]
    ContentLengthInvalid,
    /// More than one `Content-Length`, even if they agree.
    #[error("repeated content-length header")]
    ContentLengthRepeated,
    /// `Transfer-Encoding` is not one single `chunked`, or stands in an HTTP/1.0 request (RFC 9112
    /// section 6.1).
    #[error("unsupported transfer-encoding")]
    TransferEncoding,
    /// The line with the size of a chunk is malformed or endless.
    #[error("malformed chunk size")]
    ChunkSize,
    /// The data of a chunk is not followed by CRLF.
    #[error("malformed chunk end")]
    ChunkEnd,
    /// A line of the trailer section is not a header field.
    #[error("malformed trailer field")]
    Trailer,
}

impl Error {
    /// The complete response to refuse the request with. It closes the connection.
    pub const fn response(&self) -> &'static [u8] {
        match self {
            Self::HeadTooLarge => {
                b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"
            }
            Self::PackageTooLarge => b"HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n",
            _ => b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        }
    }
}
