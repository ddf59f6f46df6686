//! Buffers that are written in pieces.

use std::{cell::Cell, io::Write};

use ouvrier_protocol::spare;

use super::{
    queue::{LITTLE, ONE_TURN},
    *,
};
use crate::{file::PIECE, ledger::Ledger};

#[test]
fn keeps_order_over_partial_writes_and_appends() {
    let mut buffer = SendBuffer::default();
    buffer.tail().extend_from_slice(b"hello ");
    let mut wire = Vec::new();
    let mut quota = 4;
    let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
        if quota == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = quota.min(bytes.len());
        quota -= count;
        wire.extend_from_slice(&bytes[..count]);
        Ok(count)
    });
    assert_eq!(
        (taken, result.unwrap_err().kind()),
        (4, io::ErrorKind::WouldBlock)
    );

    buffer.tail().extend_from_slice(b"world");
    assert_eq!(buffer.len(), 7);
    let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
        wire.extend_from_slice(bytes);
        Ok(bytes.len())
    });
    assert!(result.is_ok());
    assert_eq!(taken, 7);
    assert_eq!(wire, b"hello world");
}

#[test]
fn a_file_goes_out_in_its_place_and_in_pieces() {
    let content: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    let mut buffer = SendBuffer::default();
    buffer.tail().extend_from_slice(b"before ");
    buffer.push_file(range_of(&content, 10, 150_000));
    buffer.tail().extend_from_slice(b" after");

    assert_eq!((buffer.len(), buffer.len_in_files()), (13, 150_000));
    assert!(buffer.has_file());
    let mut wire = Vec::new();
    let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
        assert!(bytes.len() <= LITTLE + PIECE);
        wire.extend_from_slice(bytes);
        Ok(bytes.len())
    });
    assert!(result.is_ok() && buffer.is_empty() && !buffer.has_file());
    assert_eq!(taken, 13 + 150_000);
    assert_eq!(
        wire,
        [b"before ", &content[10..150_010], b" after"].concat()
    );
}

#[test]
fn a_long_file_takes_turns() {
    let length = ONE_TURN + 1;
    let mut buffer = SendBuffer::default();
    buffer.push_file(range_of(&vec![0; length], 0, length));
    let (first, result) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    assert!(result.is_ok() && !buffer.is_empty());
    let (second, _) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    assert!(buffer.is_empty());
    assert_eq!((first, second), (length - 1, 1));
}

#[test]
fn a_long_file_goes_out_unread_behind_its_first_piece() {
    /// Takes little at a time.
    struct Socket(Vec<u8>, usize);
    impl Outlet for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(50_000);
            self.0.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn write_file(&mut self, file: &FileRange) -> Option<io::Result<usize>> {
            let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
            writer.set_nonblocking(true).unwrap();
            let sent = file.send_to(&writer);
            drop(writer);
            self.1 += *sent.as_ref().unwrap();
            io::Read::read_to_end(&mut &reader, &mut self.0).unwrap();
            Some(sent)
        }
    }
    let content: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
    let mut buffer = SendBuffer::default();
    buffer.tail().extend_from_slice(b"before ");
    buffer.push_file(range_of(&content, 10, 900_000));
    buffer.tail().extend_from_slice(b" after");
    let mut socket = Socket(Vec::new(), 0);
    while !buffer.is_empty() {
        buffer.write_to(&mut socket).1.unwrap();
    }
    assert!(socket.0 == [b"before ", &content[10..900_010], b" after"].concat());
    assert!(socket.1 >= 900_000 - 2 * PIECE, "{}", socket.1);
}

#[test]
fn a_file_that_became_shorter_is_an_error() {
    let mut buffer = SendBuffer::default();
    buffer.push_file(range_of(b"short", 0, 6));
    let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    assert_eq!(taken, 5);
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_file_does_not_use_up_the_buffer_of_the_head_before_it() {
    spare::give_back(Vec::with_capacity(64));
    let mut buffer = SendBuffer::default();
    buffer.tail().extend_from_slice(b"head");
    buffer.push_file_now(range_of(&[1; 1024], 0, 1024));
    assert_eq!((buffer.len(), spare::take().capacity()), (4 + 1024, 64));
}

#[test]
fn a_short_file_that_is_next_is_read_at_once_and_others_in_their_turn() {
    let long = vec![1; PIECE + 1];
    for (before, content, promised, in_memory) in [
        (&b"head"[..], &b"file"[..], 4, 8),
        (b"head", b"file", 6, 8),
        (b"head", &long, long.len(), 4),
        (&long[..LITTLE], b"file", 4, LITTLE),
    ] {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(before);
        buffer.push_file_now(range_of(content, 0, promised));
        buffer.tail().extend_from_slice(b"end");
        assert_eq!(buffer.len(), in_memory + 3);
        let left = before.len() + promised - in_memory;
        assert_eq!(buffer.len_in_files(), left as u64);

        let mut wire = Vec::new();
        let (_, result) = buffer.write_to(&mut |bytes: &[u8]| {
            wire.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        if promised > content.len() {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            assert_eq!(wire, [before, content].concat());
        } else {
            assert!(result.is_ok());
            assert_eq!(wire, [before, content, b"end"].concat());
        }
    }
}

fn range_of(content: &[u8], offset: usize, length: usize) -> FileRange {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    FileRange::new(file, offset as u64, length as u64)
}

fn shared(bytes: Vec<u8>) -> Arc<SharedBytes> {
    let permit = Arc::<Ledger>::default().permit(bytes.len());
    Arc::new(SharedBytes::new(bytes, permit))
}

#[test]
fn shared_bytes_go_out_in_their_place_and_are_not_copied() {
    let large = shared(vec![b'x'; SHARED]);
    let mut buffer = SendBuffer::default();
    for part in [b"one", b"two"] {
        buffer.tail().extend_from_slice(part);
        buffer.push(&large);
        buffer.push(&large);
    }
    buffer.push(&shared(b"three".to_vec()));
    assert_eq!(buffer.len(), 4 * SHARED + 11);
    assert_eq!(buffer.len_of_shared(), 4 * SHARED);
    assert!(!buffer.has_file());
    assert_eq!(Arc::strong_count(&large), 5);

    let (mut wire, left) = (Vec::new(), Cell::new(SHARED + 1000));
    let mut write = |bytes: &[u8]| {
        let count = left.get().min(bytes.len()).min(3000);
        left.set(left.get() - count);
        wire.extend_from_slice(&bytes[..count]);
        match count {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(count),
        }
    };
    assert_eq!(buffer.write_to(&mut write).0, SHARED + 1000);
    assert_eq!(buffer.len(), 3 * SHARED + 11 - 1000);
    assert_eq!(buffer.len_of_shared(), 3 * SHARED - 997);
    buffer.tail().extend_from_slice(b"four");
    left.set(usize::MAX);
    while !buffer.is_empty() {
        assert!(buffer.write_to(&mut write).1.is_ok());
    }
    let expected = [
        b"one",
        &large[..],
        &large,
        b"two",
        &large,
        &large,
        b"threefour",
    ];
    assert!(wire == expected.concat());
    assert_eq!(Arc::strong_count(&large), 1);
    assert_eq!((buffer.len(), buffer.len_of_shared()), (0, 0));
}

#[test]
fn shared_bytes_and_files_keep_their_order() {
    let large = shared(vec![b'x'; SHARED]);
    let mut buffer = SendBuffer::default();
    buffer.push(&large);
    buffer.push_file(range_of(b"file", 0, 4));
    buffer.push(&large);
    buffer.tail().extend_from_slice(b"end");
    assert_eq!((buffer.len(), buffer.len_in_files()), (2 * SHARED + 3, 4));
    let mut wire = Vec::new();
    let (_, result) = buffer.write_to(&mut |bytes: &[u8]| {
        wire.extend_from_slice(bytes);
        Ok(bytes.len())
    });
    assert!(result.is_ok() && buffer.is_empty());
    assert!(wire == [&large[..], b"file", &large, b"end"].concat());
}

#[test]
fn the_next_who_sends_has_the_buffer_of_one_who_is_done() {
    let (mut first, mut second) = (SendBuffer::default(), SendBuffer::default());
    first.tail().extend_from_slice(b"one");
    let _ = first.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    let capacity = second.tail().capacity();
    assert!(capacity > 0 && second.is_empty());
    second.tail().extend_from_slice(b"two");
    let _ = second.write_to(&mut |bytes: &[u8]| {
        assert_eq!(bytes, b"two");
        Ok(bytes.len())
    });
    first.tail().extend_from_slice(&[0; spare::MOST_BYTES + 1]);
    let _ = first.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    assert_eq!(second.tail().capacity(), 0, "a large one is given up");
}

#[test]
fn holds_no_memory_when_empty() {
    let mut buffer = SendBuffer::default();
    buffer.tail().extend_from_slice(&[0; 1000]);
    let _ = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
    assert!(buffer.0.is_none());
}
