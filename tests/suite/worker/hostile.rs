//! Children that misbehave, played by shell scripts; and what a real one gives up.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dataforge_node::worker::{Worker, WorkerError, WorkerLimits};
use dataforge_tests::program::{program, wait_until};

/// What the output of a worker begins with.
const MARK: &str = "printf dataforge-work-1";

/// The longest that a test's child may take.
const LIMIT: Duration = Duration::from_secs(1);

/// Lets a script play the worker; returns what the parent makes of it, in good time.
fn play(script: &str) -> WorkerError {
    let dir = tempfile::tempdir().unwrap();
    play_in(dir.path(), script)
}

fn play_in(dir: &Path, script: &str) -> WorkerError {
    let path = dir.join("worker");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let limits = WorkerLimits { timeout: LIMIT, output_bytes: 1_000, ..WorkerLimits::default() };
    let started = Instant::now();
    // More than a pipe holds, so that a child that reads nothing blocks whoever writes.
    let bytes = Bytes::from(vec![b'x'; 4 << 20]);
    let error = Worker::of_program(&path).with_limits(limits).read_workbook(bytes).unwrap_err();
    assert!(started.elapsed() < LIMIT + Duration::from_secs(4), "{script}: {:?}", started.elapsed());
    error
}

#[test]
fn a_child_that_never_ends_is_killed() {
    for script in ["sleep 1000", "while :; do :; done", &format!("{MARK}; sleep 1000")] {
        let error = play(script);
        assert!(matches!(error, WorkerError::TooSlow { limit } if limit == LIMIT), "{script}: {error}");
    }
}

#[test]
fn a_child_that_says_nonsense_is_found_out() {
    for script in ["true", "echo; echo running 7 tests", "exit 3", "yes"] {
        let error = play(script);
        assert!(matches!(error, WorkerError::NotAWorker { .. } | WorkerError::TooSlow { .. }), "{script}: {error}");
        assert!(matches!(error, WorkerError::TooSlow { .. }) || !error.is_about_the_file());
    }
    let long = play(&format!("{MARK}; printf '\\377\\377\\377\\377'; sleep 1000"));
    assert!(matches!(&long, WorkerError::Garbled { what } if what.contains("too long")), "{long}");
    let none = play(&format!("{MARK}; printf '\\001\\000\\000\\000\\143'"));
    assert!(matches!(&none, WorkerError::Garbled { what } if what.contains("no frame")), "{none}");
}

#[test]
fn a_child_that_says_too_much_is_cut_off() {
    let sheets = format!("{MARK}; while :; do printf '\\003\\000\\000\\000\\000\\000\\000'; done");
    let error = play(&sheets);
    assert!(matches!(error, WorkerError::TooMuchOutput { limit_bytes: 1_000 }), "{error}");
}

#[test]
fn a_child_that_dies_is_told_with_its_last_words() {
    let killed = play(&format!("{MARK}; echo 'oh no' >&2; kill -ABRT $$"));
    assert!(matches!(&killed, WorkerError::Crashed { how } if how.contains("oh no")), "{killed}");
    let cut = play(&format!("{MARK}; printf '\\003\\000'"));
    assert!(matches!(cut, WorkerError::Crashed { .. }), "{cut}");
    let starved = play(&format!("{MARK}; echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$"));
    assert!(matches!(starved, WorkerError::TooMuchMemory { .. }), "{starved}");
    let noisy = play(&format!("{MARK}; head -c 10000000 /dev/zero >&2"));
    assert!(matches!(noisy, WorkerError::Crashed { .. }), "{noisy}");
}

#[test]
fn a_child_that_closes_its_output_and_goes_on_is_killed() {
    let error = play(&format!("{MARK}; exec >&-; sleep 1000"));
    assert!(matches!(&error, WorkerError::Garbled { what } if what.contains("went on")), "{error}");
}

#[test]
fn what_a_child_started_is_killed_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; {MARK}; exit 0", pid.display());
    let error = play_in(dir.path(), &script);
    assert!(matches!(error, WorkerError::TooSlow { .. }), "{error}");
    let pid: u32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    // It is gone, or waits to be reaped by whoever adopted it.
    wait_until("the sleeper is dead", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with('Z') || rest.is_empty())
    });
}

#[test]
fn a_child_sees_no_environment_and_no_open_files() {
    let dir = tempfile::tempdir().unwrap();
    let (seen, secret) = (dir.path().join("seen"), std::fs::File::open("/proc/self/status").unwrap());
    let script = format!("{{ env; ls /proc/$$/fd; }} > {}", seen.display());
    play_in(dir.path(), &script);
    drop(secret);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("DATAFORGE_WORKER_CHILD=1") && !seen.contains("HOME="), "{seen}");
    let files: Vec<u32> = seen.lines().filter_map(|line| line.parse().ok()).collect();
    // The shell itself keeps its script open at 10 or above.
    assert!(files.iter().all(|&file| file <= 2 || file >= 10), "{files:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_real_child_gives_up_what_it_does_not_need() {
    let mut child = Command::new(program())
        .args(["worker", "workbook", "1073741824", "60"])
        .env("DATAFORGE_WORKER_CHILD", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let limits = || std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    wait_until("the child is restricted", || limit(&limits(), "Max address space") == ["1073741824", "1073741824"]);
    let limits = limits();
    assert_eq!(limit(&limits, "Max cpu time"), ["60", "61"]);
    assert_eq!(limit(&limits, "Max file size"), ["0", "0"]);
    assert_eq!(limit(&limits, "Max core file size"), ["0", "0"]);
    assert_eq!(limit(&limits, "Max open files"), ["4", "4"]);
    drop(child.stdin.take());
    child.wait().unwrap();
}

fn limit<'a>(limits: &'a str, name: &str) -> Vec<&'a str> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().take(2).collect()
}

#[test]
fn nobody_is_a_worker_by_mistake() {
    let output = Command::new(program()).args(["worker", "workbook", "1", "1"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains("starts workers itself"), "{said}");
}
