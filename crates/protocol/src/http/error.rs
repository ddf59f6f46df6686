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
    /// The first line is not `METHOD SP target SP HTTP/DIGIT.DIGIT`, or its target has a form that
    /// an origin server does not answer to.
    #[error("malformed request line")]
    RequestLine,
    /// The request target is longer than allowed.
    #[error("request target is too long")]
    TargetTooLong,
    /// The method is none that Workerman knows.
    #[error("unknown method")]
    Method,
    /// The version is not HTTP/1.x.
    #[error("unsupported protocol version")]
    Version,
    /// There are more fields, or more trailers, than allowed.
    #[error("too many header fields")]
    TooManyFields,
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
    /// The target names another host than `Host`.
    #[error("host header and request target disagree")]
    HostMismatch,
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
    /// `Expect` asks for something other than `100-continue` (RFC 9110 section 10.1.1).
    #[error("unknown expectation")]
    Expectation,
    /// The line with the size of a chunk is malformed or endless.
    #[error("malformed chunk size")]
    ChunkSize,
    /// The data of a chunk is not followed by CRLF.
    #[error("malformed chunk end")]
    ChunkEnd,
    /// A line of the trailer section is not a header field.
    #[error("malformed trailer field")]
    Trailer,
    /// It did not arrive in time (RFC 9110 section 15.5.9). Decoders have no clock: whoever has one says this.
    #[error("request did not arrive in time")]
    Late,
    /// There is no room for its body (RFC 4918 section 11.5).
    #[error("no room for the request body")]
    NoRoom,
}

impl Error {
    /// The complete response to refuse the request with. It closes the connection.
    pub const fn response(&self) -> &'static [u8] {
        match self {
            Self::HeadTooLarge | Self::TooManyFields => {
                b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"
            }
            Self::Late => b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
            Self::NoRoom => b"HTTP/1.1 507 Insufficient Storage\r\nConnection: close\r\n\r\n",
            Self::PackageTooLarge => b"HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n",
            Self::TargetTooLong => b"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\n\r\n",
            Self::Expectation => b"HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\n\r\n",
            Self::Method => b"HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n",
            Self::Version => {
                b"HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\n\r\n"
            }
            _ => b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        }
    }
}
