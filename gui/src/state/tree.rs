//! The tree at the left: projects, their wells, runs and curves, as rows.
//!
//! Rows are made anew when something changes that they show, never while drawing. Runs and curves are
//! asked for when their branch is opened.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_node::api::{ChartInfo, ConflictInfo, CurveInfo, MarkInfo, ProjectInfo, RunInfo, WellInfo};
use serde::{Deserialize, Serialize};

use super::{Slot, State};
use crate::action::Step;

/// Seconds after which typing begins another word.
const PAUSE: f64 = 1.0;

/// What a row is of, by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A project.
    Project(String),
    /// The wells that are in no project.
    Loose,
    /// A well.
    Well(String),
    /// A run.
    Run(String),
    /// A curve, as `RUN:NUMBER`.
    Curve(String),
    /// A chart; it stands in no row, and can have a star.
    Chart(String),
}

/// Where what a row shows is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// In the list of projects, with how many of its wells are shown.
    Project(usize, usize),
    /// Nowhere: it is a heading over so many wells.
    Loose(usize),
    /// In the list of wells.
    Well(usize),
    /// In the runs of this well.
    Run(String, usize),
    /// In the curves of this run of this well.
    Curve(String, String, usize),
    /// What there is to say instead of rows.
    Told(String),
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is of; none where it only says something.
    pub key: Option<Key>,
    /// How far in it stands.
    pub depth: usize,
    /// Whether what is below it is shown; none where nothing can be.
    pub open: Option<bool>,
    /// Where its content is found.
    pub at: At,
}

/// Which wells have their data here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// All wells, wherever.
    #[default]
    Anywhere,
    /// Those of which every run is held here.
    Here,
    /// Those of which some run is not.
    NotHere,
}

/// Which wells are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Only those of this project, by id.
    pub project: Option<String>,
    /// Only those about which somebody has to decide.
    pub conflicts: bool,
    /// By where their data are.
    pub held: Held,
    /// Only those with a star.
    pub starred: bool,
}

impl Filter {
    /// Returns whether it leaves anything out.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::default()
    }
}

/// Something found by a query, and its well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hit {
    /// The well's id.
    pub well_id: String,
    /// What was found.
    pub what: String,
}

/// The tree.
#[derive(Debug, Default)]
pub struct Tree {
    /// Projects, by name.
    pub projects: Slot<Vec<ProjectInfo>>,
    /// What somebody has to decide.
    pub conflicts: Slot<Vec<ConflictInfo>>,
    /// The wells of runs that are in conflict.
    pub conflict_runs: Slot<Vec<Hit>>,
    /// What is pinned or starred on this node.
    pub marks: Slot<Vec<MarkInfo>>,
    /// Charts, by title.
    pub charts: Slot<Vec<ChartInfo>>,
    /// Mnemonics that contain a word of the search.
    pub mnemonics: Slot<Vec<Hit>>,
    /// Runs of wells that were opened.
    pub runs: BTreeMap<String, Slot<Vec<RunInfo>>>,
    /// Curves of runs that were opened.
    pub curves: BTreeMap<String, Slot<Vec<CurveInfo>>>,
    /// Which wells are shown.
    pub filter: Filter,
    /// Curves (`RUN:NUMBER`) and charts with a star of this person; wells have theirs in the node.
    pub stars: BTreeSet<String>,
    /// The row that the user is at.
    pub cursor: Option<Key>,
    /// What can be opened and is; of projects what is closed.
    turned: BTreeSet<Key>,
    rows: Vec<Row>,
    typed: (String, f64),
}

impl Tree {
    /// Returns the rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the row that the user is at.
    #[must_use]
    pub fn cursor_row(&self) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        self.rows.iter().position(|row| row.key.as_ref() == Some(cursor))
    }

    /// Returns whether what is below is shown.
    #[must_use]
    pub fn is_open(&self, key: &Key) -> bool {
        let turned = self.turned.contains(key);
        if matches!(key, Key::Project(_) | Key::Loose) { !turned } else { turned }
    }

    /// Opens or closes a branch.
    pub fn set_open(&mut self, key: Key, open: bool) {
        if self.is_open(&key) != open && !self.turned.remove(&key) {
            self.turned.insert(key);
        }
    }

    /// Returns whether a well, run or project has a star on this node, or a curve or chart one of this person.
    #[must_use]
    pub fn is_starred(&self, id: &str) -> bool {
        let marked = |mark: &MarkInfo| mark.mark == "star" && mark.id == id;
        self.stars.contains(id) || self.marks.value().is_some_and(|marks| marks.iter().any(marked))
    }

    /// Forgets what belongs to a workspace.
    pub fn clear(&mut self) {
        let stars = std::mem::take(&mut self.stars);
        *self = Self { stars, ..Self::default() };
    }

    /// Returns the row to go to, past those that only say something.
    #[must_use]
    pub fn stepped(&self, step: Step) -> Option<usize> {
        let mut row = step.from_row(self.cursor_row(), self.rows.len())?;
        while self.rows[row].key.is_none() {
            let next = step.from_row(Some(row), self.rows.len())?;
            if next == row {
                return None;
            }
            row = next;
        }
        Some(row)
    }

    /// Returns the row that this one is below.
    #[must_use]
    pub fn parent(&self, row: usize) -> Option<usize> {
        let depth = self.rows.get(row)?.depth;
        self.rows[..row].iter().rposition(|above| above.depth < depth)
    }

    /// Returns the wells with a star.
    fn starred(&self) -> BTreeSet<&str> {
        let marks = self.marks.value().into_iter().flatten();
        marks.filter(|mark| mark.mark == "star").map(|mark| mark.id.as_str()).collect()
    }

    /// Returns the ids of wells about which somebody has to decide, their runs and curves among them.
    #[must_use]
    pub fn in_conflict(&self) -> BTreeSet<&str> {
        let mut wells = BTreeSet::new();
        for conflict in self.conflicts.value().into_iter().flatten() {
            wells.insert(conflict.document_id.as_str());
            if conflict.about == "wells" {
                wells.extend(conflict.candidates.iter().filter_map(|side| side.target.as_deref()));
            }
        }
        wells.extend(self.conflict_runs.value().into_iter().flatten().map(|hit| hit.well_id.as_str()));
        wells
    }
}

impl State {
    /// Makes the rows anew, from what is loaded, opened, searched and filtered.
    pub(super) fn make_rows(&mut self) {
        let found = self.found_wells();
        let (matches, rows) = self.rows_of(&found);
        self.matches = matches;
        self.tree.rows = rows;
    }

    /// Takes letters that were typed in the tree, at a time in seconds; returns the row they lead to.
    pub(super) fn typed(&mut self, letters: &str, at: f64) -> Option<usize> {
        let (word, last) = &mut self.tree.typed;
        if at - *last > PAUSE {
            word.clear();
        }
        *last = at;
        word.push_str(&letters.to_lowercase());
        let word = word.clone();
        let count = self.tree.rows.len();
        // A first letter leads on, more letters may stay where they are.
        let from = self.tree.cursor_row().map_or(0, |row| row + usize::from(word.chars().count() == 1));
        let begins = |row: usize| {
            self.tree.rows[row].key.is_some() && self.row_text(&self.tree.rows[row]).to_lowercase().starts_with(&word)
        };
        (0..count).map(|step| (from + step) % count).find(|&row| begins(row))
    }

    /// Returns what a row says.
    #[must_use]
    pub fn row_text(&self, row: &Row) -> String {
        let named = |text: Option<&String>| text.cloned().unwrap_or_default();
        match &row.at {
            At::Project(at, _) => named(self.tree.projects.value().and_then(|all| all.get(*at)).map(|it| &it.name)),
            At::Loose(_) => "In no project".to_owned(),
            At::Well(at) => named(self.wells.value().and_then(|all| all.get(*at)).map(|it| &it.name)),
            At::Run(..) => named(self.run_of(row).map(|run| &run.name)),
            At::Curve(..) => named(self.curve_of(row).map(|curve| &curve.curve)),
            At::Told(text) => text.clone(),
        }
    }

    /// Returns the run that a row is of.
    #[must_use]
    pub fn run_of(&self, row: &Row) -> Option<&RunInfo> {
        let At::Run(well, at) = &row.at else { return None };
        self.tree.runs.get(well)?.value()?.get(*at)
    }

    /// Returns the curve that a row is of.
    #[must_use]
    pub fn curve_of(&self, row: &Row) -> Option<&CurveInfo> {
        let At::Curve(_, run, at) = &row.at else { return None };
        self.tree.curves.get(run)?.value()?.get(*at)
    }

    /// Returns rows of wells that match search and filter, in the order of the list.
    fn found_wells(&self) -> Vec<usize> {
        let words: Vec<String> = self.search.split_whitespace().map(str::to_lowercase).collect();
        let wells = self.wells.value().map_or(&[][..], Vec::as_slice);
        let mut mnemonics: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        if !words.is_empty() {
            for hit in self.tree.mnemonics.value().into_iter().flatten() {
                mnemonics.entry(&hit.well_id).or_default().push(&hit.what);
            }
        }
        let filter = &self.tree.filter;
        let conflicts = if filter.conflicts { self.tree.in_conflict() } else { BTreeSet::new() };
        let starred = if filter.starred { self.tree.starred() } else { BTreeSet::new() };
        let passes = |well: &WellInfo| {
            (filter.project.is_none() || filter.project == well.project_id)
                && (!filter.conflicts || conflicts.contains(well.id.as_str()))
                && (!filter.starred || starred.contains(well.id.as_str()))
                && match filter.held {
                    Held::Anywhere => true,
                    Held::Here => well.held == well.runs,
                    Held::NotHere => well.held < well.runs,
                }
        };
        let has = |well: &WellInfo| {
            contains_all(well, mnemonics.get(well.id.as_str()).map_or(&[][..], Vec::as_slice), &words)
        };
        (0..wells.len()).filter(|&row| passes(&wells[row]) && has(&wells[row])).collect()
    }

    /// Returns the wells as they are shown, and all rows.
    fn rows_of(&self, found: &[usize]) -> (Vec<usize>, Vec<Row>) {
        let wells = self.wells.value().map_or(&[][..], Vec::as_slice);
        let projects = self.tree.projects.value().map_or(&[][..], Vec::as_slice);
        let (mut matches, mut rows) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        let known: BTreeMap<&str, usize> = projects.iter().enumerate().map(|(at, it)| (it.id.as_str(), at)).collect();
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); projects.len() + 1];
        for &well in found {
            let project = wells[well].project_id.as_deref().and_then(|id| known.get(id));
            groups[project.copied().unwrap_or(projects.len())].push(well);
        }
        let narrowed = self.tree.filter.is_on() || !self.search.trim().is_empty();
        for (at, group) in groups.iter().enumerate() {
            matches.extend_from_slice(group);
            if projects.is_empty() {
                group.iter().for_each(|&well| self.well_rows(well, 0, &mut rows));
                continue;
            }
            let (key, at) = match projects.get(at) {
                Some(project) => (Key::Project(project.id.clone()), At::Project(at, group.len())),
                None => (Key::Loose, At::Loose(group.len())),
            };
            if group.is_empty() && (narrowed || key == Key::Loose) {
                continue;
            }
            let open = self.tree.is_open(&key);
            rows.push(Row { key: Some(key), depth: 0, open: Some(open), at });
            if open {
                group.iter().for_each(|&well| self.well_rows(well, 1, &mut rows));
            }
        }
        (matches, rows)
    }

    fn well_rows(&self, at: usize, depth: usize, rows: &mut Vec<Row>) {
        let Some(well) = self.wells.value().and_then(|wells| wells.get(at)) else {
            return;
        };
        let key = Key::Well(well.id.clone());
        let open = self.tree.is_open(&key);
        rows.push(Row { key: Some(key), depth, open: Some(open), at: At::Well(at) });
        if !open {
            return;
        }
        let slot = self.tree.runs.get(&well.id);
        told(slot, "runs", depth + 1, rows);
        for (at, run) in slot.and_then(Slot::value).into_iter().flatten().enumerate() {
            let key = Key::Run(run.id.clone());
            let open = self.tree.is_open(&key);
            let at = At::Run(well.id.clone(), at);
            rows.push(Row { key: Some(key), depth: depth + 1, open: Some(open), at });
            if open {
                self.curve_rows(&well.id, &run.id, depth + 2, rows);
            }
        }
    }

    fn curve_rows(&self, well: &str, run: &str, depth: usize, rows: &mut Vec<Row>) {
        let slot = self.tree.curves.get(run);
        told(slot, "curves", depth, rows);
        for (at, curve) in slot.and_then(Slot::value).into_iter().flatten().enumerate() {
            let key = Key::Curve(format!("{run}:{}", curve.ordinal));
            let at = At::Curve(well.to_owned(), run.to_owned(), at);
            rows.push(Row { key: Some(key), depth, open: None, at });
        }
    }
}

/// Adds what there is to say of a branch instead of rows.
fn told<T>(slot: Option<&Slot<Vec<T>>>, what: &str, depth: usize, rows: &mut Vec<Row>) {
    let text = match slot {
        Some(slot) if slot.error().is_some() => slot.error().map(|error| error.message.clone()).unwrap_or_default(),
        Some(slot) if slot.value().is_some_and(Vec::is_empty) => format!("no {what}"),
        Some(slot) if slot.value().is_some() => return,
        _ => format!("Loading {what} …"),
    };
    rows.push(Row { key: None, depth, open: None, at: At::Told(text) });
}

/// Whether each word occurs in some field of the well that people search by, or in one of these mnemonics.
fn contains_all(well: &WellInfo, mnemonics: &[&str], words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let optional = [&well.uwi, &well.field, &well.company, &well.country];
    let fields: Vec<String> =
        std::iter::once(&well.name).chain(optional.into_iter().flatten()).map(|field| field.to_lowercase()).collect();
    let among = |word: &String| {
        fields.iter().any(|field| field.contains(word)) || mnemonics.iter().any(|mnemonic| mnemonic.contains(word))
    };
    words.iter().all(among)
}
