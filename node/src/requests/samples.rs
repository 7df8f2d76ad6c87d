//! Samples as they are drawn: whole curves, overviews, and where they are.

mod choose;
mod overview;
mod places;
mod read;
mod stream;

use dataforge_protocol::id::WorkspaceId;
use tokio::sync::mpsc;

use crate::api::{ApiError, Reply, SamplesRequest};
use crate::client::Output;
use crate::node::Node;

pub(super) async fn dispatch(
    node: &Node,
    workspace: WorkspaceId,
    ask: SamplesRequest,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    match ask {
        SamplesRequest::Read { run, curves, form, from, to } => {
            read::read(node, workspace, read::Wanted { run, curves, form, from, to }, out).await.map(Reply::Samples)
        }
        SamplesRequest::Overview { run, curves, buckets } => {
            overview::overview(node, workspace, overview::Wanted { run, curves, buckets }, out)
                .await
                .map(Reply::Samples)
        }
        SamplesRequest::Where { runs } => places::find(node, workspace, runs).await,
    }
}
