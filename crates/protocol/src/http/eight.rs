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

/// Whether two texts are the same but for the case of ASCII letters.
#[inline]
pub(super) fn is_same_in_any_case(one: &[u8], other: &[u8]) -> bool {
    let is_same = |(one, other): (&[u8; 8], &[u8; 8])| in_lower_case(*one) == in_lower_case(*other);
    match (one.last_chunk(), other.last_chunk()) {
        _ if one.len() != other.len() => false,
        (Some(end), Some(other_end)) => {
            let mut eights = one.as_chunks().0.iter().zip(other.as_chunks().0);
            is_same((end, other_end)) && eights.all(is_same)
        }
        _ => one == other || one.eq_ignore_ascii_case(other),
    }
}

/// The high bit of a byte is set from `A` on in the one sum, and behind `Z` in the other as well. Two places to the right it is the bit of the case.
const fn in_lower_case(eight: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(eight);
    let seven_bits = word & !HIGH_BITS;
    let from_a = seven_bits + (0x80 - b'A') as u64 * EACH;
    let behind_z = seven_bits + (0x7f - b'Z') as u64 * EACH;
    let letters = (from_a ^ behind_z) & !word & HIGH_BITS;
    word | letters >> 2
}

/// Whether `mark` marks a byte of a text.
pub(super) fn has_byte(text: &[u8], mark: impl Fn([u8; 8]) -> u64) -> bool {
    if text.is_empty() {
        return false;
    }
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
    fn case_makes_no_difference_to_letters_and_to_nothing_else() {
        for one in 0..=255_u8 {
            for other in 0..=255 {
                let (mut text, mut same) = (*b"Content-type", *b"cOnTENT-TYPE");
                (text[3], same[3]) = (one, other);
                assert_eq!(
                    is_same_in_any_case(&text, &same),
                    one.eq_ignore_ascii_case(&other),
                    "{one} {other}"
                );
            }
        }
        assert!(!is_same_in_any_case(b"host", b"hosts"));
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
