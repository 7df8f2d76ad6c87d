//! Printing: what of the log, at which scale, into which file.
//!
//! The node makes the file, with the same drawing as the screen; it is put in its place whole.

use std::path::PathBuf;

use dataforge_node::api::chart::Paper;
use dataforge_node::api::{ApiError, PlotFormat, PlotReply, PlotRequest, Reply, Request};
use egui::{ComboBox, Context, Frame, RichText, TextEdit, Ui};

use super::super::{Cx, News, Ticket};
use super::doc::Of;
use super::{LogView, settings};
use crate::save::{Saved, Saving};
use crate::theme;
use crate::widget::problem::problem_ui;
use crate::work::{Job, take};

/// What prints are written as, in the order offered.
const FORMATS: [(PlotFormat, &str); 3] = [(PlotFormat::Pdf, "pdf"), (PlotFormat::Svg, "svg"), (PlotFormat::Png, "png")];
/// The scale when the chart has none.
const SCALE: &str = "500";

/// What is asked for, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Printing {
    is_open: bool,
    format: PlotFormat,
    scale: String,
    paper: Option<Paper>,
    from: String,
    to: String,
    file: String,
    /// Whether a file that is there already may be written over.
    replaces: bool,
    /// The dialog of the system, while it is open.
    choosing: Option<Job<Option<PathBuf>>>,
    work: Work,
}

/// How far a print is.
#[derive(Debug, Default)]
enum Work {
    #[default]
    Nothing,
    /// The node makes it, and it is written.
    Going {
        saving: Box<Saving>,
        reply: Option<Box<PlotReply>>,
    },
    /// It is there.
    Done(String),
    Failed(ApiError),
}

impl Printing {
    /// Takes something of the call; `false` when it is not of this.
    pub(super) fn on_news(&mut self, ticket: Ticket, news: &mut Option<News>) -> bool {
        let Work::Going { saving, reply } = &mut self.work else { return false };
        if !saving.awaits(ticket) {
            return false;
        }
        if let Some(news) = news.take() {
            if let News::Ended(result) = &news
                && let Ok(Reply::Plot(plot)) = result.as_ref()
            {
                *reply = Some(plot.clone());
            }
            saving.on_news(news);
        }
        true
    }

    /// Goes on with what threads have done.
    fn advance(&mut self, ctx: &Context) {
        if let Some(Some(Some(path))) = take(&mut self.choosing) {
            self.file = path.display().to_string();
            // The dialog has asked already.
            self.replaces = true;
        }
        let Work::Going { saving, reply } = &mut self.work else { return };
        saving.pump(ctx);
        self.work = match (saving.saved(), reply) {
            (None, _) => return,
            (Some(Saved::Done(path, _)), Some(reply)) => Work::Done(told(reply, &path.display().to_string())),
            (Some(Saved::Done(path, _)), None) => Work::Done(format!("Printed to {}", path.display())),
            (Some(Saved::Failed(error)), _) => Work::Failed(error.clone()),
        };
    }

    const fn is_busy(&self) -> bool {
        matches!(self.work, Work::Going { .. })
    }
}

/// Returns what is said of a print that is there.
fn told(reply: &PlotReply, file: &str) -> String {
    let sheets = crate::format::counted(reply.sheets, "sheet");
    let scale = reply.scale.map_or_else(String::new, |scale| format!(" at 1:{}", crate::format::value(Some(scale))));
    let absent =
        if reply.absent.is_empty() { String::new() } else { format!(" Not on it: {}.", reply.absent.join("; ")) };
    format!("Printed {sheets}{scale} to {file}.{absent}")
}

/// Asks for a file by the system's dialog.
fn choose(name: &str, format: &str) -> Option<PathBuf> {
    rfd::FileDialog::new().set_file_name(name).add_filter(format, &[format]).save_file()
}

/// Returns how names of files of a format end.
fn extension(format: PlotFormat) -> &'static str {
    FORMATS.iter().find(|(one, _)| *one == format).map_or("pdf", |(_, end)| *end)
}

/// Returns the number that a field holds, none for nothing.
fn number(text: &str, name: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number: Result<f64, _> = text.replace(',', ".").parse();
    number.ok().filter(|number| number.is_finite()).map(Some).ok_or_else(|| format!("{name}: {text:?} is no number"))
}

impl LogView {
    /// Opens the dialog, with what the chart and the screen say.
    pub(super) fn open_printing(&mut self) {
        let title = self.doc.shown().map(|chart| chart.title.clone()).unwrap_or_default();
        let paper = self.screen.layout().and_then(|layout| layout.axis.print_scale);
        let printing = &mut self.printing;
        printing.is_open = true;
        if printing.scale.is_empty() {
            printing.scale = paper.map_or_else(|| SCALE.to_owned(), |scale| scale.to_string());
        }
        if printing.file.is_empty() {
            let name: String = title.chars().map(|one| if one.is_alphanumeric() { one } else { '-' }).collect();
            printing.file = format!("{}.pdf", if name.is_empty() { "log" } else { &name });
        }
        if !printing.is_busy() {
            printing.work = Work::Nothing;
        }
    }

    pub(super) fn printing_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.printing.advance(ui.ctx());
        if !self.printing.is_open {
            return;
        }
        let frame = Frame::new().fill(theme::palette(ui).panel).inner_margin(8.0).corner_radius(4.0);
        frame.show(ui, |ui| {
            ui.label(RichText::new("Print the log").strong());
            ui.horizontal_wrapped(|ui| self.what_ui(ui));
            ui.horizontal_wrapped(|ui| self.file_ui(ui));
            self.print_ui(ui, cx);
        });
        if self.printing.is_open && ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            self.printing.is_open = false;
        }
    }

    fn what_ui(&mut self, ui: &mut Ui) {
        let printing = &mut self.printing;
        let before = printing.format;
        let shown = before.to_string();
        let response = ComboBox::from_id_salt("print format").selected_text(&shown).width(70.0).show_ui(ui, |ui| {
            for (format, _) in FORMATS {
                ui.selectable_value(&mut printing.format, format, format.to_string());
            }
        });
        response.response.accessible_name(format!("Format: {shown}"));
        if printing.format != before && !printing.file.trim().is_empty() {
            let named = PathBuf::from(printing.file.trim()).with_extension(extension(printing.format));
            printing.file = named.display().to_string();
            // That was said of another file.
            printing.replaces = false;
        }
        ui.label("Scale 1:");
        ui.add(TextEdit::singleline(&mut printing.scale).id_salt("print scale").desired_width(60.0))
            .accessible_name("Print scale");
        for scale in settings::SCALES.iter().filter(|scale| [200, 240, 500, 1000].contains(*scale)) {
            if ui.small_button(format!("1:{scale}")).accessible_name(format!("Print at 1:{scale}")).clicked() {
                printing.scale = scale.to_string();
            }
        }
        let paper = printing.paper.map_or_else(|| "as the chart".to_owned(), |paper| paper.as_str().to_owned());
        let response = ComboBox::from_id_salt("print paper").selected_text(&paper).width(110.0).show_ui(ui, |ui| {
            ui.selectable_value(&mut printing.paper, None, "as the chart");
            for paper in Paper::ALL {
                ui.selectable_value(&mut printing.paper, Some(*paper), paper.as_str());
            }
        });
        response.response.accessible_name(format!("Paper: {paper}"));
        ui.label("From");
        ui.add(TextEdit::singleline(&mut printing.from).id_salt("print from").desired_width(70.0).hint_text("top"))
            .accessible_name("Print from");
        ui.label("to");
        ui.add(TextEdit::singleline(&mut printing.to).id_salt("print to").desired_width(70.0).hint_text("base"))
            .accessible_name("Print to");
        if let Some(sight) = self.screen.sight
            && ui.small_button("What is in sight").accessible_name("Print what is in sight").clicked()
        {
            printing.from = format!("{:.1}", sight.from);
            printing.to = format!("{:.1}", sight.to(self.height));
        }
    }

    fn file_ui(&mut self, ui: &mut Ui) {
        let printing = &mut self.printing;
        ui.label("File");
        ui.add(TextEdit::singleline(&mut printing.file).id_salt("print file").desired_width(360.0))
            .accessible_name("Print to file");
        let extension = extension(printing.format);
        let button = egui::Button::new("Choose…");
        let response =
            ui.add_enabled(printing.choosing.is_none(), button).accessible_name("Choose the file to print to");
        ui.checkbox(&mut printing.replaces, "Replace").on_hover_text("Write over a file that is there already");
        if response.clicked() {
            let stem = PathBuf::from(printing.file.trim());
            let name = stem.with_extension(extension).file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            printing.choosing = Some(Job::start(ui.ctx(), move || choose(&name, extension)));
        }
    }

    fn print_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let request = self.print_request();
        ui.horizontal(|ui| {
            let may = request.is_ok() && !self.printing.is_busy();
            if ui.add_enabled(may, egui::Button::new("Print it")).clicked()
                && let Ok(ask) = &request
            {
                let workspace = Some(self.doc.workspace.clone());
                let ticket = cx.call(Request::Plot { workspace, ask: Box::new(ask.clone()) });
                let target = PathBuf::from(self.printing.file.trim());
                let saving = Box::new(Saving::new(ticket, target, self.printing.replaces));
                self.printing.work = Work::Going { saving, reply: None };
            }
            if self.printing.is_busy() {
                ui.spinner();
                ui.label("Making the print …");
                if ui.button("Cancel").accessible_name("Cancel the print").clicked() {
                    // What there is of the file goes with it.
                    if let Work::Going { saving, .. } = &mut self.printing.work {
                        saving.cancel(cx);
                    }
                }
            }
            if ui.button("Close").accessible_name("Close printing").clicked() {
                self.printing.is_open = false;
            }
        });
        let palette = theme::palette(ui);
        if let Err(why) = request {
            ui.label(RichText::new(why).color(palette.error));
        }
        match &self.printing.work {
            Work::Done(told) => drop(ui.label(RichText::new(told).color(palette.good))),
            Work::Failed(error) => problem_ui(ui, error),
            Work::Nothing | Work::Going { .. } => {}
        }
    }

    /// Returns what is asked for, or what is wrong with it.
    fn print_request(&self) -> Result<PlotRequest, String> {
        let printing = &self.printing;
        // The node draws along what the chart says: depths from here would be taken for others.
        if self.settings.domain.is_some_and(|shown| shown != self.doc.domain()) {
            let charted = settings::domain_name(self.doc.domain()).to_lowercase();
            return Err(format!("a print is along {charted}, as the chart is: choose that above first"));
        }
        let scale = number(&printing.scale, "the scale")?;
        if scale.is_some_and(|scale| scale < 1.0) {
            return Err("the scale is one to so many, e.g. 500".to_owned());
        }
        let (from, to) = (number(&printing.from, "from")?, number(&printing.to, "to")?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err("the first depth is the smaller one".to_owned());
        }
        if printing.file.trim().is_empty() {
            return Err("say which file it goes to".to_owned());
        }
        let (chart, template, well) = match &self.doc.of {
            Of::Chart(chart) => (Some(chart.clone()), None, None),
            Of::Template { well, template } => (None, Some(template.clone()), Some(well.clone())),
        };
        Ok(PlotRequest {
            well,
            template,
            chart,
            from,
            to,
            unit: self.screen.layout().map(|layout| layout.axis.unit.clone()),
            scale,
            format: printing.format,
            paper: printing.paper.map(|paper| paper.as_str().to_owned()),
            ..PlotRequest::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_may_be_left_out_and_have_a_comma() {
        assert_eq!(number(" ", "from"), Ok(None));
        assert_eq!(number("1000,5", "from"), Ok(Some(1000.5)));
        assert!(number("deep", "from").unwrap_err().contains("from: \"deep\""));
        assert!(number("inf", "from").is_err());
    }
}
