//! The bar above the tracks: template, scale, units, annotations, editing, printing.

use dataforge_node::api::chart::{AnnotationKind, Domain};
use egui::{ComboBox, RichText, Ui};

use super::super::Cx;
use super::annotate::Tool;
use super::settings::{DEPTH_UNITS, SCALES, Units, domain_name, points_per_unit, scale_of};
use super::{LogView, doc};
use crate::{format, theme};

impl LogView {
    pub(super) fn bar_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal_wrapped(|ui| {
            self.template_ui(ui, cx);
            self.scale_ui(ui, cx);
            self.zoom_ui(ui, cx);
            self.units_ui(ui);
            let in_step = ui.checkbox(&mut self.in_step, "In step");
            in_step.on_hover_text("Scroll and zoom together with other logs that are in step");
            self.tools_ui(ui, cx);
            self.state_ui(ui, cx);
        });
    }

    fn template_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let templates = self.doc.templates.value().map_or(&[][..], Vec::as_slice);
        let current = match &self.doc.of {
            doc::Of::Template { template, .. } => templates.iter().find(|one| one.name == *template),
            doc::Of::Chart(_) => None,
        };
        let name = current.map_or_else(|| "Template".to_owned(), |template| template.title.clone());
        let mut wanted = None;
        let combo = ComboBox::from_id_salt(("log template", cx.view)).selected_text(&name).width(150.0);
        let response = combo.show_ui(ui, |ui| {
            for template in templates.iter().filter(|one| matches!(one.kind.as_str(), "log_tracks" | "coverage")) {
                let is_current = current.is_some_and(|current| current.name == template.name);
                let row = ui.selectable_label(is_current, &template.title).on_hover_text(&template.description);
                if row.clicked() {
                    wanted = Some(template.name.clone());
                }
            }
        });
        response.response.accessible_name(format!("Template: {name}"));
        if let Some(template) = wanted {
            self.doc.switch(&template, cx);
        }
        if !self.doc.is_saved() {
            let button = ui.button("Save as chart");
            if button.on_hover_text("Keep it as a chart, to edit it and to share it").clicked() {
                self.doc.save_as(None, cx);
            }
        }
    }

    fn scale_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (Some(layout), Some(sight)) = (self.screen.layout(), self.screen.sight) else { return };
        let axis = layout.axis.clone();
        let now = format!("1:{}", format::value(Some(scale_of(&axis, sight.per_unit).round())));
        let mut wanted = None;
        let combo = ComboBox::from_id_salt(("log scale", cx.view)).selected_text(&now).width(90.0);
        let response = combo.show_ui(ui, |ui| {
            for scale in SCALES {
                if ui.selectable_label(false, format!("1:{scale}")).clicked() {
                    wanted = Some(f64::from(scale));
                }
            }
        });
        let response = response.response.accessible_name(format!("Depth scale: {now}"));
        response.on_hover_text("Depth scale, for a screen of 96 points to the inch");
        if let Some(scale) = wanted {
            let height = self.height;
            self.show(sight.scaled(points_per_unit(&axis, scale), height), cx);
        }
    }

    fn zoom_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        for (sign, name, command) in
            [("−", "Zoom out", "log.zoom_out"), ("+", "Zoom in", "log.zoom_in"), ("All", "Show all depths", "log.fit")]
        {
            if ui.button(sign).on_hover_text(name).accessible_name(name).clicked() {
                self.do_command(command, cx);
            }
        }
    }

    fn units_ui(&mut self, ui: &mut Ui) {
        let before = self.settings.clone();
        let shown = self.screen.layout().map_or("", |layout| layout.axis.unit.as_str());
        let current = DEPTH_UNITS.iter().find(|(unit, _)| *unit == shown).map_or(shown, |(_, name)| *name);
        let response = ComboBox::from_id_salt("log depth unit").selected_text(current).width(70.0).show_ui(ui, |ui| {
            for (unit, name) in DEPTH_UNITS {
                if ui.selectable_label(unit == shown, name).clicked() {
                    self.settings.depth_unit = Some(unit);
                }
            }
        });
        response.response.accessible_name(format!("Unit of depth: {current}"));
        let domain = self.settings.domain.unwrap_or_else(|| self.doc.domain());
        let name = domain_name(domain);
        let response = ComboBox::from_id_salt("log domain").selected_text(name).width(150.0).show_ui(ui, |ui| {
            for one in [Domain::Md, Domain::Tvd, Domain::Tvdss, Domain::Time] {
                if ui.selectable_label(one == domain, domain_name(one)).clicked() {
                    self.settings.domain = Some(one);
                }
            }
        });
        response.response.accessible_name(format!("Depth along: {name}"));
        let name = self.settings.units.name();
        let response = ComboBox::from_id_salt("log units").selected_text(name).width(150.0).show_ui(ui, |ui| {
            for units in Units::ALL {
                ui.selectable_value(&mut self.settings.units, units, units.name());
            }
        });
        response.response.accessible_name(format!("Units: {name}"));
        if (before.domain, before.depth_unit) != (self.settings.domain, self.settings.depth_unit) {
            self.screen.forget();
        }
    }

    fn tools_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        for (kind, name, command) in [
            (AnnotationKind::Marker, "Marker", "log.add_marker"),
            (AnnotationKind::Line, "Line", "log.add_line"),
            (AnnotationKind::Region, "Region", "log.add_region"),
        ] {
            let is_on = matches!(self.tool, Tool::Place { kind: of, .. } if of == kind);
            let button = ui.selectable_label(is_on, name).accessible_name(format!("Add a {}", name.to_lowercase()));
            if button.clicked() {
                if is_on {
                    self.tool = Tool::Select;
                } else {
                    self.do_command(command, cx);
                }
            }
        }
        if ui.selectable_label(self.editor.is_open, "Edit").accessible_name("Edit the chart").clicked() {
            self.editor.is_open = !self.editor.is_open;
        }
        if ui.button("Print…").clicked() {
            self.open_printing();
        }
    }

    /// Says what is on its way: edits and samples.
    fn state_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let palette = theme::palette(ui);
        let unsaved = self.doc.pending.unsaved();
        if unsaved > 0 {
            ui.label(
                RichText::new(format!("Saving {} …", format::counted(unsaved as u64, "change"))).color(palette.warn),
            );
        } else if self.doc.refused.is_some() {
            ui.label(RichText::new("Not saved").color(palette.error));
        }
        if let Some((calls, bytes)) = self.curves.progress() {
            ui.spinner();
            ui.weak(format!("Loading {}, {}", format::counted(calls as u64, "run"), format::bytes(bytes)));
            if ui.button("Stop").accessible_name("Stop loading").clicked() {
                self.curves.cancel(cx);
            }
        }
    }
}
