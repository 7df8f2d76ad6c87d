//! `dataforge up`.

use std::io::Read as _;
use std::time::Duration;

use clap::Args;
use dataforge_faces::Faces;
use dataforge_node::api::{ApiError, ErrorKind, Event, Request, UpReply};
use dataforge_node::control::Door;
use dataforge_node::{Feed, Node};
use tokio::sync::{mpsc, oneshot};

use super::relay;
use crate::context::Context;
use crate::error::Failure;
use crate::notify::Notify;
use crate::output::{Human, bytes, clean, plural};
use crate::signal;

/// Time the node gets to close in order.
const CLOSING: Duration = Duration::from_secs(10);

/// Listens, syncs and serves other commands until Ctrl-C, SIGTERM or dataforge down.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// End when standard input ends, so that a program that starts this one takes it along
    #[arg(long, hide = true)]
    while_stdin: bool,
}

impl Up {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        serve(context, Request::Up, self.while_stdin).await
    }
}

/// Opens the data directory, brings the node up by a request and serves it until it is to end.
pub(super) async fn serve(context: &Context, request: Request, while_stdin: bool) -> Result<(), Failure> {
    let client = tokio::select! {
        client = context.client() => client?,
        // It may be asking for a passphrase.
        () = signal::interrupted() => return Err(Failure::Interrupted),
    };
    let Some(node) = client.node() else {
        return Err(Failure::Api(
            ApiError::new(ErrorKind::Busy, format!("another process serves {} already", context.dir.display()))
                .hint("dataforge status asks it, dataforge down ends it"),
        ));
    };
    let notify = Notify::from_environment();
    let served = tokio::select! {
        served = serve_node(context, node, request, while_stdin, &notify) => served,
        () = signal::asked_to_end() => Ok(()),
    };
    notify.say(&["STOPPING=1"]);
    tokio::select! {
        () = node.close() => {}
        () = tokio::time::sleep(CLOSING) => tracing::warn!("the node did not close in time"),
        () = signal::asked_to_end() => {}
    }
    served
}

async fn serve_node(
    context: &Context,
    node: &Node,
    request: Request,
    while_stdin: bool,
    notify: &Notify,
) -> Result<(), Failure> {
    let door = Door::bind(&context.dir)?;
    let events = node.subscribe();
    // Listening brings no progress.
    let (sender, _outputs) = mpsc::channel(1);
    let reply = Box::pin(node.call(request, sender)).await?;
    let _faces = Faces::open(node).await;
    if !context.quiet || context.json {
        context.show(&reply)?;
    }
    notify.say(&["READY=1", "STATUS=listening and syncing"]);
    let parent_gone = parent_gone(while_stdin);
    let end = async {
        tokio::select! {
            () = node.until_shutdown() => {}
            () = parent_gone => {}
        }
    };
    tokio::select! {
        () = door.serve(node.clone(), end) => Ok(()),
        () = tell(context, events) => Ok(()),
        () = notify.keep_alive() => Ok(()),
    }
}

/// Waits for the end of standard input, when it is to be watched.
async fn parent_gone(watched: bool) {
    if watched {
        let (sender, ended) = oneshot::channel::<()>();
        let watch = move || {
            // Whether it ends or breaks: the parent is gone.
            drop(std::io::stdin().lock().read_to_end(&mut Vec::new()));
            drop(sender);
        };
        if std::thread::Builder::new().name("stdin".into()).spawn(watch).is_ok() {
            drop(ended.await);
            return;
        }
    }
    std::future::pending().await
}

/// Says what happens, for people; never ends.
async fn tell(context: &Context, mut events: Feed) {
    while let Some(event) = events.next().await {
        if let Some(line) = line(&event) {
            context.note(&line);
        }
    }
    std::future::pending().await
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Progress { .. } | Event::Changed { entries: 0, .. } | Event::Documents { .. } | Event::Saved { .. } => {
            return None;
        }
        Event::Refused { error, .. } => format!("an edit was refused: {}", clean(&error.message)),
        Event::Changed { entries, .. } => plural(*entries, "new entry"),
        Event::BlobsArrived { blobs, bytes: size } => format!("{} arrived, {}", plural(*blobs, "blob"), bytes(*size)),
        Event::PeerConnected { name, .. } => format!("{} is connected", clean(name)),
        Event::PeerLost { name, reason, .. } => format!("{} is gone: {}", clean(name), clean(reason)),
        Event::Notice { message } => clean(message),
    })
}

impl Human for UpReply {
    fn human(&self) -> String {
        let mut text = format!("device  {}", self.device_id);
        for address in &self.addresses {
            text.push_str(&format!("\nat      {address}"));
        }
        for used in &self.relays {
            text.push_str(&format!("\nby       {}", clean(&relay::used(used))));
        }
        if let Some(relay) = &self.relay {
            text.push_str(&format!("\n\n{}", relay.human()));
        }
        text.push_str("\n\nListening and syncing. Other commands use this process. Ctrl-C ends it.");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_told_in_a_line() {
        let gone = Event::PeerLost { device: "ab".into(), name: "bob".into(), reason: "timed\nout".into() };
        assert_eq!(line(&gone).as_deref(), Some("bob is gone: timed\u{fffd}out"));
        assert_eq!(line(&Event::Changed { workspace: "w".into(), entries: 2 }).as_deref(), Some("2 new entries"));
        assert_eq!(line(&Event::Changed { workspace: "w".into(), entries: 0 }), None);
    }
}
