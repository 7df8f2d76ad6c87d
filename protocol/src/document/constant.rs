//! The constant first change of each kind of document.
//!
//! Generated once with Automerge 0.12.0 and committed as bytes: a later version may encode the
//! same change differently, but these stay. Actor 16 × 0, sequence number 1, no time, no
//! message; each map is made by the op whose counter [`Map`](super::Map) knows.

use crate::facts::DocKind;
use crate::id::ChangeHash;

/// Returns the change that every document of a kind starts with.
#[must_use]
pub const fn constant_change(kind: DocKind) -> &'static [u8] {
    match kind {
        DocKind::Project => include_bytes!("project.change"),
        DocKind::Well => include_bytes!("well.change"),
        // What has free attributes and nothing else starts as a project does.
        DocKind::Dictionary | DocKind::Attachment | DocKind::Settings => include_bytes!("project.change"),
        DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => include_bytes!("described.change"),
        DocKind::Run => include_bytes!("run.change"),
    }
}

/// Returns the hash of [`constant_change`].
#[must_use]
pub const fn constant_hash(kind: DocKind) -> ChangeHash {
    match kind {
        // The same map, so the same change: documents do not mix, they are named by their entries.
        DocKind::Project | DocKind::Well | DocKind::Dictionary | DocKind::Attachment | DocKind::Settings => {
            ChangeHash(ATTRIBUTES)
        }
        DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => ChangeHash(DESCRIBED),
        DocKind::Run => ChangeHash(ATTRIBUTES_RENDITIONS_CURVES),
    }
}

/// Makes the map `attributes`.
const ATTRIBUTES: [u8; 32] = [
    0xd4, 0x70, 0x05, 0x16, 0x56, 0x41, 0x24, 0x4f, 0x31, 0xa4, 0xb7, 0x90, 0x07, 0x12, 0xde, 0x78, 0xe2, 0xd3, 0x55,
    0xa9, 0x26, 0xb5, 0xe6, 0x2a, 0x96, 0x4e, 0x00, 0xf8, 0xf9, 0xfa, 0x71, 0x18,
];
/// Makes the maps `attributes`, `renditions` and `curves`.
const ATTRIBUTES_RENDITIONS_CURVES: [u8; 32] = [
    0xe4, 0x3a, 0x30, 0xd4, 0xf7, 0x0a, 0xa4, 0xe9, 0x6e, 0x81, 0x9a, 0xcf, 0xfe, 0xa5, 0x10, 0xc9, 0xcd, 0x1d, 0xa4,
    0xb5, 0x8a, 0x73, 0x78, 0x99, 0xe5, 0xe6, 0xdf, 0xd0, 0x30, 0x21, 0x45, 0x07,
];
/// Makes the map `attributes`, the texts `title` and `description`, and the map `items`.
const DESCRIBED: [u8; 32] = [
    0x5f, 0xc7, 0x6b, 0xfe, 0x7f, 0x07, 0xb3, 0xc4, 0xad, 0x8d, 0xf5, 0x5f, 0xd0, 0xa7, 0xff, 0x41, 0xd4, 0x4d, 0xd7,
    0x91, 0x20, 0xb7, 0x65, 0x42, 0xbf, 0x9a, 0x46, 0x8e, 0x24, 0x05, 0x1e, 0x1e,
];

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, Automerge, Change, ObjType, ROOT, ReadDoc as _, TextEncoding};

    use super::*;

    fn generate(kind: DocKind) -> Vec<u8> {
        use ObjType::{Map, Text};
        let objects: &[(&str, ObjType)] = match kind {
            DocKind::Run => &[("attributes", Map), ("renditions", Map), ("curves", Map)],
            DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => {
                &[("attributes", Map), ("title", Text), ("description", Text), ("items", Map)]
            }
            _ => &[("attributes", Map)],
        };
        let mut doc =
            Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from([0_u8; 16]));
        let done = doc.transact::<_, _, automerge::AutomergeError>(|tx| {
            for (name, kind) in objects {
                tx.put_object(ROOT, *name, *kind)?;
            }
            Ok(())
        });
        let hash = done.unwrap().hash.unwrap();
        doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec()
    }

    #[test]
    fn constants_are_what_automerge_makes_today() {
        for kind in DocKind::ALL {
            let bytes = constant_change(kind);
            assert_eq!(bytes, generate(kind), "{kind:?}");
            let change = Change::try_from(bytes).unwrap();
            assert_eq!(change.hash().0, constant_hash(kind).0, "{kind:?}");
            let scan = crate::gate::scan(bytes).unwrap();
            assert_eq!((scan.actor, scan.seq, scan.start_op), ([0; 16], 1, 1));
            assert_eq!(scan.hash, constant_hash(kind));
        }
    }

    /// Writes the committed files, for a new kind: `cargo test -- --ignored write_constants`.
    #[test]
    #[ignore = "writes into the source tree"]
    fn write_constants() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/document");
        for (kind, name) in [
            (DocKind::Project, "project"),
            (DocKind::Well, "well"),
            (DocKind::Run, "run"),
            (DocKind::Chart, "described"),
        ] {
            std::fs::write(folder.join(name).with_extension("change"), generate(kind)).unwrap();
        }
    }
}
