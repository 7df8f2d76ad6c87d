//! Temporary: replaced by the client.
/// What a request sends while it runs.
#[derive(Debug, Clone)]
pub enum Output {
    /// An event.
    Event(crate::api::Event),
    /// Data.
    Data(bytes::Bytes),
}
