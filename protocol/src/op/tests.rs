//! Tests of the encoding of ops.

use super::*;

#[test]
fn unknown_kind_is_told_apart_from_malformed() {
    assert_eq!(Op::from_bytes(&[200, 1]), Err(OpError::UnknownKind(200)));
    assert_eq!(Op::from_bytes(&[15]), Err(OpError::UnknownKind(15)));
    assert_eq!(Op::from_bytes(&[]), Err(OpError::Malformed));
    assert_eq!(Op::from_bytes(&[9]), Err(OpError::Malformed));
}

#[test]
fn names_that_mislead_are_refused() {
    assert!(is_name("Rig 7 — Øst"));
    for name in ["", "  ", "a\nb", "evil\u{202e}txt", &"x".repeat(121)] {
        assert!(!is_name(name), "{name:?}");
    }
}
