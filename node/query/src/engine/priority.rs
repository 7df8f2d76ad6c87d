//! Threads of queries give way to the others of the node: edits and syncs go on beside a query that computes.

/// How much later than others a thread comes, as `nice(2)` counts; at 10 it has a tenth of the time of
/// another that computes too, and all of it where there is none.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Has this thread give way. Where that is refused it computes as others do.
#[cfg(target_os = "linux")]
pub(super) fn give_way() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux it is the thread that this is about, and not its process. A thread begins as the one that made
    // it, and those of queries are made by others of queries.
    if getpriority_process(None).is_ok_and(|now| now < NICE) {
        let _ = setpriority_process(None, NICE);
    }
}

/// Threads stay as they are: macOS counts by process, and Windows moves what is in front up by itself.
#[cfg(not(target_os = "linux"))]
pub(super) const fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_gives_way() {
        let now = || rustix::process::getpriority_process(None).unwrap();
        let before = now();
        let there = std::thread::spawn(move || {
            give_way();
            let first = now();
            // One that a thread of queries makes comes no later than that.
            let second = std::thread::spawn(move || {
                give_way();
                now()
            });
            (first, second.join().unwrap())
        });
        let nice = before.max(NICE);
        assert_eq!((there.join().unwrap(), now()), ((nice, nice), before));
    }
}
