/// Appends `data` as one chunk. An empty `data` makes the last chunk, which ends the body.
pub fn chunk(data: &[u8], out: &mut Vec<u8>) {
    out.reserve(data.len() + 20);
    out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_written_in_lower_case_hex() {
        let mut out = Vec::new();
        chunk(&[b'x'; 26], &mut out);
        chunk(b"", &mut out);
        assert_eq!(out, b"1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
    }
}
