//! Progress of a request: a bar on standard error, when a person looks at it.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::time::Duration;

use dataforge_node::api::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{clean, write_note};

/// Time after which a request shows that it is at work.
const TICK: Duration = Duration::from_millis(120);

/// Shows the events of one request.
#[derive(Debug)]
pub(crate) struct Progress {
    shows_bar: bool,
    shows_notes: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress {
    /// Makes a display; silent for programs, quiet on request.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let shows_notes = !json && !quiet;
        Self { shows_bar: shows_notes && std::io::stderr().is_terminal(), shows_notes, bar: RefCell::new(None) }
    }

    /// Shows an event.
    pub(crate) fn on_event(&self, event: &Event) {
        match event {
            Event::Progress { step, done, total, item } if self.shows_bar => self.advance(step, *done, *total, item),
            Event::Notice { message } if self.shows_notes => self.suspend(|| write_note(&clean(message))),
            _ => {}
        }
    }

    fn advance(&self, step: &str, done: u64, total: u64, item: &str) {
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_style(style(total > 0));
        if total > 0 {
            bar.set_length(total);
        }
        bar.set_position(done);
        bar.set_prefix(clean(step));
        let item = std::path::Path::new(item).file_name().unwrap_or_default().to_string_lossy();
        bar.set_message(clean(&item));
    }

    /// Does something while the bar is out of the way.
    pub(crate) fn suspend<T>(&self, action: impl FnOnce() -> T) -> T {
        match self.bar.borrow().as_ref() {
            Some(bar) => bar.suspend(action),
            None => action(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{prefix} [{bar:30}] {human_pos}/{human_len} {wide_msg}"
    } else {
        "{spinner} {prefix} {human_pos} {wide_msg}"
    };
    // A template is text of ours; a mistake in it costs its looks only.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        for template in
            ["{prefix} [{bar:30}] {human_pos}/{human_len} {wide_msg}", "{spinner} {prefix} {human_pos} {wide_msg}"]
        {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn nothing_is_shown_to_programs() {
        let progress = Progress::new(true, false);
        progress.on_event(&Event::Progress { step: "importing".into(), done: 1, total: 2, item: "a.las".into() });
        assert!(progress.bar.borrow().is_none());
    }
}
