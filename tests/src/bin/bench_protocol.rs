//! Prints how fast the protocol crate verifies and accepts entries, on histories of the shapes
//! that could make it slow: many documents, long documents, many ops, a fork.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::{Duration, Instant};

use dataforge_protocol::entry::{EntryKind, SignedEntry};
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::id::EntryId;
use dataforge_protocol::key::{device_id, verify_entry};
use dataforge_protocol::ledger::{Draft, Ledger, Outcome};
use dataforge_protocol::op::{Cut, Describe, Op, Remove, Role};
use dataforge_tests::fuzz::alloc::{Counters, Counting};
use dataforge_tests::history::{History, op_draft, person};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Verifies and accepts everything anew, restores it, and prints the times.
fn print(history: &History, name: &str, wrote: Duration) {
    let count = history.entries.len();
    let rate = |took: Duration| count as f64 / took.as_secs_f64();
    let start = Instant::now();
    let verify = |signed: &SignedEntry| signed.clone().verify().expect("an entry that verifies");
    let verified: Vec<_> = history.entries.iter().map(verify).collect();
    let verifying = start.elapsed();
    let start = Instant::now();
    let mut ledger = Ledger::start(&verified[0]).expect("a valid genesis");
    for entry in &verified[1..] {
        ledger.accept(entry.clone(), &history.bodies);
    }
    let accepting = start.elapsed();
    assert_eq!(ledger.position(), history.ledger.position());
    let stored = verified.into_iter().map(|entry| {
        let outcome = ledger.outcome(&entry.id).unwrap_or(Outcome::Unreadable);
        (entry, outcome)
    });
    let stored: Vec<_> = stored.collect();
    let start = Instant::now();
    let restored = Ledger::restore(stored).expect("a stored log");
    let restoring = start.elapsed();
    let start = Instant::now();
    assert_eq!(restored.missing_for(&restored.tips()).0, []);
    let comparing = start.elapsed();
    println!(
        "{name}: {count} entries; write {:.0}/s, verify {:.0}/s, accept {:.0}/s, both {:.0}/s; restore {restoring:.0?}, compare tips {comparing:.0?}",
        rate(wrote),
        rate(verifying),
        rate(accepting),
        rate(verifying + accepting),
    );
}

fn many_small_changes() {
    let (mut history, start) = (History::new(3), Instant::now());
    let docs: Vec<_> = (0..200).map(|n| history.open(0, n)).collect();
    for n in 0..20_000 {
        history.change(n % 4, docs[n * 7 % 200], &format!("name {n}"));
    }
    print(&history, "20,000 changes of 200 documents", start.elapsed());
}

fn one_long_document() {
    let (mut history, start) = (History::new(3), Instant::now());
    let doc = history.open(0, 0);
    for n in 0..2_000 {
        history.change(n % 4, doc, &format!("name {n}"));
    }
    print(&history, "one document of 2,000 changes", start.elapsed());
}

fn many_documents() {
    let (mut history, start) = (History::new(3), Instant::now());
    for n in 0..10_000 {
        let doc = history.open(n % 4, n);
        history.change(n % 4, doc, "name");
    }
    print(&history, "10,000 documents of one change", start.elapsed());
}

fn many_ops() {
    let (mut history, start) = (History::new(0), Instant::now());
    for number in 1..=1_000 {
        history.add(number, Role::Editor);
        history.op(usize::from(number), &Op::Describe(Describe { name: None, device_label: Some("rig".into()) }));
        history.open(usize::from(number), usize::from(number));
    }
    print(&history, "2,000 ops of 1,000 members, each with an open", start.elapsed());
}

/// A fork that somebody built upon, early in a long history.
fn beside_a_fork() {
    let (mut history, start) = (History::new(3), Instant::now());
    let docs: Vec<_> = (0..50).map(|n| history.open(0, n)).collect();
    let forker = history.devices[1].clone();
    let other = op_draft(&Op::Describe(Describe { name: Some("other".into()), device_label: None }));
    let header = history.ledger.next_header(device_id(&forker), &other, 1).expect("a header");
    history.change(1, docs[0], "forked");
    history.change(2, docs[0], "built upon");
    history.take(SignedEntry::sign(&header, other.body, &forker));
    for n in 0..5_000 {
        let author = [0, 2, 3][n % 3];
        history.change(author, docs[n * 7 % 50], &format!("name {n}"));
    }
    print(&history, "5,000 changes beside a fork that was built upon", start.elapsed());
}

/// Signs the opening of a well upon some entries, whether they are known here or not.
fn open_upon(history: &History, author: usize, number: usize, deps: Vec<EntryId>) -> SignedEntry {
    let facts = Facts::Well(WellFacts::Uwi(format!("W{number}")));
    let (doc, body) = (Some(facts.doc_id()), facts.to_bytes());
    let draft = Draft { kind: EntryKind::Open, doc, deps: Vec::new(), blobs: Vec::new(), body };
    let secret = &history.devices[author];
    let mut header = history.ledger.next_header(device_id(secret), &draft, 1).expect("a header");
    header.claims.deps = deps;
    SignedEntry::sign(&header, draft.body, secret)
}

/// A fork of which both branches were built upon, one of them by somebody who then goes on with the
/// others: every later entry has both in its past.
fn beside_two_branches() {
    let (mut history, start) = (History::new(4), Instant::now());
    let docs: Vec<_> = (0..50).map(|n| history.open(0, n)).collect();
    let other = open_upon(&history, 1, 50, Vec::new());
    let other_id = other.clone().read().expect("an own entry reads").id;
    let upon_other = open_upon(&history, 4, 51, vec![other_id]);
    history.change(1, docs[0], "forked");
    history.change(2, docs[0], "built upon");
    history.change(3, docs[0], "by two");
    history.hold(other);
    history.hold(upon_other);
    for n in 0..5_000 {
        let author = [4, 0, 2, 3][n % 4];
        history.change(author, docs[n * 7 % 50], &format!("name {n}"));
    }
    print(&history, "5,000 changes beside a fork of two branches built upon", start.elapsed());
}

/// Entries of the long history, and those that come on top.
const COUNT: usize = 1_000_000;
const MORE: usize = 100;

/// Returns a million entries and some more, in 20,500 documents, and a removal that nobody had
/// heard of: that of a member who wrote one in a hundred.
fn long_history() -> (History, SignedEntry) {
    let mut history = History::new(4);
    history.add(5, Role::Admin);
    let docs: Vec<_> = (0..20_000).map(|n| history.open(n % 4, n)).collect();
    // Nobody else builds on these.
    let own: Vec<_> = (0..500).map(|n| history.open(4, 20_000 + n)).collect();
    let removal = op_draft(&Op::Remove(Remove { person: person(4).0.id, cut: Cut::default() }));
    let removal = history.sign(5, removal);
    for n in history.entries.len()..COUNT + MORE {
        if n % 100 == 99 {
            history.change(4, own[n / 100 % own.len()], &format!("name {n}"));
        } else {
            history.change(n % 4, docs[n * 7 % docs.len()], &format!("name {n}"));
        }
    }
    (history, removal)
}

/// A million entries from empty, beside checking their signatures alone; then one more, and a late
/// removal that withdraws ten thousand of them.
fn a_million() {
    let (history, removal) = long_history();
    let (entries, more) = history.entries.split_at(COUNT);
    let read: Vec<_> = entries.iter().map(|signed| signed.clone().read().expect("an entry that reads")).collect();
    let start = Instant::now();
    for entry in &read {
        let device = entry.header.link().device;
        verify_entry(&device, entry.id.as_bytes(), &entry.signed.signature).expect("it verifies");
    }
    let signatures = start.elapsed();
    drop(read);
    let verify = |signed: &SignedEntry| signed.clone().verify().expect("an entry that verifies");
    let counters = Counters::of_this_thread();
    let start = Instant::now();
    let mut ledger = Ledger::start(&verify(&entries[0])).expect("a valid genesis");
    for signed in &entries[1..] {
        ledger.accept(verify(signed), &history.bodies);
    }
    let all = start.elapsed();
    let (ratio, most) = (all.as_secs_f64() / signatures.as_secs_f64(), counters.peak() >> 20);
    println!(
        "{COUNT} entries: verify and accept {all:.1?}, signatures alone {signatures:.1?}: {ratio:.2}; {most} MiB at most"
    );
    let time = |signed: &SignedEntry| {
        let start = Instant::now();
        ledger.accept(verify(signed), &history.bodies);
        start.elapsed()
    };
    let mut times: Vec<_> = more.iter().map(time).collect();
    times.sort_unstable();
    println!("one more: {:.0?} in the middle, {:.0?} at most", times[MORE / 2], times[MORE - 1]);
    let start = Instant::now();
    let done = ledger.accept(verify(&removal), &history.bodies);
    println!("a late removal withdraws {} of them in {:.2?}", done.changed.len(), start.elapsed());
}

fn main() {
    let runs: [(&str, fn()); 7] = [
        ("million", a_million),
        ("changes", many_small_changes),
        ("document", one_long_document),
        ("documents", many_documents),
        ("ops", many_ops),
        ("fork", beside_a_fork),
        ("branches", beside_two_branches),
    ];
    let only = std::env::args().nth(1);
    for (name, run) in runs {
        if only.as_deref().is_none_or(|only| only == name) {
            run();
        }
    }
}
