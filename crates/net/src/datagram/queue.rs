//! What has arrived and waits for the owner.

use std::{collections::VecDeque, io};

use super::{Datagram, Readers, Taken};

/// Datagrams that may wait.
const COUNT_LIMIT: usize = 16_384;
/// The same where others read the socket as well: what waits here while they have nothing to do is late.
const SHARED_COUNT_LIMIT: usize = 16;
/// Bytes that may wait, with what each datagram costs beside them.
const WEIGHT_LIMIT: usize = 4 << 20;
/// Datagrams that the owner gets at once: others want to be heard as well.
const BATCH: usize = 64;

/// A queue that is full at a limit of datagrams and of bytes.
pub(super) struct Queue {
    count_limit: usize,
    datagrams: VecDeque<Datagram>,
    weight: usize,
    pub(super) opened: Option<io::Result<()>>,
    /// The owner has been told that there is something, and has not taken all of it yet.
    announced: bool,
}

impl Queue {
    pub(super) fn new(readers: Readers) -> Self {
        Self {
            count_limit: match readers {
                Readers::Us => COUNT_LIMIT,
                Readers::Several => SHARED_COUNT_LIMIT,
            },
            datagrams: VecDeque::new(),
            weight: 0,
            opened: None,
            announced: false,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.datagrams.len() >= self.count_limit || self.weight >= WEIGHT_LIMIT
    }

    pub(super) fn push(&mut self, datagram: Datagram) {
        self.weight += weight(&datagram);
        self.datagrams.push_back(datagram);
    }

    /// Whether the owner is to be told that there is something. Once until it has taken everything.
    pub(super) fn announce(&mut self) -> bool {
        !std::mem::replace(&mut self.announced, true)
    }

    /// A batch, and whether there is more.
    pub(super) fn take(&mut self) -> (Taken, bool) {
        let batch = self.datagrams.len().min(BATCH);
        let datagrams: Vec<_> = self.datagrams.drain(..batch).collect();
        self.weight -= datagrams.iter().map(weight).sum::<usize>();
        self.announced = !self.datagrams.is_empty();
        if !self.announced {
            // The room of a burst is given back.
            self.datagrams = VecDeque::new();
        }
        let opened = self.opened.take();
        (Taken { datagrams, opened }, self.announced)
    }
}

fn weight(datagram: &Datagram) -> usize {
    size_of::<Datagram>() + datagram.data.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(queue: &mut Queue, size: usize) -> usize {
        let mut count = 0;
        while !queue.is_full() {
            count += 1;
            queue.push(Datagram {
                from: "127.0.0.1:9".parse().unwrap(),
                data: vec![0; size],
            });
        }
        count
    }

    #[test]
    fn it_is_full_at_a_number_of_small_datagrams_and_at_a_weight_of_large_ones() {
        let queue = || Queue::new(Readers::Us);
        assert_eq!(fill(&mut queue(), 1), COUNT_LIMIT);
        let large = fill(&mut queue(), 60_000);
        assert_eq!(large, WEIGHT_LIMIT.div_ceil(60_000 + size_of::<Datagram>()));
    }

    #[test]
    fn little_waits_that_others_could_read() {
        assert_eq!(fill(&mut Queue::new(Readers::Several), 1), 16);
    }

    #[test]
    fn it_is_handed_out_in_batches_and_announced_once_until_it_is_empty() {
        let mut queue = Queue::new(Readers::Us);
        assert!(queue.announce());
        let count = fill(&mut queue, 1);
        let mut taken = 0;
        loop {
            assert!(!queue.announce());
            let (batch, more) = queue.take();
            assert!(batch.datagrams.len() <= BATCH);
            taken += batch.datagrams.len();
            if !more {
                break;
            }
        }
        assert_eq!((taken, queue.weight), (count, 0));
        assert!(queue.announce());
    }
}
