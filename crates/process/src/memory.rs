//! What the C library does with memory that is given back to it.

/// Most bytes of a piece that comes from the heap, and not from the kernel each time: a large message, and the buffers that it goes through.
const LARGEST: libc::c_int = 4 << 20;
/// Free bytes at the end of the heap from which on they go back to the kernel.
const KEPT: libc::c_int = 8 << 20;

/// Keeps a little of the memory that is freed for the next who needs some.
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
}
