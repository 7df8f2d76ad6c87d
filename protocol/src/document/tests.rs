//! Tests of documents: what is written reads the same, everywhere, and nothing is half done.

use std::collections::BTreeMap;

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, Change, ROOT, ReadDoc as _};

use super::*;
use crate::facts::{
    CurveFacts, GriddedCurve, GriddedFacts, HeaderFacts, IndexFacts, IndexKind, NoticeFacts, PyramidFacts,
    RenditionFacts, ReportFacts, SetFacts, SetKind,
};
use crate::gate::{Context, DocGate, MAX_CHUNK, actor_for};
use crate::id::{BlobHash, DeviceId, DocId, EntryId, WorkspaceId};

const A: [u8; 16] = [0xa; 16];
const B: [u8; 16] = [0xb; 16];

fn empty(kind: DocKind) -> Document {
    Document::build(kind, []).unwrap()
}

fn rendition(reader: &str, curves: u32) -> RenditionFacts {
    let curve = |ordinal: u32| CurveFacts {
        ordinal,
        mnemonic: format!("CURVE_{ordinal}"),
        column: format!("curve_{ordinal}"),
        unit: "ohm.m".into(),
        description: format!("{ordinal} DEEP RESISTIVITY, ENVIRONMENTALLY CORRECTED"),
        text: false,
        count: 12_345,
        min: Some(0.2),
        max: Some(2_000.0 + f64::from(ordinal)),
        mean: Some(20.0),
        top: Some(1_234.5),
        base: Some(2_345.6),
    };
    RenditionFacts {
        blob: BlobHash([1; 32]),
        blob_size: 123_456,
        reader: reader.into(),
        source_sha256: [2; 32],
        source_size: 1_234_567,
        rows: 12_345,
        index: IndexFacts {
            mnemonic: "DEPT".into(),
            column: "dept".into(),
            unit: "M".into(),
            kind: IndexKind::Depth,
            text: false,
            to_si: Some(1.0),
            min: Some(1.0),
            max: Some(2.0),
            step: Some(0.1524),
            reversals: 0,
        },
        curves: (1..=curves).map(curve).collect(),
        set: SetFacts { kind: SetKind::Log, name: "Log".into(), number: None },
        header: HeaderFacts { datum: Some("KB".into()), elevation_m: Some(25.5), ..HeaderFacts::default() },
        report: ReportFacts {
            seen: 7,
            notices: vec![NoticeFacts { line: 9, column: 1, kind: "short-row".into(), message: "3 of 4".into() }],
        },
    }
}

fn gridded(step: f64) -> GriddedFacts {
    let curve = GriddedCurve {
        ordinal: 1,
        column: "gr".into(),
        unit: "gAPI".into(),
        method: "linear".into(),
        count: 10,
        top: Some(0.5),
        base: Some(5.0),
    };
    GriddedFacts {
        native: BlobHash([1; 32]),
        blob: BlobHash([4; 32]),
        blob_size: 99,
        maker: "grid/1".into(),
        unit: "ft".into(),
        step,
        origin: 0.0,
        rows: 10,
        curves: vec![curve],
    }
}

#[test]
fn gridded_copies_stand_beside_renditions() {
    let mut doc = empty(DocKind::Run);
    doc.add_rendition(A, rendition("las/1", 2)).unwrap();
    assert!(doc.add_gridded(A, &gridded(0.5)).unwrap().is_some());
    assert!(doc.add_gridded(B, &gridded(0.5)).unwrap().is_none(), "it is there already");
    doc.add_gridded(A, &gridded(0.25)).unwrap();
    let state = RunState::read(&doc);
    assert_eq!(state.renditions, [rendition("las/1", 2)]);
    let mut steps: Vec<_> = state.gridded.iter().map(|facts| facts.step).collect();
    steps.sort_by(f64::total_cmp);
    assert_eq!(steps, [0.25, 0.5]);
    // What does not hash to its key is not read.
    doc.edit(A, |edit| edit.set_bytes(Map::Renditions, "grid/00", Some(b"junk"))).unwrap();
    assert_eq!(RunState::read(&doc).gridded.len(), 2);
}

fn pyramid(bucket_rows: u64) -> PyramidFacts {
    PyramidFacts {
        native: BlobHash([1; 32]),
        blob: BlobHash([5; 32]),
        blob_size: 77,
        maker: "pyramid/1".into(),
        bucket_rows,
        buckets: 3,
    }
}

#[test]
fn pyramids_stand_beside_renditions_and_gridded_copies() {
    let mut doc = empty(DocKind::Run);
    doc.add_rendition(A, rendition("las/1", 2)).unwrap();
    assert!(RunState::read(&doc).pyramids.is_empty(), "what earlier versions wrote has none");
    doc.add_gridded(A, &gridded(0.5)).unwrap();
    assert!(doc.add_pyramid(A, &pyramid(64)).unwrap().is_some());
    assert!(doc.add_pyramid(B, &pyramid(64)).unwrap().is_none(), "it is there already");
    doc.edit(A, |edit| edit.set_bytes(Map::Renditions, "pyramid/00", Some(b"junk"))).unwrap();
    doc.add_pyramid(A, &pyramid(u64::MAX)).unwrap();
    let state = RunState::read(&doc);
    assert_eq!((state.pyramids.as_slice(), state.gridded.len()), ([pyramid(64)].as_slice(), 1));
    assert_eq!(state.renditions, [rendition("las/1", 2)]);
}

#[test]
fn lineage_is_what_hashes_to_the_source_of_the_run() {
    let mut doc = empty(DocKind::Run);
    let source = BlobHash::of(b"made of");
    assert_eq!(doc.lineage(&source), None, "a run that was imported has none");
    assert!(doc.add_lineage(A, b"made of").unwrap().is_some());
    assert!(doc.add_lineage(B, b"made of").unwrap().is_none(), "it is there already");
    doc.add_lineage(A, b"made of something else").unwrap();
    doc.add_rendition(A, rendition("derive/1", 2)).unwrap();
    assert_eq!(doc.lineage(&source).as_deref(), Some(&b"made of"[..]));
    assert_eq!(RunState::read(&doc).renditions, [rendition("derive/1", 2)], "others pass over it");
    let key = format!("lineage/{}", &source.to_string()[..32]);
    doc.edit(A, |edit| edit.set_bytes(Map::Renditions, &key, Some(b"forged"))).unwrap();
    assert_eq!(doc.lineage(&source), None);
}

#[test]
fn states_read_as_written_and_only_differences_are_written() {
    let mut doc = empty(DocKind::Well);
    let mut well = WellState {
        name: Some("15/9-19".into()),
        project: Some(DocId([3; 32])),
        grid: GridState { unit: Some("m".into()), step: Some(0.1524), origin: None },
        preferred: BTreeMap::from([("gamma_ray".into(), CurveId { run: DocId([4; 32]), ordinal: 2 })]),
        attributes: BTreeMap::from([("rig".into(), "Deepsea".into())]),
        ..WellState::default()
    };
    let bytes = doc.edit(A, |edit| well.write(edit)).unwrap().unwrap();
    assert_eq!(gate::scan(&bytes).unwrap().ops.len(), 6);
    assert_eq!(WellState::read(&doc), well);
    assert_eq!(doc.edit(A, |edit| well.write(edit)).unwrap(), None);

    well.name = None;
    well.country = Some("Norway".into());
    well.attributes = BTreeMap::from([("spud".into(), "1998".into())]);
    well.deleted = true;
    let more = doc.edit(A, |edit| well.write(edit)).unwrap().unwrap();
    assert_eq!(gate::scan(&more).unwrap().ops.len(), 5);
    assert_eq!(WellState::read(&doc), well);
    let again = Document::build(DocKind::Well, [&bytes[..], &more]).unwrap();
    assert_eq!(WellState::read(&again), well);

    let mut doc = empty(DocKind::Project);
    let project = ProjectState { description: Some(String::new()), ..ProjectState::default() };
    doc.edit(A, |edit| project.write(edit)).unwrap().unwrap();
    assert_eq!(ProjectState::read(&doc), project);

    let mut doc = empty(DocKind::Run);
    let curve = CurveOverride { unit: Some("m".into()), quality: Some("good".into()), ..CurveOverride::default() };
    let mut run = RunState {
        header: BTreeMap::from([(HeaderField::Datum, "RT".into())]),
        depth_shift_m: Some(-1.5),
        source_name: Some("a.las".into()),
        overrides: BTreeMap::from([(2, curve)]),
        renditions: vec![rendition("las/1", 3)],
        ..RunState::default()
    };
    assert_eq!(doc.write_run(A, &run).unwrap().len(), 1);
    assert_eq!(RunState::read(&doc), run);
    assert_eq!(doc.write_run(A, &run).unwrap().len(), 0);
    for field in CurveField::ALL {
        doc.edit(A, |edit| edit.set_curve(2, field, None)).unwrap();
    }
    run.overrides.clear();
    assert_eq!(RunState::read(&doc), run);
}

#[test]
fn an_actor_goes_on_after_a_reload() {
    let mut changes: Vec<Vec<u8>> = Vec::new();
    for n in 1..=6 {
        let mut doc = Document::build(DocKind::Well, changes.iter().map(|c| &c[..])).unwrap();
        let actor = if n % 3 == 0 { B } else { A };
        let name = n.to_string();
        let bytes = doc.edit(actor, |edit| edit.set_text(Map::Root, "name", Some(&name)));
        changes.push(bytes.unwrap().unwrap());
    }
    let scans: Vec<_> = changes.iter().map(|c| gate::scan(c).unwrap()).collect();
    let seqs: Vec<_> = scans.iter().map(|s| (s.actor[0], s.seq)).collect();
    assert_eq!(seqs, [(0xa, 1), (0xa, 2), (0xb, 1), (0xa, 3), (0xa, 4), (0xb, 2)]);
    // The actor's previous change is a dependency even when it is no head.
    assert_eq!(scans[3].deps.len(), 2);
}

#[test]
fn four_thousand_curves_fit_through_the_gate() {
    let (workspace, device, doc_id) = (WorkspaceId([1; 32]), DeviceId([2; 32]), DocId([3; 32]));
    let actor = actor_for(workspace, device, doc_id, 0);
    let facts = rendition("las/1", 4_000);
    let mut doc = empty(DocKind::Run);
    let changes = doc.add_rendition(actor, facts.clone()).unwrap();
    assert!(changes.len() > 1);
    let mut gate = DocGate::new(DocKind::Run);
    let mut previous: Option<EntryId> = None;
    for (seq, bytes) in (0..).zip(&changes) {
        assert!(bytes.len() < MAX_CHUNK, "{}", bytes.len());
        let entry = EntryId([seq as u8; 32]);
        let deps: Vec<_> = previous.into_iter().collect();
        let deps = &deps[..];
        let may_delete = false;
        let ctx = Context { workspace, device, doc: doc_id, seq, entry, deps, previous, may_delete };
        let info = gate.check(&ctx, bytes).unwrap();
        gate.admit(entry, info);
        previous = Some(entry);
    }
    // Nothing shows before everything is there.
    let mut other = empty(DocKind::Run);
    for bytes in &changes {
        assert_eq!(RunState::read(&other).renditions, []);
        other.apply(bytes).unwrap();
    }
    assert_eq!(RunState::read(&other).renditions, std::slice::from_ref(&facts));
    assert_eq!(other.add_rendition(actor, facts).unwrap(), Vec::<Vec<u8>>::new());
}

#[test]
fn facts_that_no_database_keeps_read_as_absent() {
    let sound = rendition("las/1", 2);
    let mut twice = sound.clone();
    twice.curves[1].ordinal = 1;
    let mut uncounted = sound.clone();
    uncounted.curves[0].count = u64::MAX;
    let mut doc = empty(DocKind::Run);
    for bad in [twice, uncounted, RenditionFacts { blob_size: u64::MAX, ..sound.clone() }] {
        doc.add_rendition(A, bad).unwrap();
    }
    doc.add_gridded(A, &GriddedFacts { rows: u64::MAX, ..gridded(0.5) }).unwrap();
    doc.add_gridded(A, &gridded(f64::NAN)).unwrap();
    assert!(RunState::read(&doc).renditions.is_empty() && RunState::read(&doc).gridded.is_empty());
    doc.add_rendition(A, sound.clone()).unwrap();
    assert_eq!(RunState::read(&doc).renditions, [sound]);
}

#[test]
fn one_curve_too_large_is_an_error() {
    let mut facts = rendition("las/1", 2);
    facts.curves[1].description = "x".repeat(200_000);
    let mut doc = empty(DocKind::Run);
    let before = doc.heads();
    assert!(matches!(doc.add_rendition(A, facts), Err(EngineError::CurveTooLarge)));
    assert_eq!(doc.heads(), before);
}

#[test]
fn the_newest_reader_comes_first() {
    let mut doc = empty(DocKind::Run);
    for reader in ["las/2", "las/10", "odd", "las/1"] {
        doc.add_rendition(A, rendition(reader, 1)).unwrap();
    }
    doc.add_rendition(A, rendition("las/10", 2)).unwrap();
    let readers: Vec<_> = RunState::read(&doc).renditions.into_iter().map(|r| r.reader).collect();
    assert_eq!(readers, ["las/10", "las/10", "las/2", "las/1", "odd"]);
    // A value that does not hash to its key is not read.
    doc.edit(A, |edit| {
        let facts = postcard::to_stdvec(&rendition("las/99", 1)).unwrap();
        edit.set_bytes(Map::Renditions, &"0".repeat(32), Some(&facts))
    })
    .unwrap();
    assert_eq!(RunState::read(&doc).renditions.len(), 5);
    // People may choose another one.
    let id = rendition_id(&rendition("odd", 1));
    doc.edit(A, |edit| edit.choose_rendition(&id)).unwrap();
    let readers: Vec<_> = RunState::read(&doc).renditions.into_iter().map(|r| r.reader).collect();
    assert_eq!(readers, ["odd", "las/10", "las/10", "las/2", "las/1"]);
}

/// Makes a change with Automerge itself, on a document's changes.
fn raw(kind: DocKind, write: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Vec<u8> {
    let mut doc = Automerge::new().with_actor(ActorId::from([0xc; 16]));
    doc.apply_changes([Change::try_from(constant_change(kind)).unwrap()]).unwrap();
    let mut tx = doc.transaction();
    write(&mut tx);
    let hash = tx.commit().0.unwrap();
    doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec()
}

#[test]
fn wrong_types_read_as_absent_and_containers_cannot_be_hidden() {
    let vandal = raw(DocKind::Well, |tx| {
        tx.put(ROOT, "name", 5).unwrap();
        tx.put(ROOT, "deleted", "yes").unwrap();
        tx.put(ROOT, "project", "no id").unwrap();
        tx.put(Map::Attributes.id(), "number", 7).unwrap();
        tx.put(ROOT, "attributes", "gone").unwrap();
    });
    let mut doc = Document::build(DocKind::Well, [&vandal[..]]).unwrap();
    assert_eq!(WellState::read(&doc), WellState::default());
    let well = WellState {
        name: Some("n".into()),
        attributes: BTreeMap::from([("rig".into(), "r".into())]),
        ..WellState::default()
    };
    doc.edit(A, |edit| well.write(edit)).unwrap().unwrap();
    assert_eq!(WellState::read(&doc), well);
    // A map that this kind does not have.
    assert_eq!(doc.get_str(Map::Curves, "x"), None);
    assert_eq!(doc.entries(Map::Curves).count(), 0);
    let write = |edit: &mut Edit<'_, '_>| edit.set_text(Map::Curves, "x", Some("y"));
    assert!(matches!(doc.edit(A, write), Err(EngineError::Failed(_))));
}

#[test]
fn errors_and_panics_leave_the_document_as_it_was() {
    let mut doc = empty(DocKind::Well);
    doc.edit(A, |edit| edit.set_text(Map::Root, "name", Some("kept"))).unwrap();
    let heads = doc.heads();
    let panics = doc.edit(A, |edit| {
        edit.set_text(Map::Root, "name", Some("lost"))?;
        panic!("on purpose");
    });
    assert!(matches!(panics, Err(EngineError::Panicked(text)) if text == "on purpose"));
    let large = "x".repeat(MAX_CHUNK);
    let refused = doc.edit(A, |edit| edit.set_text(Map::Root, "name", Some(&large)));
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::TooLarge))));
    assert!(matches!(doc.apply(b"junk"), Err(EngineError::Unreadable(_))));

    // A gap in the sequence numbers panics in Automerge 0.12; the gate would refuse it.
    let good = doc.clone().edit(A, |edit| edit.set_text(Map::Root, "name", Some("x")));
    let mut gap = Change::try_from(&good.unwrap().unwrap()[..]).unwrap().decode();
    gap.seq = 9;
    let gap = Change::from(gap).raw_bytes().to_vec();
    assert!(matches!(doc.apply(&gap), Err(EngineError::Panicked(_))));

    let mut ahead = doc.clone();
    ahead.edit(A, |edit| edit.set_text(Map::Root, "name", Some("1"))).unwrap().unwrap();
    let second = ahead.edit(A, |edit| edit.set_text(Map::Root, "name", Some("2")));
    let second = second.unwrap().unwrap();
    assert!(matches!(doc.apply(&second), Err(EngineError::MissingDependency(_))));
    assert_eq!(doc.heads(), heads);
    assert_eq!(doc.get_str(Map::Root, "name").as_deref(), Some("kept"));
}

#[test]
#[ignore = "a measurement"]
fn cost_of_a_copy() {
    let mut doc = empty(DocKind::Run);
    doc.add_rendition(A, rendition("las/1", 4_000)).unwrap();
    for n in 0..1_000 {
        let text = format!("curve {n}");
        doc.edit(A, |edit| edit.set_curve(n, CurveField::Name, Some(&text))).unwrap();
    }
    let start = std::time::Instant::now();
    for _ in 0..100 {
        drop(doc.clone());
    }
    let copy = start.elapsed() / 100;
    let start = std::time::Instant::now();
    for n in 0..100 {
        doc.edit(A, |edit| edit.set_curve(n, CurveField::Unit, Some("m"))).unwrap();
    }
    panic!("copy {copy:?}, edit {:?}", start.elapsed() / 100);
}

#[test]
fn two_people_type_into_one_text_and_both_are_there() {
    let mut base = empty(DocKind::Chart);
    let first =
        base.edit([1; 16], |edit| edit.set_long_text(LongText::Description, "Logs of the pad")).unwrap().unwrap();
    let (mut one, mut other) = (base.clone(), base);
    let left = one.edit([2; 16], |edit| edit.splice(LongText::Description, 0, 4, "Raw logs")).unwrap().unwrap();
    let right = other.edit([3; 16], |edit| edit.set_long_text(LongText::Description, "Logs of the pad, 2024"));
    let right = right.unwrap().unwrap();
    one.apply(&right).unwrap();
    other.apply(&left).unwrap();
    for document in [&one, &other] {
        assert_eq!(document.long_text(LongText::Description), "Raw logs of the pad, 2024");
        assert_eq!(document.long_text(LongText::Title), "");
    }
    let read_back = Document::build(DocKind::Chart, [first, left, right].iter().map(Vec::as_slice)).unwrap();
    assert_eq!(read_back.long_text(LongText::Description), "Raw logs of the pad, 2024");
    assert!(one.edit([2; 16], |edit| edit.splice(LongText::Title, 5, 0, "x")).is_err(), "beyond the end");
    assert_eq!(one.edit([2; 16], |edit| edit.set_long_text(LongText::Title, "")).unwrap(), None, "as it was");
}

#[test]
fn items_and_maps_of_other_kinds_do_not_mix() {
    let mut chart = empty(DocKind::Chart);
    chart.edit([1; 16], |edit| edit.set_text(Map::Items, "series/a/order", Some("5"))).unwrap().unwrap();
    assert_eq!(chart.get_str(Map::Items, "series/a/order").as_deref(), Some("5"));
    assert!(chart.edit([1; 16], |edit| edit.set_text(Map::Curves, "1.name", Some("GR"))).is_err(), "it is a text");
    let mut run = empty(DocKind::Run);
    assert!(run.edit([1; 16], |edit| edit.set_text(Map::Items, "a/b/c", Some("x"))).is_err(), "there is none");
    assert_eq!(run.long_text(LongText::Title), "", "another kind has no title");
}
