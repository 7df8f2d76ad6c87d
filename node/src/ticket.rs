//! Reading tickets: what they say, before anything is done with them.

use dataforge_protocol::pairing::{Code, NoCode};
use dataforge_protocol::ticket::{Ticket, TicketError, TicketForm};

use crate::api::{ApiError, ErrorKind, TicketReply};
use crate::clock::{now_ms, rfc3339};

/// What every ticket starts with.
pub const PREFIX: &str = "dforge";

/// Says what a ticket's text says. Needs no data directory and asks nobody.
///
/// # Errors
/// `Input` when it is none.
pub fn show(text: &str) -> Result<TicketReply, ApiError> {
    read(text).map(|ticket| about(&ticket))
}

/// Refuses a text that is no code of a pairing window.
///
/// # Errors
/// `Usage`.
pub fn check_code(text: &str) -> Result<(), ApiError> {
    read_code(text).map(|_code| ())
}

/// Reads the code of a pairing window.
///
/// # Errors
/// `Usage`.
pub(crate) fn read_code(text: &str) -> Result<Code, ApiError> {
    text.parse().map_err(|error: NoCode| {
        ApiError::new(ErrorKind::Usage, error.to_string())
            .hint("the other machine shows it: type it as it stands there, blanks do not matter")
    })
}

/// Refuses a text that is no ticket, or one that has expired by the clock of this machine.
///
/// # Errors
/// `Input`.
pub fn check(text: &str) -> Result<(), ApiError> {
    check_time(&read(text)?)
}

/// Reads a ticket, expired or not.
///
/// # Errors
/// `Input` when it is none.
pub(crate) fn read(text: &str) -> Result<Ticket, ApiError> {
    text.parse().map_err(|error: TicketError| {
        let failure = ApiError::new(ErrorKind::Input, error.to_string());
        match error {
            TicketError::Newer => failure.hint("update DataForge on this machine"),
            TicketError::NotATicket => failure.hint("dataforge invite makes one, on a machine of an admin or owner"),
            TicketError::Mistyped | TicketError::Foreign { .. } | TicketError::CutShort(_) => failure
                .hint("a file carries it whole: dataforge invite --out FILE.dfticket, dataforge join FILE.dfticket"),
        }
    })
}

/// Says what a ticket says.
pub(crate) fn about(ticket: &Ticket) -> TicketReply {
    let (form, person) = match &ticket.form {
        TicketForm::Handed => ("handed", None),
        TicketForm::Approval => ("approval", None),
        TicketForm::Open => ("open", None),
        TicketForm::Device { name, .. } => ("device", Some(name.clone())),
    };
    let now = now_ms();
    TicketReply {
        workspace: ticket.workspace_name.clone(),
        workspace_id: ticket.workspace.to_string(),
        inviter: ticket.inviter.clone(),
        form: form.to_owned(),
        role: person.is_none().then(|| ticket.role.to_string()),
        person,
        words: ticket.words(),
        host: ticket.host.to_string(),
        addresses: ticket.addresses.iter().map(ToString::to_string).collect(),
        relays: ticket.relays.clone(),
        expires: rfc3339(ticket.expires_ms),
        clock: rfc3339(now),
        expired: now > ticket.expires_ms,
    }
}

/// Refuses a ticket that has expired by this machine's clock. That clock may be wrong, and the host
/// goes by its own, so this is not the last word.
///
/// # Errors
/// `Input`.
pub(crate) fn check_time(ticket: &Ticket) -> Result<(), ApiError> {
    let now = now_ms();
    if now <= ticket.expires_ms {
        return Ok(());
    }
    let (expired, clock) = (rfc3339(ticket.expires_ms), rfc3339(now));
    let message = format!("the ticket expired at {expired}; the clock of this machine says {clock}");
    Err(ApiError::new(ErrorKind::Input, message).hint(format!(
        "ask {} for a new one; if that clock is wrong, set it or add --ignore-clock: the other machine decides",
        ticket.inviter
    )))
}
