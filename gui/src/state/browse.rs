//! Going about in the tree: the cursor, branches, filter, stars and the queries behind the search.

use dataforge_node::api::{DataRequest, OutputFormat, QueryLimits, Reply, Request};

use super::deeds::Deed;
use super::tree::{At, Hit, Key};
use super::{State, expect};
use crate::action::{Browse, Step};
use crate::bridge::Command;

/// Runs in conflict that are looked up at most; there are hardly ever that many.
const MOST_RUNS: usize = 1000;

impl State {
    /// Does what the user did in the tree.
    pub(super) fn browse(&mut self, browse: Browse) -> Vec<Command> {
        match browse {
            Browse::Step(step) => self.go_to(self.tree.stepped(step)),
            Browse::To(key) => self.go_to_key(&key),
            Browse::In => self.go_in(),
            Browse::Out => self.go_out(),
            Browse::Open(key, open) => self.turn(key, open),
            Browse::Typed { letters, at } => {
                let row = self.typed(&letters, at);
                self.go_to(row)
            }
            Browse::Filter(filter) => {
                self.tree.filter = filter;
                self.make_rows();
                Vec::new()
            }
            Browse::Star { key, on } => self.star(&key, on),
        }
    }

    fn go_to(&mut self, row: Option<usize>) -> Vec<Command> {
        let Some(row) = row.and_then(|row| self.tree.rows().get(row)).cloned() else {
            return Vec::new();
        };
        self.attention.well = true;
        self.tree.cursor.clone_from(&row.key);
        let (well, run) = match (&row.key, row.at) {
            (Some(Key::Well(well)), _) => (well.clone(), None),
            (Some(Key::Run(run)), At::Run(well, _)) => (well, Some(run.clone())),
            (_, At::Curve(well, run, _)) => (well, Some(run)),
            _ => return Vec::new(),
        };
        let mut commands = self.select_well(Some(well));
        if run.is_some() {
            commands.extend(self.select_run(run));
        }
        self.selection.curve = match row.key {
            Some(Key::Curve(curve)) => Some(curve),
            _ => None,
        };
        commands
    }

    fn go_to_key(&mut self, key: &Key) -> Vec<Command> {
        let row = self.tree.rows().iter().position(|row| row.key.as_ref() == Some(key));
        self.go_to(row)
    }

    /// Opens the branch at the cursor, or goes to its first row.
    fn go_in(&mut self) -> Vec<Command> {
        let Some(at) = self.tree.cursor_row() else {
            return self.go_to(Some(0));
        };
        // Rows move: the focus is given to that of the cursor anew.
        self.attention.well = true;
        let row = &self.tree.rows()[at];
        match (row.open, row.key.clone()) {
            (Some(false), Some(key)) => self.turn(key, true),
            (Some(true), _) => self.go_to(self.tree.stepped(Step::Down)),
            _ => Vec::new(),
        }
    }

    /// Closes the branch at the cursor, or goes to the row it is below.
    fn go_out(&mut self) -> Vec<Command> {
        let Some(at) = self.tree.cursor_row() else {
            return Vec::new();
        };
        self.attention.well = true;
        let row = &self.tree.rows()[at];
        match (row.open, row.key.clone()) {
            (Some(true), Some(key)) => self.turn(key, false),
            _ => self.go_to(self.tree.parent(at)),
        }
    }

    fn turn(&mut self, key: Key, open: bool) -> Vec<Command> {
        self.tree.set_open(key.clone(), open);
        let command = if open { self.load_branch(&key) } else { None };
        self.make_rows();
        command.into_iter().collect()
    }

    fn load_branch(&mut self, key: &Key) -> Option<Command> {
        let workspace = self.selection.workspace.clone();
        let ticket = self.tickets.next();
        let (begun, request) = match key {
            Key::Well(well) => (
                self.tree.runs.entry(well.clone()).or_default().begin(ticket),
                Request::Runs { workspace, well: Some(well.clone()) },
            ),
            Key::Run(run) => (
                self.tree.curves.entry(run.clone()).or_default().begin(ticket),
                Request::Curves { workspace, run: Some(run.clone()) },
            ),
            Key::Project(_) | Key::Loose | Key::Curve(_) | Key::Chart(_) => return None,
        };
        begun.then(|| Command::Call { ticket, request: Box::new(request) })
    }

    /// Asks again for the branches that are open, and forgets the others.
    pub(super) fn load_branches(&mut self) -> Vec<Command> {
        let tree = &mut self.tree;
        let wells: Vec<Key> = tree.runs.keys().cloned().map(Key::Well).filter(|key| tree.is_open(key)).collect();
        let runs: Vec<Key> = tree.curves.keys().cloned().map(Key::Run).filter(|key| tree.is_open(key)).collect();
        tree.runs.retain(|well, _| wells.iter().any(|key| matches!(key, Key::Well(id) if id == well)));
        tree.curves.retain(|run, _| runs.iter().any(|key| matches!(key, Key::Run(id) if id == run)));
        wells.iter().chain(&runs).filter_map(|key| self.load_branch(key)).collect()
    }

    /// Takes an answer that belongs to a branch; `false` when it belongs to none.
    pub(super) fn on_branch(
        &mut self,
        ticket: u64,
        result: &Result<Reply, dataforge_node::api::ApiError>,
    ) -> Option<Vec<Command>> {
        let again = if let Some((well, slot)) = self.tree.runs.iter_mut().find(|(_, slot)| slot.awaits(ticket)) {
            let taken = expect(result.clone(), |reply| match reply {
                Reply::Runs { runs } => Some(runs),
                _ => None,
            });
            slot.end(taken).then(|| Key::Well(well.clone()))
        } else if let Some((run, slot)) = self.tree.curves.iter_mut().find(|(_, slot)| slot.awaits(ticket)) {
            let taken = expect(result.clone(), |reply| match reply {
                Reply::Curves { curves } => Some(curves),
                _ => None,
            });
            slot.end(taken).then(|| Key::Run(run.clone()))
        } else {
            return None;
        };
        let command = again.and_then(|key| self.load_branch(&key));
        self.make_rows();
        Some(command.into_iter().collect())
    }

    /// Gives a star or takes it away: of wells and runs in the node, which then keeps their data longer;
    /// of curves and charts here.
    fn star(&mut self, key: &Key, on: bool) -> Vec<Command> {
        let id = match key {
            Key::Curve(id) | Key::Chart(id) => {
                if on {
                    self.tree.stars.insert(id.clone());
                } else {
                    self.tree.stars.remove(id);
                }
                return Vec::new();
            }
            Key::Project(id) | Key::Well(id) | Key::Run(id) => id.clone(),
            Key::Loose => return Vec::new(),
        };
        let ask = DataRequest::Star { target: id, on };
        self.begin_deed(Deed::Star, Request::Data { workspace: self.selection.workspace.clone(), ask })
    }

    /// Returns the query for mnemonics that contain a word of the search.
    pub(super) fn mnemonics_query(&self) -> Option<Request> {
        let words = self.search.split_whitespace().map(|word| quoted(&word.to_lowercase()));
        let conditions: Vec<String> = words.map(|word| format!("strpos(lower(mnemonic), {word}) > 0")).collect();
        if conditions.is_empty() {
            return None;
        }
        let conditions = conditions.join(" or ");
        self.query(format!("select distinct well_id, lower(mnemonic) as what from curves where {conditions}"))
    }

    /// Returns the query for the wells of runs that are in conflict.
    pub(super) fn conflict_query(&self) -> Option<Request> {
        let conflicts = self.tree.conflicts.value().into_iter().flatten();
        let ids: Vec<String> = conflicts
            .filter(|it| !it.document_id.is_empty())
            .take(MOST_RUNS)
            .map(|it| quoted(&it.document_id))
            .collect();
        if ids.is_empty() {
            return None;
        }
        self.query(format!("select distinct well_id, run_id as what from runs where run_id in ({})", ids.join(", ")))
    }

    fn query(&self, sql: String) -> Option<Request> {
        let workspace = Some(self.selection.workspace.clone()?);
        Some(Request::Query { workspace, sql, format: OutputFormat::Json, limits: QueryLimits::default() })
    }
}

/// Reads the JSON of such a query; nothing when it brought none.
pub(super) fn hits(json: &[u8]) -> Option<Vec<Hit>> {
    if json.is_empty() {
        return Some(Vec::new());
    }
    serde_json::from_slice(json).ok()
}

/// Returns a text as SQL writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
