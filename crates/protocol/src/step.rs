/// One step of a decoder over the front of a stream.
///
/// A caller repeats the step on what is left for as long as an item comes out. After a step without
/// an item it calls again only once more bytes stand behind those that were not consumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<T> {
    /// Bytes at the front of the input that are done with; the caller drops them and never shows
    /// them again.
    pub consumed: usize,
    /// What they made, if they made something. `None` means: call again when more bytes have
    /// arrived.
    pub item: Option<T>,
}

impl<T> Step<T> {
    /// Nothing is complete yet, though `consumed` bytes may have been taken in.
    pub(crate) const fn pending(consumed: usize) -> Self {
        Self {
            consumed,
            item: None,
        }
    }

    /// The first `consumed` bytes completed `item`.
    pub(crate) const fn complete(consumed: usize, item: T) -> Self {
        Self {
            consumed,
            item: Some(item),
        }
    }

    /// The same step with its item turned into another.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Step<U> {
        Step {
            consumed: self.consumed,
            item: self.item.map(turn),
        }
    }
}
