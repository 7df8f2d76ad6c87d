//! Events on their way to whoever listens: each hears what it watches, and not what it did itself.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::api::{Event, Watching};
use crate::caller::ClientId;

/// For whom an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody.
    All,
    /// Everybody but the client that did it.
    Others(ClientId),
    /// Only the client that asked.
    Only(ClientId),
}

impl Audience {
    /// Everybody but a client, if there is one.
    pub(crate) fn but(caller: Option<ClientId>) -> Self {
        caller.map_or(Self::All, Self::Others)
    }

    /// A client, or everybody when it is not known.
    pub(crate) fn only(caller: Option<ClientId>) -> Self {
        caller.map_or(Self::All, Self::Only)
    }

    fn has(&self, client: Option<&ClientId>) -> bool {
        match self {
            Self::All => true,
            Self::Others(other) => client != Some(other),
            // Without a name one listens to all that happens.
            Self::Only(one) => client.is_none_or(|client| client == one),
        }
    }
}

/// An event and for whom it is.
#[derive(Debug, Clone)]
pub(crate) struct Told(Arc<(Event, Audience)>);

impl Told {
    pub(crate) fn new(event: Event, audience: Audience) -> Self {
        Self(Arc::new((event, audience)))
    }
}

/// Events from some moment on.
#[derive(Debug)]
pub struct Feed {
    told: broadcast::Receiver<Told>,
    client: Option<ClientId>,
    watching: Watching,
}

impl Feed {
    /// Listens for a client; without one, to what everybody does.
    pub(crate) const fn new(told: broadcast::Receiver<Told>, client: Option<ClientId>, watching: Watching) -> Self {
        Self { told, client, watching }
    }

    /// Waits for the next event; none when there will be no more. May be cancelled.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.told.recv().await {
                Ok(Told(told)) if told.1.has(self.client.as_ref()) => {
                    if let Some(event) = filter(&told.0, &self.watching) {
                        return Some(event);
                    }
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    return Some(Event::Notice { message: format!("{missed} events were missed: look again") });
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Feed {
    /// Returns the next event that is there already.
    pub(crate) fn try_next(&mut self) -> Option<Event> {
        loop {
            match self.told.try_recv() {
                Ok(Told(told)) if told.1.has(self.client.as_ref()) => {
                    if let Some(event) = filter(&told.0, &self.watching) {
                        return Some(event);
                    }
                }
                Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Returns what of an event is watched, if anything.
fn filter(event: &Event, watching: &Watching) -> Option<Event> {
    let is_elsewhere = |workspace: &String| watching.workspace.as_ref().is_some_and(|watched| watched != workspace);
    match event {
        Event::Changed { workspace, .. } if is_elsewhere(workspace) => None,
        Event::Documents { workspace, .. } if is_elsewhere(workspace) => None,
        Event::Documents { workspace, documents, more } if !watching.documents.is_empty() => {
            let watched = documents.iter().filter(|changed| watching.documents.contains(&changed.document));
            let documents: Vec<_> = watched.cloned().collect();
            let is_any = *more || !documents.is_empty();
            is_any.then(|| Event::Documents { workspace: workspace.clone(), documents, more: *more })
        }
        event => Some(event.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ChangedDocument;

    fn changed(documents: &[&str], more: bool) -> Event {
        let documents = documents.iter().map(|id| ChangedDocument {
            document: (*id).to_owned(),
            kind: "well".into(),
            by: vec!["Ada (truck)".into()],
            here: true,
        });
        Event::Documents { workspace: "w1".into(), documents: documents.collect(), more }
    }

    fn watching(workspace: Option<&str>, documents: &[&str]) -> Watching {
        Watching {
            workspace: workspace.map(str::to_owned),
            documents: documents.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn only_what_is_watched_is_told() {
        let everything = Watching::default();
        assert_eq!(filter(&changed(&["a", "b"], false), &everything), Some(changed(&["a", "b"], false)));
        let of = |documents| watching(Some("w1"), documents);
        assert_eq!(filter(&changed(&["a", "b"], false), &of(&["b", "c"])), Some(changed(&["b"], false)));
        assert_eq!(filter(&changed(&["a"], false), &of(&["b"])), None);
        assert_eq!(filter(&changed(&["a"], true), &of(&["b"])), Some(changed(&[], true)), "it may be among the others");
        assert_eq!(filter(&changed(&["a"], false), &watching(Some("w2"), &[])), None);
        let lists = Event::Changed { workspace: "w1".into(), entries: 1 };
        assert_eq!(filter(&lists, &of(&["b"])), Some(lists.clone()));
        assert_eq!(filter(&lists, &watching(Some("w2"), &[])), None);
    }

    #[tokio::test]
    async fn nobody_hears_of_what_it_did_itself_and_only_it_of_its_edits() {
        let sender = broadcast::Sender::new(8);
        let (one, other) = (ClientId::new().unwrap(), ClientId::new().unwrap());
        let listen = |client| Feed::new(sender.subscribe(), client, Watching::default());
        let (mut of_one, mut of_other, mut all) = (listen(Some(one.clone())), listen(Some(other)), listen(None));
        let saved = Event::Saved { edits: vec![1] };
        sender.send(Told::new(changed(&["a"], false), Audience::but(Some(one.clone())))).unwrap();
        sender.send(Told::new(saved.clone(), Audience::only(Some(one)))).unwrap();
        sender.send(Told::new(changed(&["z"], false), Audience::All)).unwrap();
        drop(sender);
        assert_eq!(of_one.next().await, Some(saved.clone()));
        assert_eq!(of_one.next().await, Some(changed(&["z"], false)));
        assert_eq!(of_other.next().await, Some(changed(&["a"], false)));
        assert_eq!(of_other.next().await, Some(changed(&["z"], false)));
        assert_eq!(all.next().await, Some(changed(&["a"], false)));
        assert_eq!(all.next().await, Some(saved));
        assert_eq!(all.next().await, Some(changed(&["z"], false)));
        assert_eq!(all.next().await, None);
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_to_look_again() {
        let sender = broadcast::Sender::new(2);
        let mut feed = Feed::new(sender.subscribe(), None, Watching::default());
        for _ in 0..5 {
            sender.send(Told::new(changed(&["a"], false), Audience::All)).unwrap();
        }
        let missed = feed.next().await;
        assert!(matches!(&missed, Some(Event::Notice { message }) if message.starts_with("3 events")), "{missed:?}");
    }
}
