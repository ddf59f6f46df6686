//! Small buffers that were emptied, for the next who needs one.

use crate::pool::Pool;

/// Most bytes of each that is kept: together 2 MiB in a thread.
pub const MOST_BYTES: usize = 512;

thread_local! {
    static SPARE: Pool<Vec<u8>, 4096> = const { Pool::new() };
}

/// An empty buffer, with room if there is one to spare.
pub fn take() -> Vec<u8> {
    Pool::take(&SPARE)
}

/// A copy of `bytes`, in such a buffer if it is like those that are kept.
pub fn copy(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > MOST_BYTES {
        return bytes.to_vec();
    }
    let mut buffer = take();
    buffer.extend_from_slice(bytes);
    buffer
}

/// Keeps a buffer for the next, without its bytes.
pub fn give_back(mut buffer: Vec<u8>) {
    if (1..=MOST_BYTES).contains(&buffer.capacity()) {
        buffer.clear();
        Pool::give_back(&SPARE, buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_large() {
        let first = copy(b"first");
        let place = first.as_ptr();
        give_back(first);
        let second = copy(b"2nd");
        assert_eq!((second.as_ptr(), &second[..]), (place, &b"2nd"[..]));
        give_back(vec![0; MOST_BYTES + 1]);
        assert_eq!(take().capacity(), 0);
        assert_eq!(copy(&[7; MOST_BYTES + 1]), [7; MOST_BYTES + 1]);
    }
}
