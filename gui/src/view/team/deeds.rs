//! What a view does: requests that write something, one after the other, with their outcome told in place.

use std::collections::VecDeque;

use dataforge_node::api::{ApiError, Event, Reply, Request};
use egui::{ProgressBar, RichText, Ui};

use crate::action::Action;
use crate::calls::{News, Ticket};
use crate::view::Cx;
use crate::widget::problem::problem_ui;
use crate::{format, theme};

/// Something to be done. `T` is what the view wants to know of it when it has ended.
#[derive(Debug, Clone, PartialEq)]
struct Deed<T> {
    /// What is being done, for people: `Deciding the name of A1`.
    what: String,
    tag: T,
    request: Request,
}

/// How far something is.
#[derive(Debug, Clone, PartialEq)]
pub struct Far {
    step: String,
    done: u64,
    total: u64,
    item: String,
}

/// One that has ended.
#[derive(Debug)]
pub struct Ended<T> {
    /// What the view called it.
    pub tag: T,
    /// Its end.
    pub result: Result<Reply, ApiError>,
}

/// What is done, is to be done, and came of the last.
#[derive(Debug)]
pub struct Deeds<T> {
    queue: VecDeque<Deed<T>>,
    running: Option<(Ticket, Deed<T>)>,
    far: Option<Far>,
    told: Vec<String>,
    errors: Vec<(String, ApiError)>,
    /// Whether the rest of the window shows what was before.
    is_stale: bool,
}

impl<T> Default for Deeds<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), running: None, far: None, told: Vec::new(), errors: Vec::new(), is_stale: false }
    }
}

impl<T> Deeds<T> {
    /// Does something once what came before is done. When nothing is under way, what was told of earlier
    /// deeds is forgotten.
    pub fn begin(&mut self, cx: &mut Cx<'_>, what: impl Into<String>, tag: T, request: Request) {
        if !self.are_under_way() {
            self.told.clear();
            self.errors.clear();
        }
        self.queue.push_back(Deed { what: what.into(), tag, request });
        self.go_on(cx);
    }

    /// Whether something is done or waits to be.
    #[must_use]
    pub fn are_under_way(&self) -> bool {
        self.running.is_some() || !self.queue.is_empty()
    }

    /// Returns why nothing more can be begun just now.
    #[must_use]
    pub fn why_busy(&self) -> Option<String> {
        self.running.as_ref().map(|(_, deed)| format!("wait: {}", deed.what))
    }

    /// Takes news when they are of these deeds; returns one that has ended.
    pub fn take(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) -> Option<Ended<T>> {
        if self.running.as_ref().is_none_or(|(running, _)| *running != ticket) {
            return None;
        }
        match news {
            News::Progress(Event::Progress { step, done, total, item }) => {
                self.far = Some(Far { step, done, total, item });
                None
            }
            News::Progress(Event::Notice { message }) => {
                self.told.push(message);
                None
            }
            News::Progress(_) | News::Data(_) => None,
            News::Ended(result) => {
                let (_, deed) = self.running.take()?;
                self.far = None;
                match result.as_ref() {
                    Ok(reply) => {
                        self.is_stale |= changes(reply);
                        self.told.extend(message(reply));
                    }
                    Err(error) => self.errors.push((deed.what.clone(), error.clone())),
                }
                self.go_on(cx);
                self.refresh(cx);
                Some(Ended { tag: deed.tag, result: *result })
            }
        }
    }

    /// Tells something more in the same place.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.told.push(text.into());
    }

    /// Gives up what is under way and what waits.
    pub fn cancel(&mut self, cx: &mut Cx<'_>) {
        self.queue.clear();
        self.far = None;
        if let Some((ticket, deed)) = self.running.take() {
            cx.cancel(ticket);
            self.told.push(format!("cancelled: {}", deed.what));
            // What was done until then stays.
            self.is_stale = true;
            self.refresh(cx);
        }
    }

    /// Forgets all that was told.
    pub fn clear(&mut self) {
        self.told.clear();
        self.errors.clear();
    }

    fn go_on(&mut self, cx: &mut Cx<'_>) {
        if self.running.is_none()
            && let Some(deed) = self.queue.pop_front()
        {
            let ticket = cx.call(deed.request.clone());
            self.running = Some((ticket, deed));
        }
    }

    /// Has the window load again once all is done: what it does itself comes to it as no news.
    fn refresh(&mut self, cx: &mut Cx<'_>) {
        if self.is_stale && !self.are_under_way() {
            self.is_stale = false;
            cx.actions.push(Action::Refresh);
        }
    }

    /// Draws what is under way with a way to end it, and what came of the last.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some((_, deed)) = &self.running {
            let waiting = self.queue.len() as u64;
            let mut text = format!("{} …", deed.what);
            if waiting > 0 {
                text += &format!(" {} to follow", format::count(waiting));
            }
            ui.label(text);
            if let Some(far) = &self.far {
                far_ui(ui, far);
            }
            if ui.button("Cancel").on_hover_text("Give up what is under way and what waits").clicked() {
                self.cancel(cx);
            }
            return;
        }
        for (what, error) in &self.errors {
            ui.weak(what);
            problem_ui(ui, error);
        }
        let palette = theme::palette(ui);
        for text in &self.told {
            ui.label(RichText::new(text).color(palette.good));
        }
        let any = !self.told.is_empty() || !self.errors.is_empty();
        if any && ui.small_button("Hide").on_hover_text("Hide what came of it").clicked() {
            self.clear();
        }
    }
}

fn far_ui(ui: &mut Ui, far: &Far) {
    let text = far_text(far);
    if far.total > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a bar is no more exact than its pixels")]
        let share = far.done as f32 / far.total as f32;
        ui.add(ProgressBar::new(share.clamp(0.0, 1.0)).text(text));
    } else {
        ui.label(text);
    }
}

fn far_text(far: &Far) -> String {
    let done = format::count(far.done);
    let counts = match far.total {
        0 if far.done == 0 => String::new(),
        0 => done,
        total => format!("{done} of {}", format::count(total)),
    };
    [far.step.as_str(), counts.as_str(), far.item.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns whether other parts of the window may show something else after what brought this reply.
const fn changes(reply: &Reply) -> bool {
    match reply {
        Reply::Freed(freed) => freed.done,
        Reply::Verify(_)
        | Reply::Bundle(_)
        | Reply::BundleMade(_)
        | Reply::Backup(_)
        | Reply::BackupPassphraseNeeded { .. }
        | Reply::BackupSchedule { .. }
        | Reply::Config { .. }
        | Reply::DeviceTicket(_)
        | Reply::Pairing(_)
        | Reply::WordsNeeded { .. } => false,
        _ => true,
    }
}

/// Returns what a reply says for people, when it says nothing else.
fn message(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Done { message } => Some(message.clone()),
        Reply::Wrote(wrote) => Some(wrote.message.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{ApiError, ErrorKind, Event, Reply, Request};

    use super::{Action, Deeds, Far, far_text};
    use crate::bridge::Command;
    use crate::calls::{Calls, News};
    use crate::state::State;
    use crate::view::Cx;

    /// What a view may use, without a window.
    struct Around {
        state: State,
        actions: Vec<Action>,
        calls: Calls,
    }

    impl Around {
        fn new() -> Self {
            let state = State::new("/data".into(), "dataforge".to_owned());
            Self { calls: Calls::new(state.tickets()), state, actions: Vec::new() }
        }

        fn cx(&mut self) -> Cx<'_> {
            Cx { state: &self.state, actions: &mut self.actions, view: 1, calls: &mut self.calls }
        }

        /// Returns the tickets of calls that were made since.
        fn made(&mut self) -> Vec<u64> {
            let made = self.calls.take().into_iter();
            made.filter_map(|command| match command {
                Command::Call { ticket, .. } => Some(ticket),
                _ => None,
            })
            .collect()
        }
    }

    fn done(message: &str) -> News {
        News::Ended(Box::new(Ok(Reply::Done { message: message.to_owned() })))
    }

    #[test]
    fn deeds_go_one_after_the_other_and_all_are_told() {
        let mut around = Around::new();
        let mut deeds = Deeds::default();
        for name in ["one", "two"] {
            deeds.begin(&mut around.cx(), format!("doing {name}"), name, Request::Status);
        }
        let first = around.made();
        assert_eq!(first.len(), 1, "the second waits");
        assert!(deeds.take(first[0] + 100, done("not ours"), &mut around.cx()).is_none());
        let ended = deeds.take(first[0], done("one is done"), &mut around.cx()).expect("it has ended");
        assert_eq!((ended.tag, ended.result.is_ok()), ("one", true));
        let second = around.made();
        assert_eq!(second.len(), 1);
        let error = ApiError::new(ErrorKind::NotAllowed, "not you");
        let ended = deeds.take(second[0], News::Ended(Box::new(Err(error.clone()))), &mut around.cx()).expect("ended");
        assert_eq!((ended.tag, ended.result), ("two", Err(error.clone())));
        assert_eq!(deeds.told, ["one is done"]);
        assert_eq!(deeds.errors, [("doing two".to_owned(), error)]);
        assert!(!deeds.are_under_way());
        assert_eq!(around.actions, [Action::Refresh], "once, when all is done");
        deeds.begin(&mut around.cx(), "doing three", "three", Request::Status);
        assert!(deeds.told.is_empty() && deeds.errors.is_empty(), "what was told is of what was done before");
    }

    #[test]
    fn cancelling_ends_what_runs_and_what_waits() {
        let mut around = Around::new();
        let mut deeds = Deeds::default();
        deeds.begin(&mut around.cx(), "hashing", 1, Request::Status);
        deeds.begin(&mut around.cx(), "hashing more", 2, Request::Status);
        let ticket = around.made()[0];
        let far = Event::Progress { step: "hashing".into(), done: 3, total: 9, item: String::new() };
        assert!(deeds.take(ticket, News::Progress(far), &mut around.cx()).is_none());
        assert!(deeds.far.is_some() && deeds.why_busy().is_some_and(|why| why.contains("hashing")));
        deeds.cancel(&mut around.cx());
        assert_eq!(around.calls.take(), [Command::Cancel { ticket }]);
        assert!(!deeds.are_under_way() && deeds.why_busy().is_none());
        assert!(deeds.take(ticket, done("too late"), &mut around.cx()).is_none());
        assert_eq!(deeds.told, ["cancelled: hashing"]);
    }

    #[test]
    fn progress_is_told_in_words_without_empty_parts() {
        let far =
            |done, total, item: &str| far_text(&Far { step: "hashing".into(), done, total, item: item.to_owned() });
        assert_eq!(far(3, 10, "a.las"), "hashing, 3 of 10, a.las");
        assert_eq!(far(3, 0, ""), "hashing, 3");
        assert_eq!(far(0, 0, ""), "hashing");
    }
}
