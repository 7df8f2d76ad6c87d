//! Tests of what people hand to each other.

use super::*;
use crate::key::{DeviceCert, device_id};
use crate::op::{Cut, CutAt, Op};

fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

fn id_of(key: &SecretKey) -> PersonId {
    PersonId(*key.public().as_bytes())
}

fn person(number: u8, name: &str) -> Person {
    let (person, device) = (key(number), key(number + 100));
    Person { id: id_of(&person), name: name.into(), devices: vec![(DeviceCert::sign(&person, &device), "desk".into())] }
}

fn identity() -> IdentityFile {
    IdentityFile { person: person(1, "Ada Ölfeld") }
}

fn draft() -> RecoveryDraft {
    let place = CutAt { device: device_id(&key(109)), seq: 7, head: EntryId([9; 32]) };
    RecoveryDraft {
        workspace: WorkspaceId([1; 32]),
        workspace_name: "Field".into(),
        device: device_id(&key(102)),
        parents: vec![EntryId([2; 32]), EntryId([3; 32])],
        recover: Recover {
            epoch: 3,
            owners: vec![person(2, "Bob")],
            removed: vec![id_of(&key(9))],
            cut: Cut::new(vec![place]),
            proofs: Vec::new(),
        },
    }
}

/// Texts of both kinds are told apart by what reads them.
fn reads(text: &str) -> (Result<IdentityFile, HandedError>, Result<RecoveryDraft, HandedError>) {
    (IdentityFile::from_text(text), RecoveryDraft::from_text(text))
}

#[test]
fn files_come_back_whatever_mail_does_to_their_lines() {
    let text = identity().to_text();
    assert!(text.starts_with("dataforge identity 1\n") && text.is_ascii() && text.ends_with('\n'), "{text}");
    assert!(text.lines().all(|line| line.len() <= LINE), "{text}");
    let shouted = text.to_ascii_uppercase().replacen("DATAFORGE IDENTITY", "dataforge identity", 1);
    let joined = text.replacen('\n', "\r\n\r\n  ", 1).replace("\n", "\r\n") + "\n\n";
    for text in [text.clone(), format!("\u{feff}{text}"), shouted, joined, text.trim_end().to_owned()] {
        assert_eq!(IdentityFile::from_text(&text), Ok(identity()), "{text:?}");
    }
    assert_eq!(RecoveryDraft::from_text(&draft().to_text()), Ok(draft()));
}

#[test]
fn every_wrong_missing_and_added_character_is_noticed() {
    for text in [identity().to_text(), draft().to_text()] {
        for at in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'a' { b'b' } else { b'a' };
            let wrong = String::from_utf8(wrong).unwrap();
            let (identity, recovery) = reads(&wrong);
            let is_break = text.as_bytes()[at] == b'\n' && at + 1 == text.len();
            assert!(identity.is_err() && recovery.is_err(), "{at} {is_break}: {wrong:?}");
            let (identity, recovery) = reads(&text[..at]);
            let is_whole = at + 1 == text.len();
            assert_eq!(identity.is_ok() || recovery.is_ok(), is_whole, "cut at {at}");
        }
        let more = format!("{text}aa");
        assert!(reads(&more).0.is_err() && reads(&more).1.is_err());
    }
}

#[test]
fn what_a_text_is_instead_is_said() {
    let (identity, draft) = (identity().to_text(), draft().to_text());
    let other = |found, wanted| HandedError::OtherKind { found, wanted };
    assert_eq!(reads(&identity).1, Err(other("identity", "recovery")));
    assert_eq!(reads(&draft).0, Err(other("recovery", "identity")));
    assert_eq!(reads(&identity.replacen(" 1\n", " 2\n", 1)).0, Err(HandedError::Newer("identity")));
    for odd in ["", "hello", "dataforge", "dataforge identity 1", "dataforge words 1\nabc", "dforgeabc\nabc"] {
        assert_eq!(reads(odd).0, Err(HandedError::NotOurs("identity")), "{odd:?}");
    }
    for odd in ["dataforge identity 0\nabc", "dataforge identity x\nabc", "dataforge identity 1 2\nabc"] {
        assert_eq!(reads(odd).0, Err(HandedError::NotOurs("identity")), "{odd:?}");
    }
    // The first line is under the checksum: what one kind holds is not read as the other.
    let as_identity = draft.replacen("recovery", "identity", 1);
    assert_eq!(reads(&as_identity).0, Err(HandedError::Damaged("identity")));
    let long = format!("dataforge identity 1\n{}", "a".repeat(MAX_HANDED_CHARS));
    assert_eq!(reads(&long).0, Err(HandedError::Damaged("identity")));
}

#[test]
fn what_is_out_of_bounds_is_refused_though_its_checksum_fits() {
    let damaged = || Err(HandedError::Damaged("identity"));
    let mut forged = identity();
    forged.person.devices = person(5, "Eve").devices;
    assert_eq!(IdentityFile::from_text(&forged.to_text()), damaged(), "a certificate of another");
    let mut odd = identity();
    odd.person.name = "Ada\u{202e}".into();
    assert_eq!(IdentityFile::from_text(&odd.to_text()), damaged(), "a name that turns text around");
    let mut bare = identity();
    bare.person.devices.clear();
    assert_eq!(IdentityFile::from_text(&bare.to_text()), damaged(), "no device");
    let refused = |change: &dyn Fn(&mut RecoveryDraft)| {
        let mut other = draft();
        change(&mut other);
        assert_eq!(RecoveryDraft::from_text(&other.to_text()), Err(HandedError::Damaged("recovery")));
    };
    refused(&|draft| draft.parents.reverse());
    refused(&|draft| draft.parents.clear());
    refused(&|draft| draft.parents = (0..17).map(|n| EntryId([n; 32])).collect());
    refused(&|draft| draft.recover.owners.clear());
    refused(&|draft| draft.recover.removed.push(draft.recover.owners[0].id));
    refused(&|draft| draft.workspace_name = "\u{7}".into());
}

#[test]
fn signatures_are_of_this_draft_alone() {
    let mut signed = draft();
    signed.sign(&key(1));
    signed.sign(&key(4));
    signed.sign(&key(1));
    let mut both = vec![id_of(&key(1)), id_of(&key(4))];
    both.sort();
    assert_eq!(signed.signers(), (both.clone(), Vec::new()));
    let read = RecoveryDraft::from_text(&signed.to_text()).unwrap();
    assert_eq!((read.signers().0, read), (both.clone(), signed.clone()));
    let changed = |change: &dyn Fn(&mut RecoveryDraft)| {
        let mut other = signed.clone();
        change(&mut other);
        assert_eq!(other.signers(), (Vec::new(), both.clone()));
        assert_eq!(signed.clone().merge(&other), Err(OtherDraft));
    };
    changed(&|draft| draft.workspace = WorkspaceId([2; 32]));
    changed(&|draft| draft.device = device_id(&key(103)));
    changed(&|draft| {
        draft.parents.pop();
    });
    changed(&|draft| draft.recover.epoch += 1);
    changed(&|draft| draft.recover.owners = vec![person(7, "Eve")]);
    changed(&|draft| draft.recover.removed.clear());
    changed(&|draft| draft.recover.cut = Cut::default());
}

#[test]
fn copies_that_were_signed_apart_are_one_again_and_false_proofs_give_way() {
    let (mut first, mut second) = (draft(), draft());
    first.sign(&key(1));
    second.sign(&key(4));
    second.sign(&key(5));
    let mut false_one = first.recover.proofs[0];
    false_one.key = id_of(&key(4));
    first.recover.proofs.push(false_one);
    first.recover.proofs.sort_by_key(|proof| proof.key);
    assert_eq!(first.signers(), (vec![id_of(&key(1))], vec![id_of(&key(4))]));
    first.merge(&second).unwrap();
    let (good, bad) = first.signers();
    assert_eq!((good.len(), bad.len()), (3, 0));
    assert!(first.recover.is_draft(), "they are in order");
    let op = Op::Recover(first.recover);
    assert_eq!(Op::from_bytes(&op.to_bytes()), Ok(op), "what is written is a good op");
}
