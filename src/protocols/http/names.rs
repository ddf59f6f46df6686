//! Names that every request is asked for, as strings of PHP's that live as long as the process and know their hash: a key that is one of them costs
//! neither memory nor a hash.

use crate::zend::value::Name;

/// The keys of `$data`.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    pub(super) method: Name,
    pub(super) uri: Name,
    pub(super) protocol_version: Name,
    pub(super) path: Name,
    pub(super) query_string: Name,
    pub(super) head: Name,
    pub(super) headers: Name,
    pub(super) get: Name,
    pub(super) post: Name,
    pub(super) cookie: Name,
    pub(super) files: Name,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self {
            method: Name::of("method"),
            uri: Name::of("uri"),
            protocol_version: Name::of("protocolVersion"),
            path: Name::of("path"),
            query_string: Name::of("query_string"),
            head: Name::of("head"),
            headers: Name::of("headers"),
            get: Name::of("get"),
            post: Name::of("post"),
            cookie: Name::of("cookie"),
            files: Name::of("files"),
        }
    }
}

/// The keys of `$file` of a response.
#[derive(Clone, Copy)]
pub(super) struct WishKeys {
    pub(super) file: Name,
    pub(super) offset: Name,
    pub(super) length: Name,
}

impl WishKeys {
    pub(super) fn new() -> Self {
        Self {
            file: Name::of("file"),
            offset: Name::of("offset"),
            length: Name::of("length"),
        }
    }
}

/// What clients and proxies send, in lower case.
const USUAL: [&str; 40] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "traceparent",
    "upgrade-insecure-requests",
    "user-agent",
    "x-csrf-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-requested-with",
];

/// Bytes of the longest of them.
const LONGEST: usize = 30;
/// Places of the table, a power of two well above the number of names.
const PLACES: usize = 128;

/// The usual names of header fields.
pub(super) struct FieldNames([Option<(&'static str, Name)>; PLACES]);

impl FieldNames {
    pub(super) fn new() -> Self {
        let mut places = [None; PLACES];
        for name in USUAL {
            let mut place = place_of(name.as_bytes());
            while places[place].is_some() {
                place = (place + 1) % PLACES;
            }
            places[place] = Some((name, Name::of(name)));
        }
        Self(places)
    }

    /// The name of a field that was sent as `sent`, in any case; `None` for an unusual one.
    pub(super) fn find(&self, sent: &[u8]) -> Option<Name> {
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..sent.len())?;
        lower.copy_from_slice(sent);
        lower.make_ascii_lowercase();
        let mut place = place_of(lower);
        while let Some((known, name)) = self.0[place] {
            if known.as_bytes() == lower {
                return Some(name);
            }
            place = (place + 1) % PLACES;
        }
        None
    }
}

/// Where the look-up of a name begins.
const fn place_of(name: &[u8]) -> usize {
    let [first, .., last] = name else { return 0 };
    let middle = name[name.len() / 2] as usize;
    (name.len() * 13 + *first as usize * 7 + middle * 31 + *last as usize) % PLACES
}
