//! Tables of runs as files: their very bytes, by ranges, for tools that read Parquet themselves.
//!
//! Ranges of what is not held here come from peers, verified, exactly as those that SQL reads.

use std::ops::Range;

use bytes::Bytes;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use crate::api::{ApiError, ErrorKind};
use crate::index::Index;
use crate::node::Node;
use crate::sql::file_of;
use crate::table::see_that_held;
use crate::{admission, footer, read};

/// The Parquet file of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTable {
    workspace: WorkspaceId,
    hash: BlobHash,
    size: u64,
}

impl RunTable {
    /// Returns its BLAKE3 hash in hex: the same hash, the same bytes.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hash.to_string()
    }

    /// Returns how many bytes it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl Node {
    /// Finds the table of a run, which is named by its id, the start of it, or its name: as delivered, or
    /// its gridded copy.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Usage` when the name is that of several runs.
    pub async fn run_table(&self, workspace: Option<&str>, run: &str, is_gridded: bool) -> Result<RunTable, ApiError> {
        self.flush_edits().await;
        admission::admit_or_tell(self).await;
        let workspace = crate::requests::find(self, workspace.map(str::to_owned)).await?;
        let name = run.to_owned();
        self.with_core(move |core| {
            let connection = core.store.connection();
            let run = Index::new(connection, workspace).find_run(&name)?;
            match file_of(connection, workspace, &run, is_gridded)? {
                Some(file) => Ok(RunTable { workspace, hash: BlobHash(file.blob), size: file.size }),
                None if is_gridded => {
                    Err(ApiError::new(ErrorKind::NotFound, format!("run {name:?} has no gridded copy"))
                        .hint(format!("dataforge grid {} makes one", run.fmt_short())))
                }
                None => Err(ApiError::new(ErrorKind::NotFound, format!("the well of run {name:?} is deleted"))
                    .hint("dataforge restore takes a deletion back")),
            }
        })
        .await
    }

    /// Reads bytes of a table, from peers where it is not held.
    ///
    /// # Errors
    /// `NotFound` when nobody who can be reached has it, with who holds it; `Damaged` when it is not what
    /// its run says or cannot be read; `Busy` when it was not checked yet.
    pub async fn read_table(&self, table: &RunTable, range: Range<u64>) -> Result<Bytes, ApiError> {
        let RunTable { workspace, hash, .. } = *table;
        match self.with_core(move |core| see_that_held(core, &workspace, &hash)).await {
            Ok(()) => {
                self.uses().note(self, &hash, true);
                let blobs = self.blobs().clone();
                let part = tokio::task::spawn_blocking(move || blobs.read(&hash, range)).await;
                part.unwrap_or_else(|error| Err(broken_off(&error)))
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                let allow = |_bytes: u64| Ok::<_, ApiError>(());
                footer::see_that_sound(self, &workspace, &hash, &allow).await?;
                let parts = read::read(self, &workspace, &hash, std::slice::from_ref(&range)).await?;
                parts.into_iter().next().ok_or_else(|| ApiError::new(ErrorKind::Internal, "a read gave nothing"))
            }
            Err(error) => Err(error),
        }
    }
}

fn broken_off(error: &tokio::task::JoinError) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("a read was interrupted: {error}"))
}
