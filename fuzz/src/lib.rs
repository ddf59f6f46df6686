//! What every target checks: however a stream is cut into pieces, a decoder gives the same items and the same end.

use std::fmt::Debug;

use ouvrier_protocol::Step;

/// The input of a target: how to cut the stream, and the stream.
pub struct Input<'a> {
    cut: usize,
    /// The bytes that a peer sends.
    pub stream: &'a [u8],
}

impl<'a> Input<'a> {
    /// The first byte is the length of the pieces.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let (&first, stream) = data.split_first()?;
        Some(Self {
            cut: usize::from(first).max(1),
            stream,
        })
    }

    /// Decodes the stream in one piece and in many. Returns the items.
    ///
    /// # Panics
    ///
    /// Where the decoder breaks a promise.
    pub fn check<D, T: Debug + PartialEq, E: Debug + PartialEq>(
        &self,
        new: impl Fn() -> D,
        decode: impl Fn(&mut D, &[u8]) -> Result<Step<T>, E>,
    ) -> Vec<T> {
        let (mut whole, mut cut) = (new(), new());
        let expected = feed([self.stream], |input| decode(&mut whole, input));
        let found = feed(self.stream.chunks(self.cut), |input| {
            decode(&mut cut, input)
        });
        assert_eq!(found, expected);
        expected.0
    }

    /// Decodes up to the first cut, has the decoder give back what it holds of an unfinished item, and decodes that and the rest
    /// anew.
    ///
    /// # Panics
    ///
    /// Where that does not give the items that are there.
    pub fn check_unread<D, T: Debug + PartialEq, E: Debug + PartialEq>(
        &self,
        new: impl Fn() -> D,
        decode: impl Fn(&mut D, &[u8]) -> Result<Step<T>, E>,
        unread: impl Fn(&D, &mut Vec<u8>),
    ) {
        let (front, rest) = self.stream.split_at(self.cut.min(self.stream.len()));
        let (mut whole, mut decoder, mut fresh) = (new(), new(), new());
        let expected = feed([self.stream], |input| decode(&mut whole, input));
        let mut left = Vec::new();
        let mut found: (_, Option<E>) = feed([front], |input| {
            let step = decode(&mut decoder, input)?;
            left = input[step.consumed..].to_vec();
            Ok(step)
        });
        if found.1.is_some() {
            return;
        }
        let mut given_back = Vec::new();
        unread(&decoder, &mut given_back);
        given_back.append(&mut left);
        let after = feed([&given_back[..], rest], |input| decode(&mut fresh, input));
        found.0.extend(after.0);
        assert_eq!((found.0, after.1), expected);
    }
}

/// The items, and the fault at the end.
fn feed<'a, T, E>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut decode: impl FnMut(&[u8]) -> Result<Step<T>, E>,
) -> (Vec<T>, Option<E>) {
    let (mut items, mut buffer) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let step = match decode(&buffer) {
                Ok(step) => step,
                Err(fault) => return (items, Some(fault)),
            };
            assert!(
                step.consumed <= buffer.len(),
                "more was consumed than was there"
            );
            buffer.drain(..step.consumed);
            let Some(item) = step.item else { break };
            assert!(step.consumed > 0, "an item came from nothing");
            items.push(item);
        }
    }
    (items, None)
}
