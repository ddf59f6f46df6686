/// Where the blank line of a head must begin at the latest, unless the caller says otherwise: 16
/// KiB, as Workerman has it.
pub const DEFAULT_MAX_HEAD: usize = 16384;

/// How many fields a head may have, unless the caller says otherwise.
pub const DEFAULT_MAX_FIELDS: usize = 100;

/// How large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The blank line that ends the head must begin before this offset. It also bounds the trailers
    /// of a chunked body.
    pub max_head: usize,
    /// The longest request target, in bytes. `max_head` bounds it as well.
    pub max_target: usize,
    /// Most fields of a head, and most trailers of a chunked body.
    pub max_fields: usize,
    /// Head and body together, as they are on the wire.
    pub max_package_size: usize,
}

impl Limits {
    /// The usual limits of a head, and one for the whole request.
    pub const fn of_package(max_package_size: usize) -> Self {
        Self {
            max_head: DEFAULT_MAX_HEAD,
            max_target: DEFAULT_MAX_HEAD,
            max_fields: DEFAULT_MAX_FIELDS,
            max_package_size,
        }
    }
}
