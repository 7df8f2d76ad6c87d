//! Samples of the curves that a chart shows: what is here, what is on its way, and what comes next.
//!
//! Names and scales show at once. Then come overviews, which are small, and then samples, of runs in sight
//! first and the nearest of these before the others. A run that nobody reachable has is not asked for:
//! its series say who holds it. What failed stays so until the user tries again, or somebody who has it
//! appears.

mod plan;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use dataforge_node::api::{
    ApiError, Event, Reply, Request, RunInfo, SampleForm, SamplePlace, SamplesReply, SamplesRequest,
};
use egui::Context;

use self::plan::{Ask, Need};
use super::super::{Cx, News, Ticket};
use super::decode::{ArrayCurve, Curve, Decoded, Decoder, Form, Job};
use super::path::DepthPath;
use crate::format;

/// Stretches of an overview: about as many as a screen has rows.
const BUCKETS: u32 = 2048;
/// Fewer rows come whole as quickly as an overview would.
const SMALL: u64 = 20_000;
/// Runs whose samples are on their way at a time; others wait.
const READS: usize = 2;
/// Runs whose overviews are.
const OVERVIEWS: usize = 4;

/// What there is of a run.
#[derive(Debug, Default)]
struct Run {
    /// How many rows it has, once that is known.
    rows: Option<u64>,
    wanted: BTreeSet<u32>,
    overviews: BTreeMap<u32, Arc<Curve>>,
    curves: BTreeMap<u32, Arc<Curve>>,
    arrays: BTreeMap<u32, Arc<ArrayCurve>>,
    /// Curves that were asked for in a form.
    asked: BTreeSet<(u8, u32)>,
    place: Option<SamplePlace>,
    error: Option<ApiError>,
}

/// A call for samples under way.
#[derive(Debug)]
struct Call {
    run: String,
    form: Form,
    ordinals: Vec<u32>,
    /// Bytes that the thread has no room for yet.
    parts: VecDeque<Bytes>,
    received: u64,
    step: Option<(u64, u64)>,
    /// What was said at its end, until the thread has it.
    end: Option<Box<SamplesReply>>,
    /// It has ended and is being decoded.
    is_decoding: bool,
}

/// Samples of all runs that a chart takes values from.
#[derive(Debug, Default)]
pub(super) struct Curves {
    /// The workspace that the runs are of.
    workspace: Option<String>,
    runs: BTreeMap<String, Run>,
    calls: BTreeMap<Ticket, Call>,
    decoder: Option<Decoder>,
    places: Option<Ticket>,
    places_again: bool,
    path: Option<Arc<DepthPath>>,
    /// Runs that the node was told are on screen.
    told: BTreeSet<String>,
    telling: Option<Ticket>,
    /// Counts what changed, for whoever draws it.
    pub(super) revision: u64,
}

impl Curves {
    /// Will ask for samples of a workspace.
    pub(super) fn of(workspace: String) -> Self {
        Self { workspace: Some(workspace), ..Self::default() }
    }

    /// Says which curves are wanted, as runs with ordinals; what is not wanted any more goes. `runs` are those of
    /// the well, once they are known: nothing is asked for before.
    pub(super) fn want(&mut self, wanted: &BTreeMap<String, BTreeSet<u32>>, runs: Option<&[RunInfo]>, cx: &mut Cx<'_>) {
        let before = self.runs.len();
        self.runs.retain(|run, _| wanted.contains_key(run));
        let gone = self.calls.iter().filter(|(_, call)| !wanted.contains_key(&call.run));
        for ticket in gone.map(|(ticket, _)| *ticket).collect::<Vec<_>>() {
            self.calls.remove(&ticket);
            cx.cancel(ticket);
            self.forget(ticket);
        }
        let is_new = wanted.keys().any(|run| !self.runs.contains_key(run)) || before != self.runs.len();
        for (run, ordinals) in wanted {
            let state = self.runs.entry(run.clone()).or_default();
            state.wanted.clone_from(ordinals);
            // A run of another well is taken to be large.
            let rows = |runs: &[RunInfo]| runs.iter().find(|info| info.id == *run).map_or(SMALL + 1, |info| info.rows);
            state.rows = runs.map(rows);
        }
        if is_new {
            self.revision += 1;
            self.find_places(cx);
        }
    }

    /// Asks who holds what; once more behind a question that is under way.
    pub(super) fn find_places(&mut self, cx: &mut Cx<'_>) {
        self.places_again = self.places.is_some();
        if self.places.is_none() && !self.runs.is_empty() {
            let runs = self.runs.keys().take(dataforge_node::api::MAX_PLACES).cloned().collect();
            let ask = SamplesRequest::Where { runs };
            self.places = Some(cx.call(Request::Samples { workspace: self.workspace.clone(), ask }));
        }
    }

    /// Shows depths straight down, or along the hole again: all samples are placed anew.
    pub(super) fn follow(&mut self, path: Option<Arc<DepthPath>>, cx: &mut Cx<'_>) {
        if self.path == path {
            return;
        }
        self.path = path;
        for ticket in std::mem::take(&mut self.calls).into_keys() {
            cx.cancel(ticket);
            self.forget(ticket);
        }
        for run in self.runs.values_mut() {
            run.overviews.clear();
            run.curves.clear();
            run.arrays.clear();
            run.asked.clear();
        }
        self.revision += 1;
    }

    /// Tries again what failed; of one run, or of all.
    pub(super) fn retry(&mut self, only: Option<&str>, cx: &mut Cx<'_>) {
        for (id, run) in &mut self.runs {
            if only.is_none_or(|only| only == id) && run.error.take().is_some() {
                run.asked.retain(|(form, ordinal)| {
                    let held = if *form == 0 { &run.overviews } else { &run.curves };
                    held.contains_key(ordinal)
                });
            }
        }
        self.revision += 1;
        self.find_places(cx);
    }

    /// Ends what is on its way.
    pub(super) fn cancel(&mut self, cx: &mut Cx<'_>) {
        for (ticket, call) in std::mem::take(&mut self.calls) {
            cx.cancel(ticket);
            self.forget(ticket);
            if let Some(run) = self.runs.get_mut(&call.run) {
                let error = ApiError::new(dataforge_node::api::ErrorKind::Busy, "stopped by you");
                run.error.get_or_insert(error);
            }
        }
        self.revision += 1;
    }

    /// Takes what the thread has decoded, and asks for what comes next. `near` says of a run how far it is
    /// from what is in sight, 0 for within.
    pub(super) fn advance(&mut self, ctx: &Context, near: impl Fn(&str) -> f64, cx: &mut Cx<'_>) {
        while let Some(done) = self.decoder.as_ref().and_then(Decoder::take) {
            if let Some(call) = self.calls.remove(&done.ticket) {
                self.put(&call, done.result);
            }
        }
        if self.decoder.is_none() {
            match Decoder::start(ctx) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => {
                    self.runs.values_mut().for_each(|run| run.error = Some(error.clone()));
                    return;
                }
            }
        }
        self.pass_on();
        if self.places_again && self.places.is_none() {
            self.find_places(cx);
        }
        let needs: Vec<Need> = self.runs.iter().map(|(id, run)| run.need(id, near(id), self.path.is_some())).collect();
        let (reads, overviews) = self.under_way();
        for ask in plan::next(needs, READS.saturating_sub(reads), OVERVIEWS.saturating_sub(overviews)) {
            self.ask(ask, cx);
        }
        self.tell(&near, cx);
    }

    fn under_way(&self) -> (usize, usize) {
        let reads = self.calls.values().filter(|call| call.form == Form::Samples).count();
        (reads, self.calls.len() - reads)
    }

    fn ask(&mut self, ask: Ask, cx: &mut Cx<'_>) {
        let Ask { run, form, ordinals } = ask;
        let Some(state) = self.runs.get_mut(&run) else { return };
        state.asked.extend(ordinals.iter().map(|ordinal| (number(form), *ordinal)));
        let curves = ordinals.clone();
        let wanted = match form {
            Form::Overview => SamplesRequest::Overview { run: run.clone(), curves, buckets: BUCKETS },
            Form::Samples => {
                SamplesRequest::Read { run: run.clone(), curves, form: SampleForm::Native, from: None, to: None }
            }
        };
        let ticket = cx.call(Request::Samples { workspace: self.workspace.clone(), ask: wanted });
        let call = Call {
            run,
            form,
            ordinals,
            parts: VecDeque::new(),
            received: 0,
            step: None,
            end: None,
            is_decoding: false,
        };
        self.calls.insert(ticket, call);
    }

    /// Tells the node what is on screen, so that it comes first.
    fn tell(&mut self, near: &impl Fn(&str) -> f64, cx: &mut Cx<'_>) {
        let shown: BTreeSet<String> = self.runs.keys().filter(|run| near(run) <= 0.0).cloned().collect();
        if shown != self.told && self.telling.is_none() {
            let targets = shown.iter().cloned().collect();
            let ask = dataforge_node::api::DataRequest::Showing { targets };
            self.telling = Some(cx.call(Request::Data { workspace: self.workspace.clone(), ask }));
            self.told = shown;
        }
    }

    /// Takes something of a call; `false` when the call is not of these.
    pub(super) fn on_news(&mut self, ticket: Ticket, news: &mut Option<News>) -> bool {
        if self.places == Some(ticket) {
            if let Some(News::Ended(result)) = news.take() {
                self.places = None;
                match *result {
                    Ok(Reply::SamplePlaces { places }) => self.placed(places),
                    Ok(_) => {}
                    // Nothing is asked for before it is known where it is: that is told, and can be retried.
                    Err(error) => {
                        for run in self.runs.values_mut().filter(|run| run.place.is_none()) {
                            run.error.get_or_insert_with(|| error.clone());
                        }
                        self.revision += 1;
                    }
                }
            }
            return true;
        }
        if self.telling == Some(ticket) {
            if matches!(news.take(), Some(News::Ended(_))) {
                self.telling = None;
            }
            return true;
        }
        let Some(call) = self.calls.get_mut(&ticket) else { return false };
        match news.take() {
            Some(News::Data(bytes)) => {
                call.received += bytes.len() as u64;
                call.parts.push_back(bytes);
                self.pass_on();
            }
            Some(News::Progress(Event::Progress { done, total, .. })) => call.step = Some((done, total)),
            Some(News::Ended(result)) => self.ended(ticket, *result),
            Some(News::Progress(_)) | None => {}
        }
        self.revision += 1;
        true
    }

    fn placed(&mut self, places: Vec<SamplePlace>) {
        for place in places {
            if let Some(run) = self.runs.get_mut(&place.run) {
                let could = run.place.as_ref().is_some_and(is_reachable);
                // Somebody who has it is there now: what failed before may be had.
                if !could && is_reachable(&place) && run.error.take().is_some() {
                    run.asked.clear();
                }
                run.place = Some(place);
            }
        }
        self.revision += 1;
    }

    fn ended(&mut self, ticket: Ticket, result: Result<Reply, ApiError>) {
        let reply = crate::state::expect(result, |reply| match reply {
            Reply::Samples(reply) => Some(reply),
            _ => None,
        });
        match reply {
            Ok(reply) => {
                if let Some(call) = self.calls.get_mut(&ticket) {
                    call.is_decoding = true;
                    call.end = Some(Box::new(reply));
                }
                self.pass_on();
            }
            Err(error) => {
                if let Some(call) = self.calls.remove(&ticket) {
                    self.forget(ticket);
                    self.put(&call, Err(error));
                }
            }
        }
    }

    /// Hands the thread what it has room for; it asks for a frame when there is room again.
    fn pass_on(&mut self) {
        let Some(decoder) = &self.decoder else { return };
        for (ticket, call) in &mut self.calls {
            let (ticket, form) = (*ticket, call.form);
            while let Some(bytes) = call.parts.pop_front() {
                if let Err(Job::Part { bytes, .. }) = decoder.give(Job::Part { ticket, form, bytes }) {
                    call.parts.push_front(bytes);
                    return;
                }
            }
            if let Some(reply) = call.end.take()
                && let Err(Job::End { reply, .. }) =
                    decoder.give(Job::End { ticket, form, reply, path: self.path.clone() })
            {
                call.end = Some(reply);
                return;
            }
        }
    }

    /// Tells the thread that nothing more comes of a call; bytes that it keeps otherwise are few.
    fn forget(&self, ticket: Ticket) {
        if let Some(decoder) = &self.decoder
            && decoder.give(Job::Forget(ticket)).is_err()
        {
            tracing::debug!("the thread that decodes is busy: it keeps what came of a call");
        }
    }

    fn put(&mut self, call: &Call, result: Result<Decoded, ApiError>) {
        self.revision += 1;
        let Some(run) = self.runs.get_mut(&call.run) else { return };
        match (result, call.form) {
            (Ok(decoded), Form::Overview) => run.overviews.extend(decoded.curves),
            (Ok(decoded), Form::Samples) => {
                run.curves.extend(decoded.curves);
                run.arrays.extend(decoded.arrays);
            }
            // Without an overview the samples are still to be had.
            (Err(_), Form::Overview) if run.place.as_ref().is_none_or(|place| place.is_held) => {}
            (Err(error), _) => run.error = Some(error),
        }
    }

    /// Puts a curve in, as if it had come.
    #[cfg(test)]
    pub(super) fn insert(&mut self, run: &str, ordinal: u32, curve: Arc<Curve>) {
        self.runs.entry(run.to_owned()).or_default().curves.insert(ordinal, curve);
        self.revision += 1;
    }

    /// Returns what there is of a curve: its samples, else an overview.
    pub(super) fn curve(&self, run: &str, ordinal: u32) -> Option<&Curve> {
        let run = self.runs.get(run)?;
        run.curves.get(&ordinal).or_else(|| run.overviews.get(&ordinal)).map(Arc::as_ref)
    }

    /// Returns an array curve by one of its elements.
    pub(super) fn array(&self, run: &str, ordinal: u32) -> Option<&ArrayCurve> {
        self.runs.get(run)?.arrays.get(&ordinal).map(Arc::as_ref)
    }

    /// Returns why nothing of a run is drawn, or what is on its way; nothing when it is here.
    pub(super) fn note(&self, id: &str, ordinal: u32) -> Option<String> {
        let run = self.runs.get(id)?;
        if run.curves.contains_key(&ordinal) {
            return None;
        }
        if let Some(error) = &run.error {
            return Some(format!("not loaded: {}{}", error.message, holders(run)));
        }
        let call = self.calls.values().find(|call| call.run == id && call.ordinals.contains(&ordinal));
        let is_here = run.place.as_ref().is_none_or(|place| place.is_held);
        match (call, is_here) {
            (Some(call), _) => Some(format!("{}{}", told(call, run, is_here), holders(run))),
            (None, false) => Some(format!("not here{}", holders(run))),
            (None, true) => None,
        }
    }

    /// Returns runs that failed, each with why.
    pub(super) fn failed(&self) -> impl Iterator<Item = (&str, &ApiError)> {
        self.runs.iter().filter_map(|(id, run)| Some((id.as_str(), run.error.as_ref()?)))
    }

    /// Returns how much is on its way: calls and bytes so far; none when nothing is.
    pub(super) fn progress(&self) -> Option<(usize, u64)> {
        let received = self.calls.values().map(|call| call.received).sum();
        (!self.calls.is_empty()).then_some((self.calls.len(), received))
    }
}

impl Run {
    fn need(&self, id: &str, distance: f64, is_placed_anew: bool) -> Need {
        let missing = |form: Form, held: &BTreeMap<u32, Arc<Curve>>| {
            let wanted = self.wanted.iter().copied();
            let open = wanted.filter(|one| !held.contains_key(one) && !self.asked.contains(&(number(form), *one)));
            open.collect::<Vec<_>>()
        };
        let is_reachable = self.place.as_ref().is_some_and(is_reachable);
        let is_open = is_reachable && self.error.is_none() && self.rows.is_some();
        // Overviews are along the hole.
        let skips = is_placed_anew || self.rows.is_none_or(|rows| rows <= SMALL);
        let none = Vec::new();
        Need {
            run: id.to_owned(),
            distance,
            overviews: if is_open && !skips { missing(Form::Overview, &self.overviews) } else { none.clone() },
            samples: if is_open { missing(Form::Samples, &self.curves) } else { none },
        }
    }
}

const fn number(form: Form) -> u8 {
    match form {
        Form::Overview => 0,
        Form::Samples => 1,
    }
}

/// Whether there is a way to a run's samples now.
fn is_reachable(place: &SamplePlace) -> bool {
    place.is_held || place.holders.iter().any(|holder| holder.connected)
}

/// Says who holds a run that is not here, to be read behind something else.
fn holders(run: &Run) -> String {
    let Some(place) = run.place.as_ref().filter(|place| !place.is_held) else { return String::new() };
    if place.holders.is_empty() {
        return ", and no device says it has it".to_owned();
    }
    let name = |holder: &dataforge_node::api::SampleHolder| {
        let how = if holder.connected { "" } else { " (not connected)" };
        format!("{}{how}", holder.name)
    };
    let names: Vec<_> = place.holders.iter().map(name).collect();
    format!(", held by {}", names.join(", "))
}

/// Says how far a call is.
fn told(call: &Call, run: &Run, is_here: bool) -> String {
    let word = if call.is_decoding {
        "reading"
    } else if is_here {
        "loading"
    } else {
        "fetching"
    };
    // Eight bytes for each value, and the index.
    let expected = run.rows.unwrap_or(0).saturating_mul(8 * (call.ordinals.len() as u64 + 1));
    let of = match call.step {
        Some((done, total)) if total > 0 && call.received == 0 => Some(done * 100 / total),
        _ => (expected > 0 && call.form == Form::Samples).then(|| (call.received * 100 / expected).min(99)),
    };
    match of {
        Some(percent) => format!("{word} … {percent} %"),
        None => format!("{word} … {}", format::bytes(call.received)),
    }
}
