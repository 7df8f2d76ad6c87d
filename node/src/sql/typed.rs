//! Asking with errors that keep their kind, for faces whose clients tell kinds apart by a code.

use dataforge_query::{Description, QueryError, QueryStream, Question};

use crate::api::ApiError;
use crate::node::Node;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The statement is refused, or fails.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The node cannot put it to an engine.
    #[error(transparent)]
    Node(#[from] ApiError),
}

impl Node {
    /// Runs a statement as [`Node::ask`] does.
    ///
    /// # Errors
    /// [`AskError`], with the kind of a refusal.
    pub async fn ask_typed(&self, workspace: Option<&str>, question: Question) -> Result<QueryStream, AskError> {
        let engine = self.engine(workspace).await?;
        Ok(engine.query(question).await?)
    }

    /// Plans a statement as [`Node::describe`] does.
    ///
    /// # Errors
    /// [`AskError`], with the kind of a refusal.
    pub async fn describe_typed(&self, workspace: Option<&str>, sql: &str) -> Result<Description, AskError> {
        let engine = self.engine(workspace).await?;
        Ok(engine.describe(sql).await?)
    }
}
