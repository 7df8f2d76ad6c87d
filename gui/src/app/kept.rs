//! What the window remembers: taken up when the bridge brings it, handed over when it has changed.

use egui::Context;

use super::App;
use crate::action::Action;
use crate::bridge::Command;
use crate::memory::Memory;
use crate::panel::Actions;
use crate::tiles::Views;

/// What was handed over last; nothing is before the bridge has brought what was kept.
#[derive(Debug, Default)]
pub(super) struct Kept(Option<Memory>);

impl App {
    /// Takes up scale and views as they were left.
    pub(super) fn recall(&mut self, ctx: &Context, memory: &Memory, actions: &mut Actions) {
        if let Some(scale) = memory.scale.filter(|scale| (0.5..=3.0).contains(scale)) {
            ctx.set_zoom_factor(scale);
        }
        let mut unknown = 0;
        if let Some(layout) = &memory.layout {
            self.with_views(actions, |views: &mut Views, around| unknown = views.restore(layout, around));
        }
        if unknown > 0 {
            let text = format!("views that this version does not know were closed: {unknown}");
            actions.push(Action::Notice(text));
        }
        self.kept = Kept(Some(memory.clone()));
    }

    /// Returns whether the scale is another than what was handed over last.
    pub(super) fn is_rescaled(&self, ctx: &Context) -> bool {
        self.kept.0.as_ref().is_some_and(|last| last.scale != scale_of(ctx))
    }

    /// Hands over how the window stands, if that has changed.
    pub(super) fn keep(&mut self, ctx: &Context) {
        let Some(last) = &self.kept.0 else {
            return;
        };
        let scale = scale_of(ctx);
        let memory = Memory { scale, layout: self.views.layout(), ..self.state.memory() };
        if memory != *last && self.bridge.send(Command::Remember { memory: Box::new(memory.clone()) }).is_ok() {
            self.kept.0 = Some(memory);
        }
    }
}

/// Returns the scale; none when it is the usual one.
fn scale_of(ctx: &Context) -> Option<f32> {
    Some(ctx.zoom_factor()).filter(|scale| (scale - 1.0).abs() > 0.01)
}
