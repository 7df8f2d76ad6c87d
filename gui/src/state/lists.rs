//! The lists of the window: how each is asked for, and what its answer does.

use dataforge_node::api::{ApiError, ConflictsRequest, DataRequest, ListCharts, ProjectRequest, Reply, Request};

use super::browse::hits;
use super::slot::expect;
use super::{NodeState, State};
use crate::bridge::Command;
use crate::calls::busy;

/// The lists that are loaded, in the order in which they hang on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Status,
    Wells,
    Projects,
    Conflicts,
    ConflictRuns,
    Marks,
    Charts,
    Mnemonics,
    Runs,
    Curves,
}

/// Those of a workspace, but for what hangs on them.
pub(super) const OF_WORKSPACE: [Subject; 5] =
    [Subject::Wells, Subject::Projects, Subject::Conflicts, Subject::Marks, Subject::Charts];

impl State {
    /// Asks again for everything that is shown.
    pub(super) fn load_everything(&mut self) -> Vec<Command> {
        let mut commands = self.load_all(&[Subject::Status]);
        commands.extend(self.load_workspace());
        commands
    }

    fn load_workspace(&mut self) -> Vec<Command> {
        let mut commands = self.load_all(&OF_WORKSPACE);
        commands.extend(self.load_all(&[Subject::Mnemonics, Subject::Runs, Subject::Curves]));
        if self.node == NodeState::Open {
            commands.extend(self.load_branches());
        }
        commands
    }

    /// Keeps a part of a query's result.
    pub(super) fn on_data(&mut self, ticket: u64, bytes: &[u8]) {
        if self.tree.mnemonics.awaits(ticket) || self.tree.conflict_runs.awaits(ticket) {
            self.arriving.entry(ticket).or_default().extend_from_slice(bytes);
        }
    }

    /// Gives up on a call that was never made.
    pub(super) fn refuse(&mut self, ticket: u64) {
        macro_rules! refuse {
            ($($slot:expr),*) => {
                $(if $slot.awaits(ticket) {
                    $slot.refuse(busy());
                })*
            };
        }
        let tree = &mut self.tree;
        refuse!(self.status, self.wells, self.runs, self.curves);
        refuse!(tree.projects, tree.conflicts, tree.conflict_runs, tree.marks, tree.charts, tree.mnemonics);
        for slot in tree.runs.values_mut() {
            refuse!(slot);
        }
        for slot in tree.curves.values_mut() {
            refuse!(slot);
        }
        if self.deeds.remove(&ticket).is_some() {
            self.notice = Some(busy().message);
        }
    }

    pub(super) fn on_answer(&mut self, ticket: u64, result: Result<Reply, ApiError>) -> Vec<Command> {
        if let Some(commands) = self.on_deed(ticket, &result).or_else(|| self.on_branch(ticket, &result)) {
            return commands;
        }
        if self.status.awaits(ticket) {
            self.on_status(result)
        } else if self.wells.awaits(ticket) {
            self.on_wells(result)
        } else if self.runs.awaits(ticket) {
            self.on_runs(result)
        } else if self.curves.awaits(ticket) {
            let again = self.curves.end(expect(result, |reply| match reply {
                Reply::Curves { curves } => Some(curves),
                _ => None,
            }));
            self.load_again(again, Subject::Curves)
        } else {
            self.on_tree(ticket, result)
        }
    }

    /// Takes an answer that concerns what the tree shows besides wells.
    fn on_tree(&mut self, ticket: u64, result: Result<Reply, ApiError>) -> Vec<Command> {
        let json = self.arriving.remove(&ticket).unwrap_or_default();
        let found = |reply| match reply {
            Reply::Query { .. } => hits(&json),
            _ => None,
        };
        let tree = &mut self.tree;
        let (again, subject) = if tree.projects.awaits(ticket) {
            let take = |reply| if let Reply::Projects { projects } = reply { Some(projects) } else { None };
            (tree.projects.take(result, take), Subject::Projects)
        } else if tree.conflicts.awaits(ticket) {
            let take = |reply| if let Reply::Conflicts { conflicts } = reply { Some(conflicts) } else { None };
            (tree.conflicts.take(result, take), Subject::Conflicts)
        } else if tree.marks.awaits(ticket) {
            let take = |reply| if let Reply::Marks { marks } = reply { Some(marks) } else { None };
            (tree.marks.take(result, take), Subject::Marks)
        } else if tree.charts.awaits(ticket) {
            let take = |reply| if let Reply::Charts { charts } = reply { Some(charts) } else { None };
            (tree.charts.take(result, take), Subject::Charts)
        } else if tree.mnemonics.awaits(ticket) {
            (tree.mnemonics.take(result, found), Subject::Mnemonics)
        } else if tree.conflict_runs.awaits(ticket) {
            (tree.conflict_runs.take(result, found), Subject::ConflictRuns)
        } else {
            return Vec::new();
        };
        self.make_rows();
        let mut commands = self.load_again(again, subject);
        if subject == Subject::Conflicts {
            commands.extend(self.load(Subject::ConflictRuns));
        }
        commands
    }

    fn on_status(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let before = self.workspace_status().map(|held| held.workspace.entries);
        let again = self.status.end(expect(result, |reply| match reply {
            Reply::Status(status) => Some(status),
            _ => None,
        }));
        let mut commands = self.load_again(again, Subject::Status);
        let now = self.workspace_status().map(|held| held.workspace.entries);
        if now.is_none() {
            let first = self.workspaces().next().map(|workspace| workspace.id.clone());
            commands.extend(self.select_workspace(first));
        } else if before != now {
            // Another process wrote entries, and its event did not come this way.
            commands.extend(self.load_workspace());
        }
        commands
    }

    fn on_wells(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let again = self.wells.end(expect(result, |reply| match reply {
            Reply::Wells { wells } => Some(wells),
            _ => None,
        }));
        self.make_rows();
        let mut commands = self.load_again(again, Subject::Wells);
        if self.wells.error().is_none() && self.selected_well().is_none() {
            commands.extend(self.select_well(None));
        }
        commands
    }

    fn on_runs(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let again = self.runs.end(expect(result, |reply| match reply {
            Reply::Runs { runs } => Some(runs),
            _ => None,
        }));
        let mut commands = self.load_again(again, Subject::Runs);
        if self.selected_run().is_none() {
            let first = self.runs.value().and_then(|runs| runs.first()).map(|run| run.id.clone());
            commands.extend(self.select_run(first));
        }
        commands
    }

    fn load_again(&mut self, again: bool, subject: Subject) -> Vec<Command> {
        if again { self.load_all(&[subject]) } else { Vec::new() }
    }

    pub(super) fn load_all(&mut self, subjects: &[Subject]) -> Vec<Command> {
        subjects.iter().filter_map(|&subject| self.load(subject)).collect()
    }

    /// Asks for a list, unless it is being loaded or nothing is selected that it would belong to.
    pub(super) fn load(&mut self, subject: Subject) -> Option<Command> {
        if self.node != NodeState::Open {
            return None;
        }
        let request = self.request(subject)?;
        let ticket = self.tickets.next();
        let tree = &mut self.tree;
        let begun = match subject {
            Subject::Status => self.status.begin(ticket),
            Subject::Wells => self.wells.begin(ticket),
            Subject::Projects => tree.projects.begin(ticket),
            Subject::Conflicts => tree.conflicts.begin(ticket),
            Subject::ConflictRuns => tree.conflict_runs.begin(ticket),
            Subject::Marks => tree.marks.begin(ticket),
            Subject::Charts => tree.charts.begin(ticket),
            Subject::Mnemonics => tree.mnemonics.begin(ticket),
            Subject::Runs => self.runs.begin(ticket),
            Subject::Curves => self.curves.begin(ticket),
        };
        begun.then(|| Command::Call { ticket, request: Box::new(request) })
    }

    fn request(&self, subject: Subject) -> Option<Request> {
        if subject == Subject::Status {
            return Some(Request::Status);
        }
        let workspace = Some(self.selection.workspace.clone()?);
        Some(match subject {
            Subject::Status => Request::Status,
            Subject::Wells => Request::Wells { workspace },
            Subject::Projects => {
                Request::Projects { workspace, ask: ProjectRequest::List { archived: false, tag: None } }
            }
            Subject::Conflicts => Request::Conflicts { workspace, ask: ConflictsRequest::List { target: None } },
            Subject::Marks => Request::Data { workspace, ask: DataRequest::Marks },
            Subject::Charts => {
                Request::Charts { workspace, ask: dataforge_node::api::ChartRequest::List(ListCharts::default()) }
            }
            Subject::ConflictRuns => return self.conflict_query(),
            Subject::Mnemonics => return self.mnemonics_query(),
            Subject::Runs => Request::Runs { workspace, well: Some(self.selection.well.clone()?) },
            Subject::Curves => Request::Curves { workspace, run: Some(self.selection.run.clone()?) },
        })
    }
}
