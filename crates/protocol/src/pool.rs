//! What was used and is kept for the next who needs one: a turn takes as many as messages come, which is more than an allocator has at hand.

use std::{cell::RefCell, thread::LocalKey};

/// What a thread keeps, which is no more than `MOST`. It stands in a thread-local, and hands out what was given back last.
#[derive(Debug)]
pub struct Pool<T, const MOST: usize>(RefCell<Vec<T>>);

impl<T, const MOST: usize> Pool<T, MOST> {
    /// One that keeps nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// One that was given back, or else a new one.
    #[inline]
    pub fn take(pool: &'static LocalKey<Self>) -> T
    where
        T: Default,
    {
        let kept = pool.try_with(|pool| pool.0.borrow_mut().pop());
        kept.ok().flatten().unwrap_or_default()
    }

    /// Keeps one for the next, who gets it as it is. A thread that is about to end keeps nothing.
    #[inline]
    pub fn give_back(pool: &'static LocalKey<Self>, item: T) {
        let _ = pool.try_with(|pool| {
            let mut kept = pool.0.borrow_mut();
            if kept.len() < MOST {
                kept.push(item);
            }
        });
    }
}

impl<T, const MOST: usize> Default for Pool<T, MOST> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_and_the_last_comes_first() {
        thread_local! {
            static POOL: Pool<u8, 2> = const { Pool::new() };
        }
        for item in [1, 2, 3] {
            Pool::give_back(&POOL, item);
        }
        assert_eq!([(); 3].map(|()| Pool::take(&POOL)), [2, 1, 0]);
    }
}
