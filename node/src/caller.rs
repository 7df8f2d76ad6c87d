//! Who asks: a client of this node, as it calls itself.
//!
//! A request is worked on in the name of its client, so that what it does is not told to that client
//! as news. The name decides nothing else: every client of a node may do the same.

use std::fmt;

use crate::api::ApiError;
use crate::clock::random_bytes;

/// Characters of a name at most.
const MAX_CHARS: usize = 64;
/// Random bytes of a name that is made here.
const BYTES: usize = 16;

tokio::task_local! {
    /// The client in whose name this task works.
    static CALLER: Option<ClientId>;
}

/// The name of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// Makes a name that nobody else has.
    ///
    /// # Errors
    /// `Internal` when the system gives no random bytes.
    pub(crate) fn new() -> Result<Self, ApiError> {
        Ok(Self(data_encoding::HEXLOWER.encode(&random_bytes()?[..BYTES])))
    }

    /// Takes a name that a client gives itself; none when it is too long.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        (text.chars().count() <= MAX_CHARS).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Works in the name of a client.
pub(crate) async fn work_for<T>(caller: Option<ClientId>, work: impl Future<Output = T>) -> T {
    CALLER.scope(caller, work).await
}

/// Returns the client in whose name this task works.
pub(crate) fn current() -> Option<ClientId> {
    CALLER.try_with(Clone::clone).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_in_the_name_of_whoever_asked_for_it() {
        let caller = ClientId::new().unwrap();
        assert_eq!(current(), None);
        assert_eq!(work_for(Some(caller.clone()), async { current() }).await, Some(caller.clone()));
        assert_eq!(ClientId::from_text(&caller.to_string()), Some(caller));
        assert_eq!(ClientId::from_text(&"x".repeat(65)), None);
    }
}
