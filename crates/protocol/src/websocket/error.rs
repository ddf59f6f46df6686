use thiserror::Error;

/// How the peer broke the protocol. The connection is to be failed with [`Error::close_code`] (RFC
/// 6455 section 7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A reserved bit is set and no extension gives it a meaning.
    #[error("reserved bit set")]
    ReservedBit,
    /// The opcode is not defined.
    #[error("reserved opcode")]
    ReservedOpcode,
    /// A client sent a frame without a mask.
    #[error("client frame is not masked")]
    Unmasked,
    /// A server sent a frame with a mask.
    #[error("server frame is masked")]
    Masked,
    /// A length that fits fewer bytes than were used for it.
    #[error("frame length is not in its shortest form")]
    LengthForm,
    /// A 64-bit length with its highest bit set.
    #[error("frame length exceeds 63 bits")]
    LengthOverflow,
    /// A control frame that is not the final fragment.
    #[error("fragmented control frame")]
    FragmentedControl,
    /// A control frame with more than 125 bytes.
    #[error("control frame is too long")]
    ControlTooLong,
    /// A continuation frame with no message to continue.
    #[error("continuation without a message")]
    UnexpectedContinuation,
    /// A new message inside a fragmented one.
    #[error("new message before the end of the last one")]
    ExpectedContinuation,
    /// A close frame with half a code.
    #[error("close frame of one byte")]
    CloseLength,
    /// A close code that must not stand on the wire.
    #[error("invalid close code {0}")]
    CloseCode(u16),
    /// Text, or the reason of a close frame, is not UTF-8.
    #[error("invalid utf-8")]
    InvalidUtf8,
    /// A compressed message is none.
    #[error("invalid compressed data")]
    InvalidDeflate,
    /// The fragments of a message add up to more than the caller allows.
    #[error("message exceeds the maximum size")]
    TooLarge,
    /// A message comes in more frames than the caller allows.
    #[error("message has too many fragments")]
    TooManyFragments,
}

impl Error {
    /// The code of the close frame that answers this fault (RFC 6455 section 7.4.1).
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::InvalidUtf8 | Self::InvalidDeflate => 1007,
            Self::TooManyFragments => 1008,
            Self::TooLarge => 1009,
            _ => 1002,
        }
    }
}
