//! What is known of the well that a log is of: its runs, its tops, and its way down.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataforge_node::api::chart::Domain;
use dataforge_node::api::{
    ApiError, CurveInfo, PathReply, Reply, Request, RunInfo, SurveyReply, SurveysRequest, TopInfo, TopsInfo, TopsReply,
    TopsRequest,
};
use dataforge_node::plot::TopMark;
use dataforge_node::plot::layout::DepthAxis;

use super::super::{Cx, Ticket};
use super::path::{DepthPath, depths};
use crate::state::Slot;

/// Sets of tops that are drawn at most: more would lie over each other.
const MOST_SETS: usize = 8;

/// A well.
#[derive(Debug, Default)]
pub(super) struct Well {
    workspace: Option<String>,
    id: Option<String>,
    pub(super) runs: Slot<Vec<RunInfo>>,
    sets: Slot<Vec<TopsInfo>>,
    tops: BTreeMap<String, Slot<TopsReply>>,
    /// Curves of runs of which an array is shown.
    elements: BTreeMap<String, Slot<Vec<CurveInfo>>>,
    survey: Slot<SurveyReply>,
    path: Slot<PathReply>,
    /// What depths are shown as.
    domain: Option<Domain>,
    placed: Option<Arc<DepthPath>>,
    pub(super) revision: u64,
}

impl Well {
    /// Loads what is known of a well; of the one it is of again.
    pub(super) fn load(&mut self, workspace: &str, id: &str, cx: &mut Cx<'_>) {
        if self.id.as_deref() != Some(id) {
            let (workspace, id, revision) = (Some(workspace.to_owned()), Some(id.to_owned()), self.revision + 1);
            *self = Self { workspace, id, revision, ..Self::default() };
        }
        self.load_runs(cx);
        self.load_sets(cx);
        if matches!(self.domain, Some(Domain::Tvd | Domain::Tvdss)) {
            self.load_survey(cx);
        }
    }

    /// Whether it is this well.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id.as_deref() == Some(id)
    }

    /// Returns why its runs or its tops could not be read.
    pub(super) fn problem(&self) -> Option<&ApiError> {
        let of_tops = || self.tops.values().find_map(Slot::error);
        self.runs.error().or_else(|| self.sets.error()).or_else(of_tops)
    }

    fn load_runs(&mut self, cx: &mut Cx<'_>) {
        self.runs.load(cx, Request::Runs { workspace: self.workspace.clone(), well: self.id.clone() });
    }

    fn load_sets(&mut self, cx: &mut Cx<'_>) {
        let ask = TopsRequest::List { well: self.id.clone() };
        self.sets.load(cx, Request::Tops { workspace: self.workspace.clone(), ask });
    }

    fn load_set(&mut self, set: &str, cx: &mut Cx<'_>) {
        let ask = TopsRequest::Show { target: set.to_owned() };
        let request = Request::Tops { workspace: self.workspace.clone(), ask };
        self.tops.entry(set.to_owned()).or_default().load(cx, request);
    }

    /// Loads the tops again: somebody changed them.
    pub(super) fn load_tops(&mut self, cx: &mut Cx<'_>) {
        if self.id.is_some() {
            self.load_sets(cx);
        }
    }

    /// Shows depths of a domain: straight down needs the path of the well.
    pub(super) fn show_domain(&mut self, domain: Domain, cx: &mut Cx<'_>) {
        if self.domain == Some(domain) {
            return;
        }
        self.domain = Some(domain);
        self.place();
        if matches!(domain, Domain::Tvd | Domain::Tvdss) && self.survey.value().is_none() && !self.survey.is_loading() {
            self.load_survey(cx);
        }
    }

    /// Asks for the survey.
    pub(super) fn load_survey(&mut self, cx: &mut Cx<'_>) {
        if let Some(well) = self.id.clone() {
            let ask = SurveysRequest::Show { target: well };
            self.survey.load(cx, Request::Surveys { workspace: self.workspace.clone(), ask });
        }
    }

    fn load_path(&mut self, cx: &mut Cx<'_>) {
        let Some(survey) = self.survey.value() else { return };
        let md = depths(&survey.stations);
        if !md.is_empty() {
            let ask = SurveysRequest::Tvd {
                target: survey.survey.id.clone(),
                md,
                unit: "m".to_owned(),
                datum: survey.survey.datum.clone(),
            };
            self.path.load(cx, Request::Surveys { workspace: self.workspace.clone(), ask });
        }
    }

    fn place(&mut self) {
        let domain = self.domain.filter(|domain| matches!(domain, Domain::Tvd | Domain::Tvdss));
        self.placed = domain.and_then(|domain| DepthPath::of(self.path.value()?, domain)).map(Arc::new);
        self.revision += 1;
    }

    /// Returns where depths along the hole are straight down, when that is shown and known.
    pub(super) fn path(&self) -> Option<&Arc<DepthPath>> {
        self.placed.as_ref()
    }

    /// Returns why depths straight down are not known, when they are wanted.
    pub(super) fn unplaced(&self) -> Option<String> {
        let straight = matches!(self.domain, Some(Domain::Tvd | Domain::Tvdss));
        if !straight || self.placed.is_some() {
            return None;
        }
        let error = self.survey.error().or_else(|| self.path.error());
        if let Some(error) = error {
            return Some(format!("no vertical depths: {}", error.message));
        }
        if self.survey.is_loading() || self.path.is_loading() {
            return Some("the survey is being read …".to_owned());
        }
        Some(match self.survey.value().map(|survey| survey.problem.as_deref()) {
            Some(Some(problem)) => format!("no vertical depths: {problem}"),
            Some(None) => "no vertical depths: how far its datum is above the sea is not known".to_owned(),
            None => "no vertical depths: the well has no survey".to_owned(),
        })
    }

    /// Asks for the curves of a run of which an array is shown.
    pub(super) fn want_elements(&mut self, run: &str, cx: &mut Cx<'_>) {
        if !self.elements.contains_key(run) {
            let request = Request::Curves { workspace: self.workspace.clone(), run: Some(run.to_owned()) };
            self.elements.entry(run.to_owned()).or_default().load(cx, request);
        }
    }

    /// Returns the ordinals of the elements of an array, named by one of them: `NMR[1]`.
    pub(super) fn elements(&self, run: &str, label: &str) -> Vec<u32> {
        let Some((array, _)) = split_element(label) else { return Vec::new() };
        let curves = self.elements.get(run).and_then(Slot::value).map_or(&[][..], Vec::as_slice);
        let is_of = |curve: &&CurveInfo| split_element(&curve.mnemonic).is_some_and(|(name, _)| name == array);
        curves.iter().filter(is_of).map(|curve| curve.ordinal).collect()
    }

    /// Returns what series can be made of, as it is written and as it is called; `runs` are ids and names.
    pub(super) fn sources(&self, runs: &[(String, String)]) -> Vec<(String, String)> {
        let curves = runs.iter().flat_map(|(run, name)| {
            let curves = self.elements.get(run).and_then(Slot::value).map_or(&[][..], Vec::as_slice);
            curves.iter().map(move |curve| (run.as_str(), name.as_str(), curve))
        });
        super::editor::sources(curves)
    }

    /// Returns the tops in the domain and the unit of an axis.
    pub(super) fn tops(&self, axis: &DepthAxis) -> Vec<TopMark> {
        let sets = self.sets.value().into_iter().flatten().take(MOST_SETS);
        let replies = sets.filter_map(|set| self.tops.get(&set.id)?.value());
        let mut marks: Vec<_> =
            replies.flat_map(|reply| &reply.tops).filter_map(|top| mark(top, axis, self.placed.as_deref())).collect();
        marks.sort_by(|one, other| one.depth.total_cmp(&other.depth));
        marks
    }

    /// Takes the end of a call; `false` when it is not of these.
    pub(super) fn on_ended(
        &mut self,
        ticket: Ticket,
        result: &mut Option<Result<Reply, ApiError>>,
        cx: &mut Cx<'_>,
    ) -> bool {
        if self.runs.awaits(ticket) {
            let again = result.take().is_some_and(|result| {
                self.runs.take(result, |reply| match reply {
                    Reply::Runs { runs } => Some(runs),
                    _ => None,
                })
            });
            if again {
                self.load_runs(cx);
            }
        } else if self.sets.awaits(ticket) {
            self.took_sets(result.take(), cx);
        } else if self.survey.awaits(ticket) {
            let again = result.take().is_some_and(|result| {
                self.survey.take(result, |reply| match reply {
                    Reply::Survey(survey) => Some(survey),
                    _ => None,
                })
            });
            if again { self.load_survey(cx) } else { self.load_path(cx) }
        } else if self.path.awaits(ticket) {
            let again = result.take().is_some_and(|result| {
                self.path.take(result, |reply| match reply {
                    Reply::Path(path) => Some(path),
                    _ => None,
                })
            });
            if again {
                self.load_path(cx);
            }
            self.place();
        } else if let Some((id, set)) = self.tops.iter_mut().find(|(_, set)| set.awaits(ticket)) {
            let id = id.clone();
            let again = result.take().is_some_and(|result| {
                set.take(result, |reply| match reply {
                    Reply::Tops(tops) => Some(tops),
                    _ => None,
                })
            });
            if again {
                self.load_set(&id, cx);
            }
        } else if let Some(curves) = self.elements.values_mut().find(|curves| curves.awaits(ticket)) {
            if let Some(result) = result.take() {
                curves.take(result, |reply| match reply {
                    Reply::Curves { curves } => Some(curves),
                    _ => None,
                });
            }
        } else {
            return false;
        }
        self.revision += 1;
        true
    }

    fn took_sets(&mut self, result: Option<Result<Reply, ApiError>>, cx: &mut Cx<'_>) {
        let Some(result) = result else { return };
        let again = self.sets.take(result, |reply| match reply {
            Reply::TopsSets { sets } => Some(sets),
            _ => None,
        });
        if again {
            return self.load_sets(cx);
        }
        let sets: Vec<_> = self.sets.value().into_iter().flatten().take(MOST_SETS).map(|set| set.id.clone()).collect();
        self.tops.retain(|set, _| sets.contains(set));
        for set in sets {
            self.load_set(&set, cx);
        }
    }
}

/// Splits `NMR[3]` into the array and its element.
pub(super) fn split_element(name: &str) -> Option<(&str, u32)> {
    let (array, rest) = name.split_once('[')?;
    Some((array, rest.strip_suffix(']')?.parse().ok()?))
}

/// Returns a top where it stands on an axis; none when that is not known.
fn mark(top: &TopInfo, axis: &DepthAxis, path: Option<&DepthPath>) -> Option<TopMark> {
    let per_m = axis.per("m")?;
    let (depth_m, base_m) = match axis.domain {
        Domain::Md => (top.depth_m?, top.base_m),
        // A base has no vertical depth of its own; the path gives it where depths count from the same datum.
        Domain::Tvd => (top.tvd_m?, top.base_m.and_then(|base| path?.at(base))),
        Domain::Tvdss => (top.tvdss_m?, top.base_m.and_then(|base| path?.at(base))),
        Domain::Time => return None,
    };
    let base = base_m.map(|base| base * per_m);
    Some(TopMark { id: top.id.clone(), name: top.name.clone(), depth: depth_m * per_m, base })
}

#[cfg(test)]
mod tests {
    use super::split_element;

    #[test]
    fn elements_of_arrays_are_told_by_their_names() {
        assert_eq!(split_element("NMR[3]"), Some(("NMR", 3)));
        for name in ["NMR", "NMR[x]", "NMR[3", "GR]"] {
            assert_eq!(split_element(name), None);
        }
    }
}
