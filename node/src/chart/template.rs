//! The templates that come with the program: charts as JSON, each by property, so that they work for
//! any well.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dataforge_protocol::document::chart::{ChartState, Part, Sheet};

use super::json;

/// A template that comes with the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template {
    /// Its name in commands.
    pub(crate) name: &'static str,
    text: &'static str,
}

/// All of them.
const TEMPLATES: [Template; 8] = [
    Template { name: "triple_combo", text: include_str!("templates/triple_combo.json") },
    Template { name: "quad_combo", text: include_str!("templates/quad_combo.json") },
    Template { name: "resistivity_overlay", text: include_str!("templates/resistivity_overlay.json") },
    Template { name: "formation_evaluation", text: include_str!("templates/formation_evaluation.json") },
    Template { name: "coverage", text: include_str!("templates/coverage.json") },
    Template { name: "gr_density_crossplot", text: include_str!("templates/gr_density_crossplot.json") },
    Template { name: "neutron_density_crossplot", text: include_str!("templates/neutron_density_crossplot.json") },
    Template { name: "histogram", text: include_str!("templates/histogram.json") },
];

/// What they read as, with ids that count up.
static STATES: LazyLock<BTreeMap<&'static str, ChartState>> = LazyLock::new(|| {
    let read = |template: &Template| {
        let mut next = 0_u64;
        let sheet = template.sheet(&mut |_, _| {
            next += 1;
            format!("{next:016x}")
        });
        (template.name, ChartState::of(&sheet))
    };
    TEMPLATES.iter().map(read).collect()
});

impl Template {
    /// Makes a chart of it.
    pub(crate) fn sheet(&self, fresh: &mut dyn FnMut(Part, Option<&str>) -> String) -> Sheet {
        json::read(self.text, fresh).expect("the tests read each of our templates")
    }

    /// Returns it as it is.
    pub(crate) fn state(&self) -> ChartState {
        STATES.get(self.name).expect("all of them are read").clone()
    }
}

/// Returns all of them.
pub(crate) const fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// Returns one by its name, of which `-` may stand for `_`.
pub(crate) fn template(name: &str) -> Option<&'static Template> {
    let name = name.replace('-', "_");
    TEMPLATES.iter().find(|template| template.name == name)
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::document::CurveId;
    use dataforge_protocol::document::chart::Source;

    use super::*;
    use crate::chart::{Known, Meaning, check};

    struct Nothing;

    impl Known for Nothing {
        fn curve(&self, _: &CurveId) -> Option<Meaning> {
            None
        }

        fn has_well(&self, _: &str) -> bool {
            false
        }

        fn has_project(&self, _: &str) -> bool {
            false
        }
    }

    #[test]
    fn templates_are_right_and_fit_any_well() {
        for template in templates() {
            let state = template.state();
            let found = check(&state, &Nothing);
            assert!(found.is_empty(), "{}: {found:?}", template.name);
            assert_eq!((state.look.template, &state.look.well), (Some(true), &None), "{}", template.name);
            assert!(!state.series.is_empty() && !state.title.is_empty() && !state.description.is_empty());
            let by_property = |source: &Source| matches!(source, Source::Property(_));
            assert!(state.sources().iter().all(|one| by_property(one.source)), "{}", template.name);
        }
        assert!(template("triple-combo").is_some() && template("triple").is_none());
    }

    #[test]
    fn scales_are_those_of_the_dictionary() {
        use crate::ingest::dictionary;
        for template in templates() {
            for series in template.state().series {
                let Some(Source::Property(id)) = &series.source else { continue };
                let property = dictionary::property(id).unwrap();
                let (Some(scale), Some(left), Some(right)) = (property.scale, series.left, series.right) else {
                    continue;
                };
                let log = series.scale == Some(dataforge_protocol::document::chart::Scale::Log);
                assert_eq!((left, right, log), (scale.left, scale.right, scale.log), "{} {id}", template.name);
                assert_eq!(series.unit.as_deref(), Some(property.canonical_unit), "{} {id}", template.name);
            }
        }
    }
}
