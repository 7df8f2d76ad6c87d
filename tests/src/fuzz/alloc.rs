//! An allocator that counts, for threads that ask for it.
//!
//! Binaries that run targets declare it: `#[global_allocator] static ALLOCATOR: Counting = Counting;`
//! A thread's own allocations are counted, not those of threads that it starts; frees of what
//! another thread allocated make the count too low, which a target that starts no thread never
//! does.

#![expect(unsafe_code, reason = "an allocator cannot be written without it; all it adds to the system's is counting")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

thread_local! {
    static COUNTED: Cell<Option<&'static Counters>> = const { Cell::new(None) };
}

/// What one thread holds, and has held at most, in bytes.
#[derive(Debug, Default)]
pub struct Counters {
    live: AtomicI64,
    peak: AtomicI64,
}

impl Counters {
    /// Counts the allocations of this thread from now on, with counters that anyone may read. They
    /// are never freed, since the thread might outlive whoever reads them.
    ///
    /// # Panics
    /// When [`Counting`] is not the allocator of this program.
    #[must_use]
    pub fn of_this_thread() -> &'static Self {
        let counters: &'static Self = Box::leak(Box::default());
        COUNTED.with(|counted| counted.set(Some(counters)));
        drop(std::hint::black_box(Vec::<u8>::with_capacity(4_096)));
        assert!(counters.peak() >= 4_096, "the program must declare the counting allocator");
        counters
    }

    /// Starts anew: what is held now counts as nothing.
    pub fn reset(&self) {
        self.live.store(0, Ordering::Relaxed);
        self.peak.store(0, Ordering::Relaxed);
    }

    /// Returns the most bytes held at a time since the last reset.
    #[must_use]
    pub fn peak(&self) -> u64 {
        u64::try_from(self.peak.load(Ordering::Relaxed)).unwrap_or(0)
    }

    fn add(&self, bytes: i64) {
        let live = self.live.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(live, Ordering::Relaxed);
    }
}

/// The system's allocator, counting.
#[derive(Debug)]
pub struct Counting;

/// Counts for this thread; a thread that ends has no counters any more.
fn count(bytes: i64) {
    let counted = COUNTED.try_with(Cell::get).ok().flatten();
    if let Some(counters) = counted {
        counters.add(bytes);
    }
}

/// Returns a size as a number to add. No allocation is larger than `isize::MAX`.
const fn signed(bytes: usize) -> i64 {
    bytes as i64
}

// SAFETY: every call is passed on to the system's allocator as it is; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the promises of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
