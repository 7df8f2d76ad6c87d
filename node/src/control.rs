//! Temporary: replaced by the socket.
use crate::api::{ApiError, Event, Reply, Request};
use crate::client::Output;
/// What serves requests.
pub trait Service: Clone + Send + Sync + 'static {
    /// Works on a request.
    fn call(&self, request: Request, out: tokio::sync::mpsc::Sender<Output>) -> impl Future<Output = Result<Reply, ApiError>> + Send;
    /// Events from now on.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event>;
}
