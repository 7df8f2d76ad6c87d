//! The first steps: an identity and a workspace are made, or a workspace is joined, all by requests.
//!
//! ```text
//! make one ──────────────────────────────▶ words ─▶ import, start syncing, look around
//! ticket, image, code ─▶ what it says ─▶ join ─┘
//! ```

mod forms;
mod outcome;
mod ticket;

use std::task::Poll;

use dataforge_node::api::{ApiError, ErrorKind, HandedReply, JoiningRequest, NearbyReply, Reply, Request, TicketReply};
use egui::Ui;

use self::outcome::Outcome;
use crate::action::Action;
use crate::calls::{News, Ticket};
use crate::files::Pending;
use crate::state::Slot;
use crate::view::Cx;

/// Seconds that nearby machines are listened for.
const NEARBY_SECONDS: u32 = 3;

/// Which way is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Way {
    /// Make a workspace.
    #[default]
    Make,
    /// Join one by a ticket.
    Ticket,
    /// Join one by a code of a machine nearby.
    Nearby,
}

/// What was asked of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Make,
    Show,
    Join,
    Code,
}

/// What the user wrote.
#[derive(Debug, Default)]
struct Fields {
    name: String,
    person: String,
    device: String,
    ticket: String,
    code: String,
    neighbour: Option<String>,
    address: String,
}

/// The first steps.
#[derive(Debug, Default)]
pub struct Begin {
    way: Way,
    fields: Fields,
    asked: Option<(Ticket, Asked)>,
    nearby: Slot<NearbyReply>,
    /// What the ticket says, once it was looked at.
    about: Option<TicketReply>,
    problem: Option<ApiError>,
    /// The dialog for a ticket's file.
    choosing: Option<Pending<Vec<std::path::PathBuf>>>,
    /// A ticket's file on its way.
    reading: Option<Pending<Result<String, String>>>,
    offers_seen: u64,
    outcome: Option<Outcome>,
}

impl Begin {
    /// Draws the step that is to be taken.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.take_files(ui, cx);
        let done = match &mut self.outcome {
            Some(outcome) => outcome.ui(ui, cx),
            None => {
                self.forms_ui(ui, cx);
                false
            }
        };
        if done {
            // What comes next is done in the workspace that was made, not in the one before.
            let made = self.outcome.as_ref().and_then(Outcome::workspace);
            // Whoever waits for approval joins again by the same ticket.
            let ticket = if made.is_none() { std::mem::take(&mut self.fields.ticket) } else { String::new() };
            cx.actions.extend(made.map(Action::SelectWorkspace));
            let fields = Fields { ticket, ..Fields::default() };
            *self = Self { offers_seen: self.offers_seen, fields, ..Self::default() };
            cx.actions.push(Action::Begin(false));
        }
    }

    /// Returns whether something was made or joined that the user has to see, such as the recovery words.
    #[must_use]
    pub fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// Takes what comes of a call.
    pub fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        let News::Ended(result) = news else {
            return;
        };
        if self.nearby.awaits(ticket) {
            self.nearby.take(*result, |reply| match reply {
                Reply::Nearby(nearby) => Some(nearby),
                _ => None,
            });
            return;
        }
        let Some((_, asked)) = self.asked.take_if(|(awaited, _)| *awaited == ticket) else {
            return;
        };
        match *result {
            Err(error) => self.problem = Some(error),
            Ok(reply) => self.on_reply(asked, reply, cx),
        }
    }

    fn on_reply(&mut self, asked: Asked, reply: Reply, cx: &mut Cx<'_>) {
        self.problem = None;
        match reply {
            Reply::Ticket(about) => self.about = Some(about),
            Reply::Handed(HandedReply { ticket, about }) => {
                self.fields.ticket = ticket;
                self.about = Some(about);
            }
            Reply::WrongCode { left } => {
                let error =
                    ApiError::new(ErrorKind::NotAllowed, format!("that is not the code; {left} more may be wrong"));
                self.problem = Some(error.hint("the other machine shows it"));
            }
            reply => match Outcome::of(reply) {
                Some(outcome) => {
                    self.outcome = Some(outcome);
                    // The words must be seen before the workspace is.
                    cx.actions.extend([Action::Begin(true), Action::Refresh]);
                }
                None => {
                    let what = format!("the node answered {asked:?} with another kind of reply");
                    self.problem = Some(ApiError::new(ErrorKind::Internal, what));
                }
            },
        }
    }

    fn ask(&mut self, cx: &mut Cx<'_>, asked: Asked, request: Request) {
        self.problem = None;
        self.asked = Some((cx.call(request), asked));
    }

    fn make(&mut self, cx: &mut Cx<'_>) {
        let (person, device) = (given(&self.fields.person), given(&self.fields.device));
        let request = Request::Init { name: self.fields.name.trim().to_owned(), person, device };
        self.ask(cx, Asked::Make, request);
    }

    fn look(&mut self, cx: &mut Cx<'_>) {
        let ticket = self.fields.ticket.clone();
        self.ask(cx, Asked::Show, Request::Joining { ask: JoiningRequest::Show { ticket } });
    }

    fn join(&mut self, cx: &mut Cx<'_>, ignore_clock: bool) {
        let (person, device) = (given(&self.fields.person), given(&self.fields.device));
        let request = Request::Join { ticket: self.fields.ticket.clone(), person, device, ignore_clock };
        self.ask(cx, Asked::Join, request);
    }

    fn listen(&mut self, cx: &mut Cx<'_>) {
        self.nearby.load(cx, Request::Joining { ask: JoiningRequest::Nearby { seconds: NEARBY_SECONDS } });
    }

    fn hand(&mut self, cx: &mut Cx<'_>) {
        let ask = JoiningRequest::Ask {
            name: self.fields.neighbour.clone(),
            at: given(&self.fields.address),
            code: self.fields.code.trim().to_owned(),
        };
        self.ask(cx, Asked::Code, Request::Joining { ask });
    }

    /// Takes a ticket's file that was chosen or dropped, once it is read.
    fn take_files(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let (offers, paths) = &cx.state.parts.offered;
        let mut path = None;
        if *offers != self.offers_seen {
            self.offers_seen = *offers;
            path = paths.first().cloned();
            if path.is_some() {
                // Taken, so that the import does not take it once there is a workspace.
                cx.actions.push(Action::Offer(Vec::new()));
            }
        }
        if let Some(Poll::Ready(paths)) = self.choosing.as_ref().map(Pending::take) {
            self.choosing = None;
            path = paths.and_then(|paths| paths.into_iter().next()).or(path);
        }
        if let Some(path) = path {
            self.reading = Pending::begin(ui.ctx(), move || ticket::read(&path));
        }
        let Some(Poll::Ready(read)) = self.reading.as_ref().map(Pending::take) else {
            return;
        };
        self.reading = None;
        match read {
            Some(Ok(ticket)) => {
                self.way = Way::Ticket;
                self.fields.ticket = ticket;
                self.look(cx);
            }
            Some(Err(message)) => self.problem = Some(ApiError::new(ErrorKind::Input, message)),
            None => {}
        }
    }
}

/// Returns a text that says something.
fn given(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}
