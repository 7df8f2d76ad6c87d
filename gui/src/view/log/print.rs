//! Printing: what of the log, at which scale, into which file.
//!
//! The node makes the file, with the same drawing as the screen; it is written on a thread of its own.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use bytes::Bytes;
use dataforge_node::api::chart::Paper;
use dataforge_node::api::{ApiError, ErrorKind, PlotFormat, PlotReply, PlotRequest, Reply, Request};
use egui::{ComboBox, Context, Frame, RichText, TextEdit, Ui};

use super::super::{Cx, News, Ticket};
use super::doc::Of;
use super::{LogView, settings};
use crate::theme;
use crate::widget::problem::problem_ui;

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
    /// The file of the print under way, whatever the field says by now.
    target: String,
    /// The dialog of the system, while it is open.
    choosing: Option<Receiver<Option<PathBuf>>>,
    work: Work,
}

/// How far a print is.
#[derive(Debug, Default)]
enum Work {
    #[default]
    Nothing,
    /// The node makes it.
    Making {
        ticket: Ticket,
        parts: Vec<Bytes>,
    },
    /// It is made and has to be written.
    Made {
        reply: Box<PlotReply>,
        parts: Vec<Bytes>,
    },
    /// A thread writes it.
    Writing {
        reply: Box<PlotReply>,
        written: Receiver<Result<(), ApiError>>,
    },
    /// It is there.
    Done(String),
    Failed(ApiError),
}

impl Printing {
    /// Takes something of the call; `false` when it is not of this.
    pub(super) fn on_news(&mut self, ticket: Ticket, news: &mut Option<News>) -> bool {
        let Work::Making { ticket: own, parts } = &mut self.work else { return false };
        if *own != ticket {
            return false;
        }
        match news.take() {
            Some(News::Data(bytes)) => parts.push(bytes),
            Some(News::Ended(result)) => {
                let parts = std::mem::take(parts);
                let reply = crate::state::expect(*result, |reply| match reply {
                    Reply::Plot(reply) => Some(reply),
                    _ => None,
                });
                self.work = reply.map_or_else(Work::Failed, |reply| Work::Made { reply, parts });
            }
            Some(News::Progress(_)) | None => {}
        }
        true
    }

    /// Goes on with what threads have done.
    fn advance(&mut self, ctx: &Context) {
        if let Some(choosing) = &self.choosing {
            match choosing.try_recv() {
                Ok(chosen) => {
                    if let Some(path) = chosen {
                        self.file = path.display().to_string();
                    }
                    self.choosing = None;
                }
                Err(TryRecvError::Disconnected) => self.choosing = None,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.work = match std::mem::take(&mut self.work) {
            Work::Made { reply, parts } => match write(PathBuf::from(&self.target), parts, ctx) {
                Ok(written) => Work::Writing { reply, written },
                Err(error) => Work::Failed(error),
            },
            Work::Writing { reply, written } => match written.try_recv() {
                Ok(Ok(())) => Work::Done(self.told(&reply)),
                Ok(Err(error)) => Work::Failed(error),
                Err(TryRecvError::Empty) => Work::Writing { reply, written },
                Err(TryRecvError::Disconnected) => {
                    Work::Failed(ApiError::new(ErrorKind::Internal, "the thread that writes has ended"))
                }
            },
            other => other,
        };
    }

    fn told(&self, reply: &PlotReply) -> String {
        let sheets = crate::format::counted(reply.sheets, "sheet");
        let scale =
            reply.scale.map_or_else(String::new, |scale| format!(" at 1:{}", crate::format::value(Some(scale))));
        let absent =
            if reply.absent.is_empty() { String::new() } else { format!(" Not on it: {}.", reply.absent.join("; ")) };
        format!("Printed {sheets}{scale} to {}.{absent}", self.target)
    }

    const fn is_busy(&self) -> bool {
        matches!(self.work, Work::Making { .. } | Work::Made { .. } | Work::Writing { .. })
    }
}

/// Writes a file on a thread of its own.
fn write(path: PathBuf, parts: Vec<Bytes>, ctx: &Context) -> Result<Receiver<Result<(), ApiError>>, ApiError> {
    let (sender, written) = sync_channel(1);
    let ctx = ctx.clone();
    let work = move || {
        let whole: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let result = std::fs::write(&path, whole).map_err(|error| {
            ApiError::new(ErrorKind::Storage, format!("{} cannot be written: {error}", path.display()))
                .hint("choose a folder that is there and that you may write to")
        });
        // Nobody waits once the window is gone.
        let _gone = sender.send(result);
        ctx.request_repaint();
    };
    let spawned = std::thread::Builder::new().name("gui-print".to_owned()).spawn(work);
    spawned.map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    Ok(written)
}

/// Asks for a file by the system's dialog, on a thread of its own.
fn choose(name: String, format: &'static str, ctx: &Context) -> Option<Receiver<Option<PathBuf>>> {
    let (sender, chosen) = sync_channel(1);
    let ctx = ctx.clone();
    let work = move || {
        let path = rfd::FileDialog::new().set_file_name(name).add_filter(format, &[format]).save_file();
        let _gone = sender.send(path);
        ctx.request_repaint();
    };
    std::thread::Builder::new().name("gui-choose".to_owned()).spawn(work).ok().map(|_| chosen)
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
        if response.clicked() {
            let stem = PathBuf::from(printing.file.trim());
            let name = stem.with_extension(extension).file_name().map(|name| name.to_string_lossy().into_owned());
            printing.choosing = choose(name.unwrap_or_default(), extension, ui.ctx());
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
                self.printing.target = self.printing.file.trim().to_owned();
                self.printing.work = Work::Making { ticket, parts: Vec::new() };
            }
            if let Work::Making { ticket, .. } = self.printing.work {
                ui.spinner();
                ui.label("Making the print …");
                if ui.button("Cancel").accessible_name("Cancel the print").clicked() {
                    cx.cancel(ticket);
                    self.printing.work = Work::Nothing;
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
            Work::Nothing | Work::Making { .. } | Work::Made { .. } | Work::Writing { .. } => {}
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
