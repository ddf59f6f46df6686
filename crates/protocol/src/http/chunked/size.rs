//! The line that announces a chunk.

use memchr::memchr;

use super::super::{Error, fields::is_token_byte};

/// One to sixteen hex digits, then nothing or extensions, which are checked and ignored.
pub(super) fn chunk_size(line: &[u8]) -> Result<usize, Error> {
    let end = memchr(b';', line).unwrap_or(line.len());
    if !are_extensions(&line[end..]) {
        return Err(Error::ChunkSize);
    }
    let digits = std::str::from_utf8(&line[..end]).map_err(|_| Error::ChunkSize)?;
    if digits.is_empty()
        || digits.len() > 16
        || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Err(Error::ChunkSize);
    }
    let size = i64::from_str_radix(digits, 16).map_err(|_| Error::ChunkSize)?;
    usize::try_from(size).map_err(|_| Error::ChunkSize)
}

/// `*( ";" name [ "=" ( token / quoted-string ) ] )` (RFC 9112 section 7.1.1), without the white space that nobody sends in good faith.
fn are_extensions(mut text: &[u8]) -> bool {
    while let [b';', rest @ ..] = text {
        let Some(after_name) = after_token(rest) else {
            return false;
        };
        text = match after_name {
            [b'=', b'"', rest @ ..] => match after_quoted(rest) {
                Some(rest) => rest,
                None => return false,
            },
            [b'=', rest @ ..] => match after_token(rest) {
                Some(rest) => rest,
                None => return false,
            },
            rest => rest,
        };
    }
    text.is_empty()
}

/// What follows a token; `None` where there is none.
fn after_token(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|&byte| !is_token_byte(byte));
    let (token, rest) = text.split_at(end.unwrap_or(text.len()));
    (!token.is_empty()).then_some(rest)
}

/// What follows the quote that ends a quoted string.
fn after_quoted(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        match text {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', _, rest @ ..] | [_, rest @ ..] => text = rest,
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(chunk_size(b"0000000000000010;x"), Ok(16));
        assert_eq!(chunk_size(b"7fffffffffffffff"), Ok(usize::MAX >> 1));
        for invalid in [
            "",
            ";",
            "g",
            "+1",
            "-1",
            "0x1",
            " 1",
            "1 ",
            "00000000000000001",
            "8000000000000000",
        ] {
            assert_eq!(
                chunk_size(invalid.as_bytes()),
                Err(Error::ChunkSize),
                "{invalid}"
            );
        }
    }

    #[test]
    fn extensions() {
        for valid in ["", ";a", ";a=b", ";a;b=c;d=\"e;\\\"f\""] {
            assert_eq!(chunk_size(format!("1{valid}").as_bytes()), Ok(1), "{valid}");
        }
        for invalid in [
            ";",
            ";;",
            ";a;",
            ";=b",
            ";a=",
            ";a =b",
            "; a",
            ";a[",
            ";a=\"b",
            ";a=\"b\"c",
            ";a=\"\\\"",
        ] {
            let line = format!("1{invalid}");
            assert_eq!(chunk_size(line.as_bytes()), Err(Error::ChunkSize), "{line}");
        }
    }
}
