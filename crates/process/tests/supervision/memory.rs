//! What a worker keeps of the memory that it frees. In this program since the heap is only what the thread that started first takes from.

use std::fs;

use ouvrier_process::memory;

use crate::Scenario;

pub(crate) const SCENARIOS: &[Scenario] = &[(
    "a_large_message_is_freed_into_the_heap_which_stays",
    a_large_message_is_freed_into_the_heap_which_stays,
)];

fn a_large_message_is_freed_into_the_heap_which_stays() {
    if cfg!(not(target_env = "gnu")) {
        return;
    }
    memory::keep_freed();
    let message = vec![1_u8; 1 << 20];
    let end = heap_end();
    assert!(
        message.as_ptr().addr() < end,
        "it was taken from the kernel"
    );
    drop(message);
    assert_eq!(heap_end(), end, "it was given back to the kernel");
}

fn heap_end() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let heap = maps.lines().find(|line| line.ends_with("[heap]")).unwrap();
    let (_, rest) = heap.split_once('-').unwrap();
    usize::from_str_radix(rest.split_once(' ').unwrap().0, 16).unwrap()
}
