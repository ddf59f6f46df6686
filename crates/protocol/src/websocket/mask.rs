/// Masks or unmasks `data`, whose first byte is the `offset`-th of its frame's payload (RFC 6455
/// section 5.3).
pub(super) fn apply(data: &mut [u8], mask: [u8; 4], offset: usize) {
    let [a, b, c, d] = rotate(mask, offset);
    let pattern = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ pattern).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(pattern.to_ne_bytes()) {
        *byte ^= key;
    }
}

fn rotate(mut mask: [u8; 4], offset: usize) -> [u8; 4] {
    mask.rotate_left(offset % 4);
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_offset_agrees_with_the_definition() {
        let mask = [0x12, 0x34, 0x56, 0x78];
        for length in 0..40 {
            for offset in 0..9 {
                let mut data = vec![0xa5; length];
                apply(&mut data, mask, offset);
                let expected: Vec<u8> = (0..length)
                    .map(|at| 0xa5 ^ mask[(at + offset) % 4])
                    .collect();
                assert_eq!(data, expected, "length {length}, offset {offset}");
            }
        }
    }
}
