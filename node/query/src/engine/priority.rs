//! Threads of queries give way to the others of the node: edits and syncs go on beside a query that computes.

/// How much later than others a thread comes, as `nice(2)` counts; at 5 it has a third of the time of
/// another that computes too, and all of it where there is none.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// Has this thread give way. Where that is refused it computes as others do.
#[cfg(target_os = "linux")]
pub(super) fn give_way() {
    // On Linux it is the thread that this is about, and not its process.
    let _ = rustix::process::nice(NICE);
}

/// Threads stay as they are: macOS counts by process, and Windows moves what is in front up by itself.
#[cfg(not(target_os = "linux"))]
pub(super) const fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_gives_way() {
        let now = || rustix::process::nice(0).unwrap();
        let before = now();
        let there = std::thread::spawn(move || {
            give_way();
            now()
        });
        assert_eq!((there.join().unwrap(), now()), ((before + NICE).min(19), before));
    }
}
