//! The forms of the first steps.

use dataforge_node::api::TicketReply;
use egui::{Grid, RichText, ScrollArea, TextEdit, Ui};

use super::{Asked, Begin, Way};
use crate::action::Action;
use crate::files::{Wanted, choose};
use crate::theme;
use crate::view::Cx;
use crate::widget::hint;
use crate::widget::problem::problem_ui;

/// Widest that a form is drawn.
const WIDTH: f32 = 560.0;

impl Begin {
    pub(super) fn forms_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.set_max_width(WIDTH.min(ui.available_width()));
            head_ui(ui, cx);
            ui.add_space(8.0);
            ui.horizontal_wrapped(|ui| {
                for (way, name) in
                    [(Way::Make, "Make a workspace"), (Way::Ticket, "Join by a ticket"), (Way::Nearby, "Join nearby")]
                {
                    if ui.selectable_label(self.way == way, name).clicked() {
                        self.way = way;
                        (self.about, self.problem) = (None, None);
                    }
                }
            });
            ui.add_space(8.0);
            match (self.way, self.about.take()) {
                (Way::Make, _) => self.make_ui(ui, cx),
                (Way::Ticket | Way::Nearby, Some(about)) => self.about_ui(ui, cx, about),
                (Way::Ticket, None) => self.ticket_ui(ui, cx),
                (Way::Nearby, None) => self.nearby_ui(ui, cx),
            }
            if let Some(problem) = &self.problem {
                ui.add_space(8.0);
                problem_ui(ui, problem);
            }
            ui.add_space(16.0);
            terminal_ui(ui, cx);
        });
    }

    fn make_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.label("A workspace holds wells and whoever works on them. It needs no server, and nobody but whom you invite sees it.");
        ui.add_space(4.0);
        field_ui(ui, "Name of the workspace", "e.g. North Field", &mut self.fields.name);
        self.person_ui(ui, cx);
        ui.add_space(6.0);
        let ready = !self.fields.name.trim().is_empty();
        if self.button_ui(ui, "Make the workspace", ready, Asked::Make) {
            self.make(cx);
        }
    }

    /// Draws who the user is, on a machine that has no identity yet.
    fn person_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        if cx.state.status.value().is_some_and(|status| status.device_id.is_some()) {
            return;
        }
        field_ui(ui, "Your name", "your login name when left out", &mut self.fields.person);
        field_ui(ui, "Name of this machine", "its host name when left out", &mut self.fields.device);
    }

    fn ticket_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.label(
            "Whoever invites you sends a ticket: a text that begins with “dforge”, a file, or an image of a QR code.",
        );
        ui.add_space(4.0);
        ui.label("Ticket");
        let edit = TextEdit::multiline(&mut self.fields.ticket)
            .id_salt("ticket")
            .hint_text("dforge…")
            .desired_rows(3)
            .desired_width(f32::INFINITY);
        ui.add(edit).accessible_name("Ticket");
        ui.weak("A file can be dropped on the window, too.");
        ui.horizontal_wrapped(|ui| {
            let ready = !self.fields.ticket.trim().is_empty();
            if self.button_ui(ui, "Look at the ticket", ready, Asked::Show) {
                self.look(cx);
            }
            if ui.button("Read a file or QR image …").clicked() {
                self.choosing = choose(ui.ctx(), "A ticket", Wanted::File(&["png", "dfticket", "txt"]));
            }
        });
        if self.reading.is_some() {
            ui.weak("Reading the file …");
        }
    }

    fn nearby_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.label("On a machine of an admin in the same network: “Pair” in the list of members, or");
        hint::command_ui(ui, &cx.state.command_line("pair"));
        ui.label("It shows a code of eight digits.");
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            let listening = self.nearby.is_loading();
            if ui.add_enabled(!listening, egui::Button::new("Look for machines")).clicked() {
                self.listen(cx);
            }
            if listening {
                ui.spinner();
                ui.weak("Listening …");
            }
        });
        if let Some(error) = self.nearby.error() {
            problem_ui(ui, error);
        }
        if let Some(nearby) = self.nearby.value() {
            if nearby.neighbours.is_empty() {
                ui.weak("No machine nearby can be joined. Is the code still shown there? Else give its address below.");
            }
            for neighbour in &nearby.neighbours {
                let chosen = self.fields.neighbour.as_ref() == Some(&neighbour.device_id);
                if ui.selectable_label(chosen, &neighbour.label).clicked() {
                    self.fields.neighbour = Some(neighbour.device_id.clone());
                }
            }
        }
        field_ui(ui, "Address, where it is not heard", "DEVICE@IP:PORT", &mut self.fields.address);
        field_ui(ui, "Code", "eight digits", &mut self.fields.code);
        let ready = !self.fields.code.trim().is_empty();
        if self.button_ui(ui, "Send the code", ready, Asked::Code) {
            self.hand(cx);
        }
    }

    /// Draws what a ticket says, and asks whether to join.
    fn about_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, about: TicketReply) {
        about_ui(ui, &about);
        self.person_ui(ui, cx);
        ui.add_space(6.0);
        let (inviter, is_expired) = (about.inviter.clone(), about.expired);
        let is_device = about.form == "device";
        self.about = Some(about);
        if is_device {
            ui.label(
                "This ticket adds another machine to a person. That is done on the command line, with recovery words:",
            );
            hint::command_ui(ui, &cx.state.command_line("device link TICKET"));
        }
        ui.label(format!("Ask {inviter} for the words: they must be these, or the ticket is another one."));
        if is_expired {
            let warn = theme::palette(ui).warn;
            ui.label(
                RichText::new("It has expired by the clock of this machine. The other machine decides by its own.")
                    .color(warn),
            );
        }
        ui.horizontal_wrapped(|ui| {
            let name = if is_expired { "Join all the same" } else { "Join" };
            if self.button_ui(ui, name, !is_device, Asked::Join) {
                self.join(cx, is_expired);
            }
            if ui.button("Another ticket").clicked() {
                (self.about, self.problem) = (None, None);
            }
        });
    }

    /// Draws a button that asks the node, and that it is being asked.
    fn button_ui(&self, ui: &mut Ui, name: &str, ready: bool, asks: Asked) -> bool {
        let free = ready && self.asked.is_none();
        let clicked = ui.add_enabled(free, egui::Button::new(RichText::new(name).strong())).clicked();
        if self.asked.is_some_and(|(_, asked)| asked == asks) {
            ui.spinner();
            ui.weak("The node is at it …");
        }
        clicked
    }
}

fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let is_first = cx.state.workspaces().next().is_none();
    let title = if is_first { "No workspace here yet" } else { "Another workspace" };
    ui.heading(title);
    if is_first {
        ui.weak(format!("{} holds none. Make one, or join one you were invited to.", cx.state.directory.display()));
    } else if ui.button("Back").clicked() {
        cx.actions.push(Action::Begin(false));
    }
}

fn about_ui(ui: &mut Ui, about: &TicketReply) {
    let role = about.role.as_deref().unwrap_or("another machine of yours");
    let host = format!("{} at {}", crate::format::short_id(&about.host), about.addresses.join(", "));
    let lines = [
        ("Workspace", about.workspace.as_str()),
        ("Invited by", &about.inviter),
        ("As", role),
        ("Until", &about.expires),
        ("Words", &about.words),
        ("Host", &host),
    ];
    Grid::new("ticket").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
        for (name, value) in lines {
            ui.weak(name);
            ui.add(egui::Label::new(RichText::new(value).color(theme::palette(ui).strong)).wrap());
            ui.end_row();
        }
    });
    ui.add_space(6.0);
}

/// Says how the same is done in a terminal.
fn terminal_ui(ui: &mut Ui, cx: &Cx<'_>) {
    ui.weak("Or in a terminal; this window shows it then:");
    hint::command_ui(ui, &cx.state.command_line("init NAME"));
    hint::command_ui(ui, &cx.state.command_line("join TICKET"));
}

/// Draws a field with its name above it.
fn field_ui(ui: &mut Ui, name: &str, hint: &str, text: &mut String) {
    ui.label(name);
    let edit = TextEdit::singleline(text).id_salt(name).hint_text(hint.to_owned()).desired_width(f32::INFINITY);
    ui.add(edit).accessible_name(name);
}
