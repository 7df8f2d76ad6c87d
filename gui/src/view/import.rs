//! Files on their way in: chosen or dropped, checked without writing anything, looked over, imported.
//!
//! ```text
//! choose ─▶ check (dry run) ─▶ look over: oddities, meanings, mappings, duplicates ─▶ import ─▶ result
//! ```

mod choosing;
mod details;
mod plan;
mod result;
mod review;

use std::collections::VecDeque;
use std::task::Poll;

use dataforge_node::api::{ApiError, CandidateInfo, CurveName, Event, ImportSummary, Reply, Request};
use egui::Ui;

use self::plan::Plan;
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::files::Pending;
use crate::state::{Slot, State, expect};

/// Commands of the import.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("import.check", "Check the chosen files"),
    CommandInfo::new("import.commit", "Import the checked files"),
    CommandInfo::new("import.cancel", "Cancel the import"),
    CommandInfo::new("import.again", "Choose other files to import"),
];

/// How far it is.
#[derive(Debug, Default)]
enum Step {
    /// Files are being chosen.
    #[default]
    Choose,
    /// They are being read, and nothing is written.
    Check(Ticket),
    /// What would come of them is looked over.
    Review,
    /// They are being imported.
    Commit(Ticket),
    /// They are.
    Done,
}

/// How far a call is.
#[derive(Debug, Clone, Default, PartialEq)]
struct Progress {
    step: String,
    done: u64,
    total: u64,
    item: String,
}

/// A question about what a mnemonic means.
#[derive(Debug, Default)]
struct Meaning {
    /// The curve that is asked about.
    curve: Option<CurveName>,
    candidates: Slot<Vec<CandidateInfo>>,
    setting: Option<Ticket>,
}

/// The import.
#[derive(Debug, Default)]
pub struct ImportView {
    step: Step,
    plan: Plan,
    /// The workspace that the files were checked for.
    of: Option<String>,
    progress: Progress,
    problem: Option<ApiError>,
    /// The file that is looked at, by its row.
    chosen: Option<usize>,
    meaning: Meaning,
    /// A file that is checked again by itself, with its row.
    again: Option<(Ticket, usize)>,
    /// What is still to be imported after the call under way.
    queue: VecDeque<Request>,
    /// What came of it so far.
    result: ImportSummary,
    choosing: Option<Pending<Vec<std::path::PathBuf>>>,
    offers_seen: u64,
}

impl View for ImportView {
    fn title(&self, _state: &State) -> String {
        match &self.step {
            Step::Choose => "Import".to_owned(),
            Step::Check(_) => "Import: checking".to_owned(),
            Step::Review => "Import: review".to_owned(),
            Step::Commit(_) => "Import: under way".to_owned(),
            Step::Done => "Import: done".to_owned(),
        }
    }

    fn place(&self) -> Place {
        Place::Import
    }

    fn refresh(&mut self, _cx: &mut Cx<'_>) {}

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        match news {
            News::Progress(Event::Progress { step, done, total, item }) => {
                self.progress = Progress { step, done, total, item };
            }
            News::Ended(result) => self.on_end(ticket, *result, cx),
            News::Progress(_) | News::Data(_) => {}
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        if !matches!(event, Happened::Selected) || self.of == cx.workspace() {
            return;
        }
        // What was found holds for the workspace before.
        if let Step::Check(ticket) = self.step {
            cx.cancel(ticket);
        }
        if matches!(self.step, Step::Check(_) | Step::Review) {
            self.check(cx);
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match (command, &self.step) {
            ("import.check", Step::Choose) if !self.plan.paths.is_empty() => self.check(cx),
            ("import.commit", Step::Review) if self.plan.options == self.plan.checked_with => self.commit(cx),
            ("import.cancel", Step::Check(_) | Step::Commit(_)) => self.cancel(cx),
            ("import.again", Step::Choose | Step::Review | Step::Done) => self.start_over(),
            _ => cx.notice("that has no meaning at this step of the import"),
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.take_offered(cx);
        match self.step {
            Step::Choose => self.choose_ui(ui, cx),
            Step::Check(_) => self.progress_ui(ui, cx, "Checking the files; nothing is written."),
            Step::Review => self.review_ui(ui, cx),
            Step::Commit(_) => self.progress_ui(ui, cx, "Importing the files."),
            Step::Done => self.result_ui(ui, cx),
        }
    }
}

impl ImportView {
    /// Takes files that were dropped on the window or chosen in a dialog, and checks them at once.
    fn take_offered(&mut self, cx: &mut Cx<'_>) {
        let mut paths = Vec::new();
        let (offers, offered) = &cx.state.parts.offered;
        if *offers != self.offers_seen {
            self.offers_seen = *offers;
            paths.extend_from_slice(offered);
            if !paths.is_empty() {
                // Taken, so that no view that is opened later takes them again.
                cx.actions.push(Action::Offer(Vec::new()));
            }
        }
        if let Some(Poll::Ready(chosen)) = self.choosing.as_ref().map(Pending::take) {
            self.choosing = None;
            paths.extend(chosen.unwrap_or_default());
        }
        if paths.is_empty() {
            return;
        }
        if matches!(self.step, Step::Check(_) | Step::Commit(_)) {
            cx.notice("an import is under way: bring these files once it has ended");
            return;
        }
        if !matches!(self.step, Step::Choose) {
            self.start_over();
        }
        self.plan.add(paths);
        self.check(cx);
    }

    fn start_over(&mut self) {
        *self = Self { offers_seen: self.offers_seen, ..Self::default() };
    }

    /// Reads the files without writing anything.
    fn check(&mut self, cx: &mut Cx<'_>) {
        (self.problem, self.chosen, self.progress) = (None, None, Progress::default());
        self.plan.checked_with = self.plan.options.clone();
        self.of = cx.workspace();
        let request = self.plan.check(cx.workspace());
        self.step = Step::Check(cx.call(request));
    }

    /// Reads one file again, with the mapping it was given.
    fn check_again(&mut self, cx: &mut Cx<'_>, row: usize) {
        if let Some(request) = self.plan.check_one(cx.workspace(), row) {
            self.again = Some((cx.call(request), row));
        }
    }

    fn commit(&mut self, cx: &mut Cx<'_>) {
        self.queue = self.plan.commit(cx.workspace()).into();
        (self.problem, self.progress, self.result) = (None, Progress::default(), ImportSummary::default());
        self.next(cx);
    }

    /// Makes the next call of an import, or ends it.
    fn next(&mut self, cx: &mut Cx<'_>) {
        match self.queue.pop_front() {
            Some(request) => self.step = Step::Commit(cx.call(request)),
            None => {
                self.step = Step::Done;
                // What this window does comes to it as no news.
                cx.actions.push(Action::Refresh);
            }
        }
    }

    fn cancel(&mut self, cx: &mut Cx<'_>) {
        match self.step {
            Step::Check(ticket) => {
                cx.cancel(ticket);
                self.step = Step::Choose;
            }
            Step::Commit(ticket) => {
                cx.cancel(ticket);
                self.queue.clear();
                self.step = Step::Review;
                cx.notice("the import was cancelled; files that were in by then stay");
                cx.actions.push(Action::Refresh);
            }
            Step::Choose | Step::Review | Step::Done => {}
        }
    }

    fn on_end(&mut self, ticket: Ticket, result: Result<Reply, ApiError>, cx: &mut Cx<'_>) {
        let summary = |reply| if let Reply::Import(summary) = reply { Some(summary) } else { None };
        match self.step {
            Step::Check(awaited) if awaited == ticket => match expect(result, summary) {
                Ok(summary) => {
                    self.plan.checked = summary;
                    self.step = Step::Review;
                }
                Err(error) => (self.step, self.problem) = (Step::Choose, Some(error)),
            },
            Step::Commit(awaited) if awaited == ticket => match expect(result, summary) {
                Ok(summary) => {
                    plan::join(&mut self.result, summary);
                    self.next(cx);
                }
                Err(error) => {
                    self.queue.clear();
                    (self.step, self.problem) = (Step::Review, Some(error));
                    cx.actions.push(Action::Refresh);
                }
            },
            _ => self.on_side(ticket, result, cx),
        }
    }

    /// Takes the end of a call that is made while files are looked over.
    fn on_side(&mut self, ticket: Ticket, result: Result<Reply, ApiError>, cx: &mut Cx<'_>) {
        if let Some((_, row)) = self.again.take_if(|(awaited, _)| *awaited == ticket) {
            match expect(result, |reply| if let Reply::Import(summary) = reply { Some(summary) } else { None }) {
                Ok(summary) => self.plan.replace(row, summary),
                Err(error) => self.problem = Some(error),
            }
        } else if self.meaning.candidates.awaits(ticket) {
            self.meaning.candidates.take(result, |reply| match reply {
                Reply::Meanings { candidates } => Some(candidates),
                _ => None,
            });
        } else if self.meaning.setting == Some(ticket) {
            self.meaning = Meaning::default();
            match result {
                Ok(_) => {
                    if let Some(row) = self.chosen {
                        self.check_again(cx, row);
                    }
                }
                Err(error) => self.problem = Some(error),
            }
        }
    }

    /// Asks what a curve may measure.
    fn look_up(&mut self, cx: &mut Cx<'_>, curve: CurveName) {
        self.meaning = Meaning { curve: Some(curve.clone()), ..Meaning::default() };
        self.meaning.candidates.load(cx, Request::LookUp { workspace: cx.workspace(), curve });
    }

    /// Says what a mnemonic means, for everybody in the workspace.
    fn set_meaning(&mut self, cx: &mut Cx<'_>, property: String) {
        if let Some(curve) = self.meaning.curve.clone() {
            let curve = CurveName { description: String::new(), ..curve };
            let request =
                Request::SetMeaning { workspace: cx.workspace(), curve, property: Some(property), to_unit: None };
            self.meaning.setting = Some(cx.call(request));
        }
    }
}
