//! What becomes of memory that is given back.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr::null_mut,
};

/// Most bytes of a piece that comes from the heap, and not from the kernel each time: a large message, and the buffers that it goes through.
const LARGEST: libc::c_int = 4 << 20;
/// Free bytes at the end of the heap from which on they go back to the kernel: a few messages of a MiB, each of which is in several buffers on its way.
const KEPT: libc::c_int = 16 << 20;

/// Keeps a little of the memory that this thread frees for the next who needs some.
///
/// By itself glibc gives the end of its heap back to the kernel as soon as 128 KiB of it are free. A server that passes messages of such a size on then
/// has the kernel fill the same pages with zeros for each of them, which costs more than all the rest.
pub fn keep_freed() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets two numbers of the allocator, which refuses what it does not take. Each must be set, since the first of them ends the adaption of both.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
    BLOCKS.with(|blocks| blocks.room.set(MOST));
}

/// What the blocks are aligned to that are kept: the task of a connection, and what tokio knows of its socket.
const ALIGNMENT: usize = 128;
/// How many sizes of them there are, each a multiple of the alignment.
const SIZES: usize = 3;
/// Most blocks of each size that are kept.
const MOST: usize = 128;

/// The allocator of the C library, in front of which a thread may keep a few blocks of the kind that each connection takes two of. The C library
/// makes each of them out of a larger one, which takes ten times what a plain one does.
///
/// A thread keeps some once it has called [`keep_freed`]; when it ends they are lost.
pub struct Allocator;

thread_local! {
    static BLOCKS: Blocks = const {
        Blocks {
            tops: [const { Cell::new(null_mut()) }; SIZES],
            counts: [const { Cell::new(0) }; SIZES],
            room: Cell::new(0),
        }
    };
}

/// Blocks that are kept: of each size the last one, which knows the one before it, and how many there are.
struct Blocks {
    tops: [Cell<*mut Block>; SIZES],
    counts: [Cell<usize>; SIZES],
    /// Most blocks of each size.
    room: Cell<usize>,
}

struct Block {
    next: *mut Self,
}

// SAFETY: blocks come from the allocator of the system, by their own layout, and are with one owner at a time. Nothing here panics or allocates.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() == ALIGNMENT {
            let block = BLOCKS.try_with(|blocks| blocks.take(layout));
            if let Ok(Some(block)) = block {
                return block.cast();
            }
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise. What is not kept goes back to where it came from.
        unsafe {
            let is_kept = layout.align() == ALIGNMENT
                && BLOCKS
                    .try_with(|blocks| blocks.keep(block.cast(), layout))
                    .unwrap_or_default();
            if !is_kept {
                System.dealloc(block, layout);
            }
        }
    }
}

impl Blocks {
    /// A block of a size, if one is kept.
    fn take(&self, layout: Layout) -> Option<*mut Block> {
        let place = place(layout)?;
        let block = self.tops[place].get();
        if block.is_null() {
            return None;
        }
        // SAFETY: whoever kept the block has written where the next one is.
        self.tops[place].set(unsafe { (*block).next });
        self.counts[place].set(self.counts[place].get() - 1);
        Some(block)
    }

    /// Keeps a block, if there is room for it.
    ///
    /// # Safety
    /// The block has this layout, and nobody uses it any more.
    unsafe fn keep(&self, block: *mut Block, layout: Layout) -> bool {
        let Some(place) = place(layout) else {
            return false;
        };
        let count = self.counts[place].get();
        if count >= self.room.get() {
            return false;
        }
        let next = self.tops[place].replace(block);
        // SAFETY: the caller's promise; the block is large enough, and aligned.
        unsafe { block.write(Block { next }) };
        self.counts[place].set(count + 1);
        true
    }
}

/// Where blocks of a size are kept, if they are.
const fn place(layout: Layout) -> Option<usize> {
    match layout.size() {
        128 => Some(0),
        256 => Some(1),
        384 => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, ALIGNMENT).unwrap()
    }

    #[test]
    fn a_block_that_is_given_back_is_the_next_of_its_size() {
        keep_freed();
        // SAFETY: each block is given back once, by its own layout.
        unsafe {
            let [small, large] = [256, 384].map(|size| Allocator.alloc(layout(size)));
            Allocator.dealloc(small, layout(256));
            Allocator.dealloc(large, layout(384));
            let again = [384, 256].map(|size| Allocator.alloc(layout(size)));
            assert_eq!(again, [large, small]);
            Allocator.dealloc(large, layout(384));
            Allocator.dealloc(small, layout(256));
        }
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        for (room, keep) in [(0, (|| {}) as fn()), (MOST, keep_freed)] {
            keep();
            // SAFETY: each block is given back once, by its own layout.
            unsafe {
                let blocks: Vec<_> = (0..2 * MOST)
                    .map(|_| Allocator.alloc(layout(128)))
                    .collect();
                for block in blocks {
                    Allocator.dealloc(block, layout(128));
                }
            }
            assert_eq!(BLOCKS.with(|blocks| blocks.counts[0].get()), room);
        }
    }
}
