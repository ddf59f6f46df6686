//! Feeds a decoder the way a connection does.

use ouvrier_protocol::Step;

/// What a decoder made of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome<T, E> {
    /// The items, in their order, up to the end or the fault.
    pub(crate) items: Vec<T>,
    /// Bytes at the end of the stream that were not consumed, or the fault.
    pub(crate) end: Result<usize, E>,
}

/// Feeds the pieces one after the other to `decode`, which gets all that was not consumed yet.
pub(crate) fn feed<'a, T, E>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut decode: impl FnMut(&[u8]) -> Result<Step<T>, E>,
) -> Outcome<T, E> {
    let (mut items, mut buffer) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let step = match decode(&buffer) {
                Ok(step) => step,
                Err(fault) => {
                    return Outcome {
                        items,
                        end: Err(fault),
                    };
                }
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
    Outcome {
        items,
        end: Ok(buffer.len()),
    }
}
