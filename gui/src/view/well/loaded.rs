//! What the page of a well has loaded: each part when it is first looked at.

use dataforge_node::api::{
    ApiError, AttachmentInfo, BlameReply, ChartInfo, ChartRequest, CurveInfo, DataRequest, HistoryRequest, ListCharts,
    LogEntry, Reply, Request, RunInfo, SelectionInfo, SelectionsRequest, SurveyInfo, SurveysRequest, TopsInfo,
    TopsReply, TopsRequest, WellInfo, WhereReply,
};

use super::Section;
use crate::calls::Ticket;
use crate::state::Slot;
use crate::view::Cx;

/// Entries of the history that are shown.
const ENTRIES: u32 = 30;

/// What the page has loaded.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Of which workspace and well.
    pub(super) of: Option<(String, String)>,
    pub(super) wells: Slot<Vec<WellInfo>>,
    pub(super) runs: Slot<Vec<RunInfo>>,
    pub(super) curves: Slot<Vec<CurveInfo>>,
    pub(super) chosen_run: Option<usize>,
    /// Its id: its place in the list may change.
    run: Option<String>,
    pub(super) reveal_run: bool,
    pub(super) facts: Slot<BlameReply>,
    pub(super) sets: Slot<Vec<TopsInfo>>,
    /// The tops of the chosen set.
    pub(super) tops: Slot<TopsReply>,
    pub(super) surveys: Slot<Vec<SurveyInfo>>,
    pub(super) attachments: Slot<Vec<AttachmentInfo>>,
    pub(super) holders: Slot<WhereReply>,
    pub(super) charts: Slot<Vec<ChartInfo>>,
    pub(super) selections: Slot<Vec<SelectionInfo>>,
    pub(super) log: Slot<Vec<LogEntry>>,
}

impl Loaded {
    /// Forgets all that is of one well.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Asks for the lists that the window keeps only of the selected well.
    pub(super) fn load_page(&mut self, cx: &mut Cx<'_>, workspace: &str, well: &str) {
        let workspace = Some(workspace.to_owned());
        self.wells.load(cx, Request::Wells { workspace: workspace.clone() });
        self.runs.load(cx, Request::Runs { workspace: workspace.clone(), well: Some(well.to_owned()) });
        if let Some(run) = self.run.clone() {
            self.curves.load(cx, Request::Curves { workspace, run: Some(run) });
        }
    }

    /// Asks for what a section shows.
    pub(super) fn load_section(&mut self, cx: &mut Cx<'_>, section: Section, workspace: &str, well: &str) {
        self.of = Some((workspace.to_owned(), well.to_owned()));
        let (workspace, well) = (Some(workspace.to_owned()), well.to_owned());
        match section {
            Section::Runs => {}
            Section::Facts => {
                let ask = HistoryRequest::Blame { target: well, at: None };
                self.facts.load(cx, Request::History { workspace, ask });
            }
            Section::Tops => {
                let ask = TopsRequest::List { well: Some(well.clone()) };
                self.sets.load(cx, Request::Tops { workspace: workspace.clone(), ask });
                self.surveys.load(cx, Request::Surveys { workspace, ask: SurveysRequest::List { well: Some(well) } });
            }
            Section::Files => {
                let request =
                    Request::Attachments { workspace: workspace.clone(), well: Some(well.clone()), project: None };
                self.attachments.load(cx, request);
                self.holders.load(cx, Request::Data { workspace, ask: DataRequest::Where { target: well } });
            }
            Section::Charts => {
                let ask = ChartRequest::List(ListCharts { well: Some(well), ..ListCharts::default() });
                self.charts.load(cx, Request::Charts { workspace: workspace.clone(), ask });
                self.selections.load(cx, Request::Selections { workspace, ask: SelectionsRequest::List });
            }
            Section::History => {
                let request = Request::Log { workspace, target: Some(well), member: None, void: false, limit: ENTRIES };
                self.log.load(cx, request);
            }
        }
    }

    /// Chooses a run, and asks for its curves.
    pub(super) fn choose_run(&mut self, cx: &mut Cx<'_>, workspace: &str, row: usize) {
        let Some(run) = self.runs.value().and_then(|runs| runs.get(row)).map(|run| run.id.clone()) else { return };
        self.chosen_run = Some(row);
        self.run = Some(run.clone());
        self.reveal_run = true;
        self.curves.clear();
        self.curves.load(cx, Request::Curves { workspace: Some(workspace.to_owned()), run: Some(run) });
    }

    /// Keeps the same run chosen when the list has changed; without one chooses the first.
    pub(super) fn keep_run(&mut self, cx: &mut Cx<'_>, workspace: &str) {
        let Some(runs) = self.runs.value() else { return };
        let place = self.run.as_ref().and_then(|id| runs.iter().position(|run| run.id == *id));
        if place.is_some() {
            self.chosen_run = place;
        } else if runs.is_empty() {
            self.chosen_run = None;
            self.run = None;
        } else {
            self.choose_run(cx, workspace, 0);
            // Nobody chose it, so the focus stays where it is.
            self.reveal_run = false;
        }
    }

    /// Asks for the tops of a set.
    pub(super) fn show_tops(&mut self, cx: &mut Cx<'_>, workspace: &str, set: &str) {
        let ask = TopsRequest::Show { target: set.to_owned() };
        self.tops.clear();
        self.tops.load(cx, Request::Tops { workspace: Some(workspace.to_owned()), ask });
    }

    /// Takes the end of a call, and begins what was wished for meanwhile; returns whether it was one of these.
    pub(super) fn take(&mut self, cx: &mut Cx<'_>, ticket: Ticket, result: Result<Reply, ApiError>) -> bool {
        macro_rules! take {
            ($($slot:ident: $reply:pat => $value:expr,)+) => {
                $(if self.$slot.awaits(ticket) {
                    self.$slot.follow(cx, result, |reply| match reply {
                        $reply => Some($value),
                        _ => None,
                    });
                    return true;
                })+
            };
        }
        take! {
            wells: Reply::Wells { wells } => wells,
            runs: Reply::Runs { runs } => runs,
            curves: Reply::Curves { curves } => curves,
            facts: Reply::Blame(blame) => blame,
            sets: Reply::TopsSets { sets } => sets,
            tops: Reply::Tops(tops) => tops,
            surveys: Reply::Surveys { surveys } => surveys,
            attachments: Reply::Attachments { attachments } => attachments,
            holders: Reply::Where(holders) => holders,
            charts: Reply::Charts { charts } => charts,
            selections: Reply::Selections { selections } => selections,
            log: Reply::Log { entries } => entries,
        }
        false
    }
}
