//! Eight bytes at a time, which for short texts is quicker than more, and than one.
//!
//! What is found is marked with the high bit of its byte. Bytes above the first that is marked may be marked as well.

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = 0x80 * EACH;

/// Marks control characters, tabs included and DEL not.
pub(super) const fn controls(eight: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(eight);
    word.wrapping_sub(b' ' as u64 * EACH) & !word & HIGH_BITS
}

/// Marks one byte.
pub(super) const fn equals(eight: [u8; 8], byte: u8) -> u64 {
    let difference = u64::from_le_bytes(eight) ^ (byte as u64 * EACH);
    difference.wrapping_sub(EACH) & !difference & HIGH_BITS
}

/// How many bytes stand before the first that is marked.
pub(super) const fn first_marked(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Whether `mark` marks a byte of a text.
pub(super) fn has_byte(text: &[u8], mark: impl Fn([u8; 8]) -> u64) -> bool {
    let Some(end) = text.last_chunk() else {
        let mut padded = [b'0'; 8];
        padded[..text.len()].copy_from_slice(text);
        return mark(padded) != 0;
    };
    let (eights, _) = text.as_chunks();
    let marks = eights
        .iter()
        .fold(mark(*end), |marks, eight| marks | mark(*eight));
    marks != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_is_found_wherever_it_stands() {
        for length in 0..40 {
            for other in [b' ', b'a', 0x7f, 0x80, 0xff] {
                let text = vec![other; length];
                assert!(
                    !has_byte(&text, controls) && !has_byte(&text, |eight| equals(eight, b':'))
                );
                for place in 0..length {
                    for control in [0, b'\t', b'\r', 0x1f] {
                        let mut text = text.clone();
                        text[place] = control;
                        assert!(
                            has_byte(&text, controls),
                            "{control} at {place} of {length}"
                        );
                    }
                    let mut text = text.clone();
                    text[place] = b':';
                    assert!(has_byte(&text, |eight| equals(eight, b':')));
                }
            }
        }
    }

    #[test]
    fn the_first_that_is_marked() {
        let marks = |text: &[u8; 8]| controls(*text) | equals(*text, 0x7f);
        for (text, expected) in [
            (b"abcdefgh", 8),
            (b"\rbcdefgh", 0),
            (b"a\n \x7f\0   ", 1),
            (b"  \x7f     ", 2),
            (b"\xff\x80\x80\x80\x80\x80\x80\0", 7),
        ] {
            assert_eq!(first_marked(marks(text)), expected, "{text:?}");
        }
    }
}
