//! A button for something that may not be allowed: then it says why.

use egui::{Button, Response, Ui};

/// Draws a button; disabled, with the reason in words, while there is one. Returns whether it was pressed.
pub fn act_ui(ui: &mut Ui, label: &str, why_not: Option<&str>) -> bool {
    act_response(ui, label, why_not).clicked()
}

/// The same under another name for assistive technology, where several buttons have one label.
pub fn act_named_ui(ui: &mut Ui, label: &str, name: &str, why_not: Option<&str>) -> bool {
    act_response(ui, label, why_not).accessible_name(name).clicked()
}

fn act_response(ui: &mut Ui, label: &str, why_not: Option<&str>) -> Response {
    let response = ui.add_enabled(why_not.is_none(), Button::new(label));
    let Some(reason) = why_not else {
        return response;
    };
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(reason));
    response.on_disabled_hover_text(reason)
}
