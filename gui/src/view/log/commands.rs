//! What can be done to a log by name.

use dataforge_node::api::chart::{AnnotationKind, Domain};
use egui::{Key, Modifiers};

use super::super::Cx;
use super::annotate::Tool;
use super::settings::points_per_unit;
use super::sight::Sight;
use super::{LogView, range};
use crate::commands::CommandInfo;

/// Commands of a log.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("log.edit", "Edit the chart").keys(Modifiers::COMMAND, Key::E),
    CommandInfo::new("log.print", "Print…").keys(Modifiers::COMMAND, Key::P),
    CommandInfo::new("log.save_chart", "Save as chart"),
    CommandInfo::new("log.save_template", "Save as template"),
    CommandInfo::new("log.add_marker", "Add a marker"),
    CommandInfo::new("log.add_line", "Add a line"),
    CommandInfo::new("log.add_region", "Add a region"),
    CommandInfo::new("log.fit", "Show all depths"),
    CommandInfo::new("log.zoom_in", "Zoom in"),
    CommandInfo::new("log.zoom_out", "Zoom out"),
    CommandInfo::new("log.page_up", "Scroll up a page"),
    CommandInfo::new("log.page_down", "Scroll down a page"),
    CommandInfo::new("log.top", "Go to the top"),
    CommandInfo::new("log.base", "Go to the base"),
    CommandInfo::new("log.scale_200", "Show at 1:200"),
    CommandInfo::new("log.scale_500", "Show at 1:500"),
    CommandInfo::new("log.in_step", "Go in step with other logs"),
    CommandInfo::new("log.depth_unit", "Switch metres and feet"),
    CommandInfo::new("log.domain", "Switch measured and vertical depth"),
    CommandInfo::new("log.retry", "Load what failed again"),
    CommandInfo::new("log.cancel", "Stop loading"),
];

/// How much closer one step goes.
pub(super) const ZOOM: f64 = 1.25;
/// How much of a page one page is, so that something stays to find the way by.
pub(super) const PAGE: f64 = 0.9;

impl LogView {
    pub(super) fn do_command(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "log.edit" => self.editor.is_open = !self.editor.is_open,
            "log.print" => self.open_printing(),
            "log.save_chart" => self.doc.save_as(None, cx),
            "log.save_template" => {
                let title = self.doc.shown().map(|chart| chart.title.clone()).unwrap_or_default();
                self.doc.save_as_template(format!("{title} template"), cx);
            }
            "log.add_marker" => self.begin(AnnotationKind::Marker, cx),
            "log.add_line" => self.begin(AnnotationKind::Line, cx),
            "log.add_region" => self.begin(AnnotationKind::Region, cx),
            "log.in_step" => self.in_step = !self.in_step,
            "log.depth_unit" => self.switch_depth_unit(),
            "log.domain" => {
                let now = self.settings.domain.unwrap_or_else(|| self.doc.domain());
                self.settings.domain = Some(if now == Domain::Tvd { Domain::Md } else { Domain::Tvd });
                self.screen.forget();
            }
            "log.retry" => self.curves.retry(None, cx),
            "log.cancel" => self.curves.cancel(cx),
            _ => self.move_by(command, cx),
        }
    }

    /// Starts to place an annotation, which needs a chart that is saved.
    fn begin(&mut self, kind: AnnotationKind, cx: &mut Cx<'_>) {
        if self.doc.is_saved() {
            self.tool = Tool::Place { kind, from: None };
            // Enter places it as well, with the focus on the tracks.
            self.wants_tracks = true;
        } else {
            cx.notice("Annotations need a chart: Save as chart first.");
        }
    }

    fn switch_depth_unit(&mut self) {
        let shown = self.screen.layout().map(|layout| layout.axis.unit.as_str());
        self.settings.depth_unit = Some(if shown == Some("ft") { "m" } else { "ft" });
        self.screen.forget();
    }

    fn move_by(&mut self, command: &str, cx: &mut Cx<'_>) {
        let (Some(layout), Some(sight)) = (self.screen.layout(), self.screen.sight) else { return };
        let (height, all) = (self.height, range(layout, &self.well));
        let at = self.screen.cursor.map_or(height / 2.0, |depth| sight.y(depth, height));
        let at = if (0.0..=height).contains(&at) { at } else { height / 2.0 };
        let paper = |scale: f64| sight.scaled(points_per_unit(&layout.axis, scale), height);
        let next = match command {
            "log.fit" => Sight::fit(all, height, sight.reversed),
            "log.zoom_in" => sight.zoomed(ZOOM, at, height),
            "log.zoom_out" => sight.zoomed(1.0 / ZOOM, at, height),
            "log.page_up" => sight.moved(height * PAGE),
            "log.page_down" => sight.moved(-height * PAGE),
            "log.top" => Sight { from: all.0, ..sight },
            "log.base" => Sight { from: all.1 - height / sight.per_unit, ..sight },
            "log.scale_200" => paper(200.0),
            "log.scale_500" => paper(500.0),
            _ => return,
        };
        self.show(next, cx);
    }
}
