//! Two people who do every cell of the table without knowing of each other, and then meet.

use dataforge_protocol::document::{DELETED, Document, Edit, EngineError, LongText, Map, rendition_id};
use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry, entry_id};
use dataforge_protocol::facts::{
    Facts, HeaderFacts, IndexFacts, IndexKind, Origin, RenditionFacts, ReportFacts, SetFacts, SetKind, WellFacts,
};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_protocol::op::{Genesis, Op};
use tempfile::TempDir;

use crate::conflicts::{Conflict, list};
use crate::core::{Core, Who, Writer};
use crate::identity::Identity;
use crate::index::materialise;

/// A cell of the table: its own document, or field of one that there is once.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) row: &'static str,
    pub(super) column: &'static str,
    pub(super) outcome: &'static str,
    pub(super) doc: DocId,
    pub(super) map: Map,
    pub(super) key: String,
    facts: Facts,
    /// The well that it is filed under, where that is what the cell is about.
    well: Option<Facts>,
}

/// What a person does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Set(&'static str),
    /// Another field of the item.
    SetUnit,
    Clear,
    Move(&'static str),
    Remove,
    Type(&'static str),
    Delete,
    Restore,
    /// What lists need to show it.
    Appear,
    /// Files it under its well.
    File,
    DeleteWell,
}

/// Returns the table: rows by kind, each with column and outcome.
pub(super) fn table() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let mut lines = include_str!("../cells.txt").lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).collect();
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap();
        let outcomes: Vec<_> = columns.iter().copied().zip(words).collect();
        assert_eq!(outcomes.len(), columns.len(), "{line}");
        (kind, outcomes)
    };
    lines.map(row).collect()
}

fn cells() -> Vec<Cell> {
    let all = table().into_iter().flat_map(|(row, outcomes)| {
        outcomes.into_iter().filter(|(_, outcome)| *outcome != "-").map(move |(column, outcome)| (row, column, outcome))
    });
    let cell = |(number, (row, column, outcome)): (u64, (&'static str, &'static str, &'static str))| {
        let facts = facts(row, number);
        let (map, key) = place(row, number);
        let well = (column == "filed").then(|| Facts::Well(WellFacts::Uwi(format!("WELL{number}"))));
        Cell { row, column, outcome, doc: facts.doc_id(), map, key, facts, well }
    };
    (0..).zip(all).map(cell).collect()
}

fn facts(row: &str, number: u64) -> Facts {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    match row.split('_').next().unwrap() {
        "run" | "curve" | "rendition" | "file" => Facts::Run { source: BlobHash::of(&nonce), data_set: 0 },
        "well" | "preferred" | "grid" | "deletion" => Facts::Well(WellFacts::Uwi(format!("CELL{number}"))),
        "attachment" => Facts::Attachment { blob: BlobHash::of(&nonce) },
        "project" => Facts::Project { nonce },
        "meaning" => Facts::Dictionary,
        "settings" => Facts::Settings,
        "chart" => Facts::Chart { nonce },
        "selection" => Facts::Selection { nonce },
        "tops" => Facts::Tops(Origin::Person(nonce)),
        "survey" => Facts::Survey(Origin::Person(nonce)),
        _ => panic!("no document for {row}"),
    }
}

fn place(row: &str, number: u64) -> (Map, String) {
    let (map, key) = match row {
        "well" | "run" | "project" | "deletion" => (Map::Root, "name"),
        "well_attribute" => (Map::Attributes, "rig"),
        "preferred" => (Map::Attributes, "preferred/gamma_ray"),
        "grid" => (Map::Root, "grid_step"),
        "run_header" => (Map::Root, "pass"),
        "curve" => (Map::Curves, "1.quality"),
        "rendition" => (Map::Root, "rendition"),
        "attachment" => (Map::Root, "description"),
        "file_name" => (Map::Root, "source_name"),
        "meaning" => return (Map::Attributes, format!("*|CELL{number}|*")),
        "settings" => return (Map::Attributes, format!("cell/{number}")),
        _ if row.ends_with("_item") => (Map::Items, "part/ab12/color"),
        _ => (Map::Attributes, "kind"),
    };
    (map, key.to_owned())
}

impl Cell {
    fn is_item(&self) -> bool {
        self.row.ends_with("_item")
    }

    fn is_text(&self) -> bool {
        self.row.ends_with("_text")
    }

    /// Whether a conflict is that of this cell.
    pub(super) fn is_of(&self, conflict: &Conflict) -> bool {
        let is_shared = matches!(self.facts, Facts::Dictionary | Facts::Settings);
        let of = self.well.as_ref().map_or(self.doc, Facts::doc_id);
        conflict.doc == of && (!is_shared || conflict.field == self.key)
    }

    /// Returns what both begin from.
    fn base(&self) -> Vec<Act> {
        match (self.row, self.column) {
            ("deletion", "differ") => vec![Act::Set("1"), Act::Delete],
            _ if self.is_item() => vec![Act::Set("1"), Act::SetUnit, Act::Move("5")],
            _ if self.is_text() => vec![Act::Type("begun")],
            (_, "filed") => vec![Act::Set("1"), Act::Appear],
            _ => vec![Act::Set("1")],
        }
    }

    /// Returns what each does then.
    fn apart(&self) -> [Vec<Act>; 2] {
        let edit = if self.is_text() { Act::Type("left ") } else { Act::Set("2") };
        match (self.row, self.column) {
            ("deletion", "same") | (_, "deletions") => [vec![Act::Delete], vec![Act::Delete]],
            ("deletion", "differ") => [vec![Act::Restore], vec![Act::Restore, Act::Delete]],
            (_, "same") => [vec![Act::Set("4")], vec![Act::Set("4")]],
            (_, "differ") => [vec![edit], vec![Act::Set("3")]],
            (_, "clear") => [vec![edit], vec![Act::Clear]],
            (_, "cleared") => [vec![Act::Clear], vec![Act::Clear]],
            (_, "deleted") => [vec![edit], vec![Act::Delete]],
            (_, "moved") => [vec![Act::Move("3")], vec![Act::Move("7")]],
            (_, "typed") => [vec![edit], vec![Act::Type("right ")]],
            (_, "removed") => [vec![edit], vec![Act::Remove]],
            (_, "removals") => [vec![Act::Remove], vec![Act::Remove]],
            (_, "filed") => [vec![Act::File], vec![Act::DeleteWell]],
            (_, column) => panic!("no acts for {column}"),
        }
    }

    fn write(&self, act: Act, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        let item = |field: &str| format!("part/ab12/{field}");
        match act {
            Act::Set(value) => edit.set_text(self.map, &self.key, Some(value)),
            Act::SetUnit => edit.set_text(Map::Items, &item("unit"), Some("gAPI")),
            Act::Clear => edit.set_text(self.map, &self.key, None),
            Act::Move(place) => edit.set_text(Map::Items, &item("order"), Some(place)),
            Act::Remove => ["color", "unit", "order"]
                .into_iter()
                .try_for_each(|field| edit.set_text(Map::Items, &item(field), None)),
            Act::Type(text) => edit.splice(LongText::Title, 0, 0, text),
            Act::Delete | Act::DeleteWell => edit.set_bool(Map::Root, DELETED, true),
            Act::Restore => edit.set_bool(Map::Root, DELETED, false),
            Act::Appear if self.row == "run" => {
                let facts = table_of_a_run();
                let bytes = postcard::to_stdvec(&facts).unwrap();
                edit.set_bytes(Map::Renditions, &rendition_id(&facts), Some(&bytes))
            }
            Act::Appear => edit.set_text(Map::Root, "name", Some("Thing")),
            Act::File => edit.file_under(&self.well.as_ref().unwrap().doc_id(), None),
        }
    }

    fn act(&self, writer: &mut Writer<'_>, acts: &[Act]) {
        for act in acts {
            let doc = match (act, &self.well) {
                (Act::DeleteWell, Some(well)) => well.doc_id(),
                _ => self.doc,
            };
            let done = writer.edit(doc, &[], Vec::new(), |document, actor| {
                Ok(document.edit(actor, |edit| self.write(*act, edit))?.into_iter().collect())
            });
            assert!(done.unwrap(), "{act:?} of {self:?} does something");
        }
    }
}

/// What a reader made of a file: no rows and no curves.
fn table_of_a_run() -> RenditionFacts {
    let index = IndexFacts {
        mnemonic: "DEPT".into(),
        column: "dept".into(),
        unit: "M".into(),
        kind: IndexKind::Depth,
        text: false,
        to_si: Some(1.0),
        min: None,
        max: None,
        step: None,
        reversals: 0,
    };
    RenditionFacts {
        blob: BlobHash([1; 32]),
        blob_size: 1,
        reader: "las/1".into(),
        source_sha256: [2; 32],
        source_size: 1,
        rows: 0,
        index,
        curves: Vec::new(),
        set: SetFacts { kind: SetKind::Log, name: "Log".into(), number: None },
        header: HeaderFacts::default(),
        report: ReportFacts::default(),
    }
}

/// Two people, both owners, and some cells.
pub(super) struct World {
    pub(super) people: [Core; 2],
    pub(super) workspace: WorkspaceId,
    pub(super) cells: Vec<Cell>,
    _dirs: [TempDir; 2],
}

fn genesis(people: [&Identity; 2]) -> SignedEntry {
    let op = Op::Genesis(Genesis {
        nonce: [7; 32],
        name: "Field".into(),
        owners: people.iter().map(|identity| identity.public.person.clone()).collect(),
        recovery: people[0].public.recovery,
        quorum: 0,
        discovery_secret: [9; 32],
    });
    let body = op.to_bytes();
    let link = Link {
        version: HEADER_VERSION,
        kind: EntryKind::Op.to_u8(),
        workspace: WorkspaceId([0; 32]),
        device: people[0].device(),
        seq: 0,
        prev: None,
        body: BodyRef::of(&body),
    };
    SignedEntry::sign(&Header { link, claims: Claims::default() }, body, &people[0].secret)
}

/// Carries what one has to the other.
fn carry(from: &Core, to: &mut Core, workspace: &WorkspaceId) {
    let mut signed = Vec::new();
    let each = from.store.each_entry(workspace, |_, stored| {
        signed.push(stored.signed);
        Ok(())
    });
    each.unwrap();
    let ledger = to.ledger(workspace).unwrap();
    signed.retain(|entry| !ledger.contains(&entry_id(&entry.header)));
    let entries = signed.into_iter().map(|entry| entry.verify().unwrap()).collect();
    let progress = to.accept(workspace, entries).unwrap();
    assert_eq!((progress.invalid.len(), progress.waiting), (0, 0));
    assert_eq!(to.store.count_set_aside(workspace).unwrap(), 0, "all count");
}

impl World {
    /// Has both begin from the same, after one of them `prepares`, and then do all cells apart.
    pub(super) fn parted(prepare: impl FnOnce(&mut Writer<'_>)) -> Self {
        Self::of(cells(), prepare)
    }

    /// Does so with no cells.
    pub(super) fn together(prepare: impl FnOnce(&mut Writer<'_>)) -> Self {
        Self::of(Vec::new(), prepare)
    }

    fn of(cells: Vec<Cell>, prepare: impl FnOnce(&mut Writer<'_>)) -> Self {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let identity = |at: usize, name| Identity::create(dirs[at].path(), name, "laptop").unwrap().0;
        let identities = [identity(0, "Ada"), identity(1, "Bob")];
        let entry = genesis([&identities[0], &identities[1]]).verify().unwrap();
        let mut identities = identities.into_iter();
        let mut core = |at: usize| {
            let mut core = Core::open(dirs[at].path(), Who::Open(identities.next().map(Box::new))).unwrap();
            core.begin(&entry, Vec::new()).unwrap();
            core
        };
        let people = [core(0), core(1)];
        let workspace = WorkspaceId(entry.id.0);
        let mut world = Self { people, workspace, cells, _dirs: dirs };
        let (cells, [ada, bob]) = (&world.cells, &mut world.people);
        ada.write(&workspace, &[], |writer| {
            prepare(writer);
            for cell in cells {
                for facts in std::iter::once(&cell.facts).chain(&cell.well) {
                    writer.open(facts, Vec::new())?;
                }
                cell.act(writer, &cell.base());
            }
            Ok(())
        })
        .unwrap();
        carry(ada, bob, &workspace);
        for (at, core) in [ada, bob].into_iter().enumerate() {
            core.write(&workspace, &[], |writer| {
                cells.iter().for_each(|cell| cell.act(writer, &cell.apart()[at]));
                Ok(())
            })
            .unwrap();
        }
        world
    }

    /// Has both learn what the other knows.
    pub(super) fn meet(&mut self) {
        let [ada, bob] = &mut self.people;
        carry(ada, bob, &self.workspace);
        carry(bob, ada, &self.workspace);
    }

    /// Returns what both list, which is the same.
    pub(super) fn listed(&self) -> Vec<Conflict> {
        let [ada, bob] = &self.people;
        let listed = list(&ada.store, &self.workspace, None).unwrap();
        assert_eq!(listed, list(&bob.store, &self.workspace, None).unwrap());
        listed
    }

    /// Returns a document as both have it.
    pub(super) fn document(&mut self, doc: &DocId) -> [Document; 2] {
        let workspace = self.workspace;
        self.people.each_mut().map(|core| {
            let (ledger, store) = core.ledger_and_store(&workspace).unwrap();
            materialise(store, ledger, doc).unwrap().unwrap()
        })
    }

    /// Returns how many entries there are.
    pub(super) fn entries(&self) -> u64 {
        self.people[0].store.count_entries(&self.workspace).unwrap()
    }
}
