//! The chart that a log shows: as it was read, with the edits of this window over it.

use std::collections::BTreeSet;

use dataforge_node::api::chart::{ChartState, Domain};
use dataforge_node::api::{
    ApiError, ChartEdit, ChartReply, ChartRequest, ChartTemplate, CreateChart, ErrorKind, Reply, Request,
};

use super::super::{Cx, Place, Ticket};
use super::change::Pending;
use crate::state::Slot;

/// What a log is drawn by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    /// A chart that is saved.
    Chart(String),
    /// A template for a well, which is not.
    Template { well: String, template: String },
}

/// A chart, and what is done to it.
#[derive(Debug)]
pub(super) struct Doc {
    pub(super) workspace: String,
    pub(super) of: Of,
    pub(super) chart: Slot<ChartReply>,
    pub(super) templates: Slot<Vec<ChartTemplate>>,
    pub(super) pending: Pending,
    /// Why the last edit was refused.
    pub(super) refused: Option<ApiError>,
    /// What was added by the last edit: `part/id`.
    pub(super) added: Option<String>,
    creating: Option<Ticket>,
    /// Templates that are being made of it.
    templating: BTreeSet<Ticket>,
    /// The chart with edits over it.
    shown: Option<ChartState>,
    /// Counts what changed of what is shown.
    pub(super) revision: u64,
}

impl Doc {
    pub(super) fn new(workspace: String, of: Of) -> Self {
        Self {
            workspace,
            of,
            chart: Slot::default(),
            templates: Slot::default(),
            pending: Pending::default(),
            refused: None,
            added: None,
            creating: None,
            templating: BTreeSet::new(),
            shown: None,
            revision: 0,
        }
    }

    fn request(&self, ask: ChartRequest) -> Request {
        Request::Charts { workspace: Some(self.workspace.clone()), ask }
    }

    /// Loads the chart.
    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        let ask = match &self.of {
            Of::Chart(chart) => ChartRequest::Show { chart: chart.clone() },
            Of::Template { well, template } => ChartRequest::Preview { template: template.clone(), well: well.clone() },
        };
        if !self.chart.is_loading() {
            self.pending.loading();
        }
        let request = self.request(ask);
        self.chart.load(cx, request);
    }

    /// Loads the templates there are.
    pub(super) fn load_templates(&mut self, cx: &mut Cx<'_>) {
        let request = self.request(ChartRequest::Templates);
        self.templates.load(cx, request);
    }

    /// Returns what is shown.
    pub(super) fn shown(&self) -> Option<&ChartState> {
        self.shown.as_ref()
    }

    /// Returns the chart as it was read.
    pub(super) fn read(&self) -> Option<&ChartReply> {
        self.chart.value()
    }

    /// Whether it is a chart that can be edited, rather than a template looked at.
    pub(super) const fn is_saved(&self) -> bool {
        matches!(self.of, Of::Chart(_))
    }

    /// Returns the id of its well, once it is known.
    pub(super) fn well(&self) -> Option<&str> {
        self.read().and_then(|read| read.chart.look.well.as_deref())
    }

    /// Returns the domain of its depth axis.
    pub(super) fn domain(&self) -> Domain {
        self.shown().and_then(ChartState::depth_axis).and_then(|axis| axis.domain).unwrap_or(Domain::Md)
    }

    /// Sends edits and shows them at once.
    pub(super) fn edit(&mut self, edits: Vec<ChartEdit>, cx: &mut Cx<'_>) {
        let Of::Chart(chart) = &self.of else {
            let error = ApiError::new(ErrorKind::Usage, "this is a template that is only looked at");
            self.refused = Some(error.hint("save it as a chart first: Save as chart"));
            return;
        };
        if edits.is_empty() {
            return;
        }
        let request = self.request(ChartRequest::Edit { chart: chart.clone(), edits: edits.clone() });
        let ticket = cx.call(request);
        self.refused = None;
        self.pending.sent(ticket, edits);
        self.lay();
    }

    /// Makes a chart of the template, which this becomes.
    pub(super) fn save_as(&mut self, title: Option<String>, cx: &mut Cx<'_>) {
        let (template, well) = match &self.of {
            Of::Template { well, template } => (template.clone(), well.clone()),
            Of::Chart(chart) => match self.well() {
                Some(well) => (chart.clone(), well.to_owned()),
                None => return,
            },
        };
        let create = CreateChart { title, template: Some(template), well: Some(well), ..CreateChart::default() };
        if self.creating.is_none() {
            let request = self.request(ChartRequest::Create(create));
            self.creating = Some(cx.call(request));
        }
    }

    /// Makes a template of the workspace of what is shown.
    pub(super) fn save_as_template(&mut self, title: String, cx: &mut Cx<'_>) {
        let Of::Chart(chart) = &self.of else {
            return cx.notice("A template is made of a chart: Save as chart first.");
        };
        let create = CreateChart {
            title: Some(title),
            template: Some(chart.clone()),
            as_template: true,
            ..CreateChart::default()
        };
        let request = self.request(ChartRequest::Create(create));
        self.templating.insert(cx.call(request));
        cx.notice("The template is being saved; charts → templates lists it.");
    }

    /// Shows another template.
    pub(super) fn switch(&mut self, template: &str, cx: &mut Cx<'_>) {
        // The well of a template is known although that could not be read.
        let well = match &self.of {
            Of::Template { well, .. } => Some(well.clone()),
            Of::Chart(_) => self.well().map(str::to_owned),
        };
        let Some(well) = well else { return };
        let place = Place::LogOf { workspace: self.workspace.clone(), well, template: template.to_owned() };
        match &mut self.of {
            Of::Template { template: shown, .. } => {
                template.clone_into(shown);
                self.chart.clear();
                self.shown = None;
                self.revision += 1;
                self.load(cx);
            }
            Of::Chart(_) => cx.open(place),
        }
    }

    /// Takes the end of a call; `false` when it is not of these.
    pub(super) fn on_ended(
        &mut self,
        ticket: Ticket,
        result: &mut Option<Result<Reply, ApiError>>,
        cx: &mut Cx<'_>,
    ) -> bool {
        if self.chart.awaits(ticket) {
            let Some(result) = result.take() else { return true };
            let again = self.chart.take(result, |reply| match reply {
                Reply::Chart(chart) => Some(*chart),
                _ => None,
            });
            self.pending.loaded();
            self.lay();
            if again {
                self.load(cx);
            }
        } else if self.templates.awaits(ticket) {
            let Some(result) = result.take() else { return true };
            let again = self.templates.take(result, |reply| match reply {
                Reply::ChartTemplates { templates } => Some(templates),
                _ => None,
            });
            if again {
                self.load_templates(cx);
            }
        } else if self.pending.awaits(ticket) {
            if let Some(result) = result.take() {
                self.edited(ticket, result, cx);
            }
        } else if self.creating == Some(ticket) {
            self.creating = None;
            if let Some(result) = result.take() {
                self.created(result, cx);
            }
        } else if self.templating.remove(&ticket) {
            if let Some(Err(error)) = result.take() {
                self.refused = Some(error);
            } else {
                self.load_templates(cx);
            }
        } else {
            return false;
        }
        true
    }

    fn edited(&mut self, ticket: Ticket, result: Result<Reply, ApiError>, cx: &mut Cx<'_>) {
        match result {
            Ok(Reply::ChartWrote(wrote)) => {
                self.pending.ended(ticket, true);
                self.added = wrote.added.into_iter().next_back().or_else(|| self.added.take());
                self.load(cx);
            }
            Ok(_) => self.pending.ended(ticket, true),
            Err(error) => {
                self.pending.ended(ticket, false);
                self.refused = Some(error);
                self.lay();
                // What others wrote may be why.
                self.load(cx);
            }
        }
    }

    fn created(&mut self, result: Result<Reply, ApiError>, cx: &mut Cx<'_>) {
        match result {
            Ok(Reply::ChartWrote(wrote)) => {
                cx.notice(wrote.message);
                if self.is_saved() {
                    cx.open(Place::Log { workspace: self.workspace.clone(), chart: wrote.chart });
                } else {
                    self.of = Of::Chart(wrote.chart);
                    self.load(cx);
                }
            }
            Ok(_) => {}
            Err(error) => self.refused = Some(error),
        }
    }

    /// Lays the edits over what was read.
    fn lay(&mut self) {
        self.shown = self.chart.value().map(|read| read.chart.clone());
        if let Some(shown) = &mut self.shown {
            self.pending.apply(shown);
        }
        self.revision += 1;
    }
}
