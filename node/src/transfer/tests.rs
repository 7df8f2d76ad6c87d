//! Who fetches what, in which order, and what becomes of it when it fails.

use super::*;

const MIB: u64 = 1 << 20;

fn hash(number: u8) -> BlobHash {
    BlobHash::of(&[number])
}

fn provider(device: u8) -> Provider {
    (WorkspaceId([1; 32]), DeviceId([device; 32]))
}

fn wanted(number: u8, size: u64, priority: u8) -> Wanted {
    Wanted { blob: BlobRef { hash: hash(number), size }, priority }
}

/// A table with a list of what is wanted and peers 1, 2 … of which those named are relayed.
fn table(list: &[Wanted], peers: u8, relayed: &[u8]) -> (Transfers, Instant) {
    let (transfers, now) = (Transfers::default(), Instant::now());
    for peer in 1..=peers {
        transfers.join(provider(peer), relayed.contains(&peer));
    }
    assert!(transfers.needs_list(&provider(1).0, now).is_some());
    transfers.set_list(provider(1).0, list.to_vec(), now);
    assert!(transfers.needs_list(&provider(1).0, now).is_none());
    (transfers, now)
}

fn group(work: Option<Work>) -> Vec<BlobHash> {
    match work {
        Some(Work::Group(blobs)) => blobs.iter().map(|blob| blob.hash).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_blob_is_taken_once_and_given_back_when_it_fails() {
    let list = [wanted(1, 10, 8), wanted(2, 20, 0)];
    let (transfers, now) = table(&list, 2, &[]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1), hash(2)]);
    assert!(transfers.next(&provider(2), now, 0).is_none(), "the other one fetches them");
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Lacking, now, 0);
    transfers.give_back(&[list[0].blob, list[1].blob]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(2)], "it lacks the first");
    assert_eq!(group(transfers.next(&provider(2), now, 0)), [hash(1)]);
    transfers.give_back(&[list[0].blob]);
    transfers.may_have(&provider(1), &[hash(1)]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)], "now it has it");
}

#[test]
fn groups_are_bounded_by_number_and_bytes() {
    let many: Vec<_> = (0..200).map(|number| wanted(number, 1, 0)).collect();
    let (transfers, now) = table(&many, 1, &[]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)).len(), GROUP);
    assert_eq!(group(transfers.next(&provider(1), now, 0)).len(), 200 - GROUP);
    let heavy: Vec<_> = (0..10).map(|number| wanted(number, 15 * MIB, 0)).collect();
    let (transfers, now) = table(&heavy, 1, &[]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)).len(), 4, "64 MiB");
}

#[test]
fn failures_wait_longer_each_time_and_not_at_all_when_somebody_else_may_be_asked() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 2, &[]);
    let lost = FetchError::Lost("cable".into());
    let mut waits = Vec::new();
    for _ in 0..8 {
        let known = transfers.on_failure(&provider(1), &hash(1), &lost, now, 5_000).unwrap();
        waits.push((known.next_ms - 5_000) / 1000);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert!(transfers.next(&provider(2), now, 5_000).is_none(), "not yet");
    assert_eq!(transfers.next_try(now, 5_000), Some(35_000));
    assert_eq!(group(transfers.next(&provider(2), now, 35_000)), [hash(1)]);
    transfers.give_back(&[wanted(1, 10, 0).blob]);
    transfers.join(provider(3), false);
    assert_eq!(group(transfers.next(&provider(3), now, 5_000)), [hash(1)], "somebody new may have it");

    let (transfers, now) = table(&[wanted(1, 10, 0)], 2, &[]);
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Stalled, now, 0);
    assert!(transfers.next(&provider(1), now, 0).is_none());
    assert_eq!(group(transfers.next(&provider(2), now, 0)), [hash(1)]);
}

#[test]
fn a_peer_that_lies_is_not_asked_for_anything_for_a_while() {
    let (transfers, now) = table(&[wanted(1, 10, 0), wanted(2, 10, 0)], 1, &[]);
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Lying("nonsense".into()), now, 0);
    assert!(transfers.next(&provider(1), now, 0).is_none());
    assert!(!transfers.is_on_offer(&provider(1).0, &hash(2), now));
    assert_eq!(group(transfers.next(&provider(1), now + DISTRUST, 0)), [hash(2)]);
}

#[test]
fn a_relayed_peer_is_asked_only_for_what_no_nearer_one_may_have() {
    let list = [wanted(1, 10, 0), wanted(2, 10, 0)];
    let (transfers, now) = table(&list, 2, &[2]);
    assert!(transfers.next(&provider(2), now, 0).is_none());
    transfers.on_failure(&provider(1), &hash(2), &FetchError::Lacking, now, 0);
    assert_eq!(group(transfers.next(&provider(2), now, 0)), [hash(2)]);
    transfers.leave(&provider(1), 1);
    assert_eq!(group(transfers.next(&provider(2), now, 0)), [hash(1)]);
}

#[test]
fn peer_that_came_again_stays_when_its_earlier_session_ends() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
    let again = transfers.join(provider(1), false);
    transfers.leave(&provider(1), 1);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    transfers.leave(&provider(1), again);
    assert!(transfers.next(&provider(1), now, 0).is_none());
}

#[test]
fn peer_stays_when_the_later_of_its_two_sessions_ends() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
    let later = transfers.join(provider(1), false);
    transfers.leave(&provider(1), later);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    transfers.leave(&provider(1), 1);
    assert!(!transfers.is_provider(&provider(1)));
}

#[test]
fn peer_that_stopped_sending_is_asked_again_soon_and_others_at_once() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 2, &[]);
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Stalled, now, 9_000);
    assert!(transfers.next(&provider(1), now, 9_000).is_none());
    assert_eq!(transfers.next_try(now, 9_000), Some(14_000));
    assert_eq!(group(transfers.next(&provider(2), now, 9_000)), [hash(1)]);
    transfers.give_back(&[wanted(1, 10, 0).blob]);
    let later = now + STALLED;
    assert_eq!(transfers.next_try(later, 14_000), None);
    assert_eq!(group(transfers.next(&provider(1), later, 14_000)), [hash(1)], "its line may be mended");
}

#[test]
fn read_that_stalled_or_was_cut_leaves_the_blob_to_be_fetched_later() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
    transfers.note_failure(&provider(1), &hash(1), &FetchError::Lost("reset".into()), now);
    assert!(transfers.may_ask(&provider(1), &hash(1), now));
    transfers.note_failure(&provider(1), &hash(1), &FetchError::Stalled, now);
    assert!(!transfers.may_ask(&provider(1), &hash(1), now));
    assert!(transfers.may_ask(&provider(1), &hash(1), now + STALLED));
    transfers.note_failure(&provider(1), &hash(1), &FetchError::Lacking, now);
    assert!(!transfers.may_ask(&provider(1), &hash(1), now + STALLED));
}

#[test]
fn peer_that_fell_silent_is_asked_for_nothing_until_it_comes_again() {
    let (transfers, now) = table(&[wanted(1, 10, 0), wanted(2, 10, 0)], 2, &[]);
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Silent, now, 9_000);
    assert!(transfers.next(&provider(1), now, 9_000).is_none(), "not for the other one either");
    assert_eq!(transfers.next_try(now, 9_000), Some(14_000));
    assert_eq!(group(transfers.next(&provider(2), now, 9_000)), [hash(1), hash(2)]);
    transfers.give_back(&[wanted(1, 10, 0).blob, wanted(2, 10, 0).blob]);
    transfers.join(provider(1), false);
    assert_eq!(group(transfers.next(&provider(1), now, 9_000)), [hash(1), hash(2)], "over another connection");
}

#[test]
fn what_is_paused_is_left_and_goes_on_when_it_is_resumed() {
    let pauses = [Paused::Workspace(provider(1).0), Paused::Device(provider(1).1), Paused::Blob(hash(1))];
    for paused in pauses {
        let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
        let mut stops = transfers.stops();
        stops.borrow_and_update();
        transfers.pause(paused, true);
        assert!(stops.has_changed().unwrap() && transfers.is_paused(&provider(1), &hash(1)), "{paused:?}");
        assert!(transfers.next(&provider(1), now, 0).is_none());
        transfers.pause(paused, false);
        assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    }
}

#[test]
fn lists_are_made_anew_when_something_changed_but_not_all_the_time() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
    let workspace = provider(1).0;
    transfers.on_change();
    assert!(transfers.needs_list(&workspace, now).is_none(), "there is enough to do");
    assert!(transfers.needs_list(&workspace, now + STALE).is_some());
    transfers.on_held(&workspace, &BTreeSet::from([hash(1)]));
    transfers.on_change();
    assert!(transfers.needs_list(&workspace, now).is_some(), "there is nothing to do");
    transfers.ask(&workspace, &[hash(7)], 3);
    assert_eq!(transfers.needs_list(&workspace, now).unwrap().asked, BTreeSet::from([hash(7)]));
    transfers.show(workspace, BTreeSet::from([hash(8)]), BTreeSet::from([hash(9)]));
    let interest = transfers.needs_list(&workspace, now).unwrap();
    assert_eq!((interest.shown, interest.around), (BTreeSet::from([hash(8)]), BTreeSet::from([hash(9)])));
}

#[test]
fn standings_tell_what_each_transfer_waits_for() {
    let list = [wanted(1, 10, 8), wanted(2, 10, 0), wanted(3, 10, 0), wanted(4, 10, 0)];
    let (transfers, now) = table(&list, 1, &[]);
    transfers.pause(Paused::Blob(hash(2)), true);
    transfers.on_failure(&provider(1), &hash(3), &FetchError::Lacking, now, 0);
    transfers.on_failure(&provider(1), &hash(4), &FetchError::Lost("cable".into()), now, 0);
    let states = |now_ms| transfers.standings(now, now_ms).iter().map(|one| one.state).collect::<Vec<_>>();
    use TransferState::{Fetching, Paused as Left, Queued, Retrying, Waiting};
    assert_eq!(states(0), [Queued, Left, Waiting, Retrying]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    assert_eq!(states(2000), [Fetching, Left, Waiting, Queued]);
    let standing = &transfers.standings(now, 0)[3];
    assert_eq!((standing.attempts, standing.last_error.is_some()), (1, true));
}

#[test]
fn standings_tell_what_comes_by_requests_that_are_under_way() {
    let (transfers, now) = table(&[wanted(1, 10, 0)], 1, &[]);
    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    let missing = || transfers.standings(now, 0)[0].missing;
    assert_eq!(missing(), 10);
    let (one, other) = (transfers.coming(&hash(1)), transfers.coming(&hash(1)));
    one.fetch_add(4, Ordering::Relaxed);
    other.fetch_add(3, Ordering::Relaxed);
    assert_eq!(missing(), 3);
    drop(other);
    assert_eq!(missing(), 6, "what became of it is told otherwise");
    drop(one);
    let _another = transfers.coming(&hash(2));
    assert!(transfers.state().coming.keys().eq([&hash(2)]), "those that ended are forgotten");
}

#[test]
fn what_comes_for_one_workspace_is_not_joined_waited_for_or_asked_for_by_another() {
    let (transfers, now) = table(&[wanted(1, 10, 0), wanted(2, LARGE, 0)], 1, &[]);
    let other = (WorkspaceId([2; 32]), provider(2).1);
    transfers.join(other, false);
    transfers.ask(&provider(1).0, &[hash(1)], 3);
    let asked = transfers.needs_list(&other.0, now).unwrap().asked;
    assert!(asked.is_empty(), "nobody asked for it there");
    let all = vec![wanted(1, 10, 0), wanted(2, LARGE, 0), wanted(3, LARGE, 0)];
    transfers.set_list(other.0, all, now);

    assert_eq!(group(transfers.next(&provider(1), now, 0)), [hash(1)]);
    assert!(matches!(transfers.next(&provider(1), now, 0), Some(Work::Begin(blob)) if blob.hash == hash(2)));
    assert!(matches!(transfers.next(&other, now, 0), Some(Work::Begin(blob)) if blob.hash == hash(3)));
    assert!(transfers.next(&other, now, 0).is_none(), "the rest is under way for another one");

    // What was held for one is still wanted for the other, and what failed for one did not for the other.
    transfers.on_failure(&provider(1), &hash(1), &FetchError::Lost("cable".into()), now, 0);
    transfers.give_back(&[wanted(1, 10, 0).blob]);
    transfers.on_held(&provider(1).0, &BTreeSet::from([hash(1)]));
    assert_eq!(group(transfers.next(&other, now, 0)), [hash(1)]);
}
