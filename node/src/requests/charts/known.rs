//! What is here of the things that charts name.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::CurveId;
use dataforge_protocol::document::chart::{ChartState, Source};
use dataforge_protocol::id::DocId;

use crate::api::ApiError;
use crate::chart::{Known, Meaning};
use crate::index::{Index, Listed};

/// The curves, wells and projects that some charts name, as far as they are here.
#[derive(Debug, Default)]
pub(super) struct Here {
    curves: BTreeMap<CurveId, Meaning>,
    wells: BTreeSet<DocId>,
    projects: BTreeSet<DocId>,
}

impl Here {
    /// Looks up all that charts name.
    pub(super) fn gather<'a>(
        index: &Index<'_>,
        states: impl IntoIterator<Item = &'a ChartState>,
    ) -> Result<Self, ApiError> {
        let mut here = Self::default();
        let (mut wells, mut projects) = (BTreeSet::new(), BTreeSet::new());
        for state in states {
            for one in state.sources() {
                if let Source::Curve(curve) = one.source
                    && let Some(row) = index.source_of(curve)?
                {
                    here.curves.insert(*curve, Meaning { unit: row.unit, property: row.property });
                }
            }
            let of_series = state.series.iter().filter_map(|series| series.well.as_ref());
            wells.extend(of_series.chain(&state.look.well).filter_map(|id| id.parse::<DocId>().ok()));
            projects.extend(state.look.project.iter().filter_map(|id| id.parse::<DocId>().ok()));
        }
        here.wells = index.present(Listed::Wells, &wells)?;
        here.projects = index.present(Listed::Projects, &projects)?;
        Ok(here)
    }
}

fn holds(found: &BTreeSet<DocId>, id: &str) -> bool {
    id.parse::<DocId>().is_ok_and(|id| found.contains(&id))
}

impl Known for Here {
    fn curve(&self, curve: &CurveId) -> Option<Meaning> {
        self.curves.get(curve).cloned()
    }

    fn has_well(&self, id: &str) -> bool {
        holds(&self.wells, id)
    }

    fn has_project(&self, id: &str) -> bool {
        holds(&self.projects, id)
    }
}
