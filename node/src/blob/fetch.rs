//! Fetching a blob from a peer: verified on arrival, hashed again on disk, healed when the store
//! believes it has what a cut took away.

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::BlobHash;
use iroh::endpoint::Connection;
use iroh_blobs::get::request::get_blob;

use super::{Blobs, Durable, blob_error, iroh_hash};
use crate::api::{ApiError, ErrorKind};

impl Blobs {
    /// Fetches a blob over a connection to a peer that holds it. What was received before a cut is
    /// kept and not fetched again. The blob is not durable yet; see [`Blobs::settle`].
    ///
    /// # Errors
    /// `Network` when the peer does not have it or goes away.
    pub(crate) async fn fetch(&self, connection: &Connection, blob: &BlobRef) -> Result<Durable, ApiError> {
        let hash = iroh_hash(&blob.hash);
        let tag =
            self.store().tags().temp_tag(hash).await.map_err(|error| blob_error("cannot protect a blob", error))?;
        let network =
            |error: String| ApiError::new(ErrorKind::Network, format!("blob {}: {error}", blob.hash.fmt_short()));
        let local = self.store().remote().local(hash).await.map_err(|error| network(error.to_string()))?;
        if !local.is_complete() {
            // An empty request would still make a round trip.
            let fetched = self.store().remote().execute_get(connection.clone(), local.missing()).await;
            fetched.map_err(|error| network(error.to_string()))?;
        }
        Ok(Durable { hash: blob.hash, size: blob.size, _tag: tag })
    }

    /// Makes fetched blobs durable; those the store wrongly took for complete are fetched again in
    /// memory, which overwrites the damaged file. Returns what is durable now.
    ///
    /// # Errors
    /// `Storage` when syncing fails.
    pub(crate) async fn settle(
        &self,
        connection: &Connection,
        fetched: Vec<Durable>,
    ) -> Result<Vec<Durable>, ApiError> {
        let wrong = self.make_durable(fetched.iter().map(|blob| (blob.hash, blob.size)).collect()).await?;
        if wrong.is_empty() {
            return Ok(fetched);
        }
        let (damaged, mut whole): (Vec<_>, Vec<_>) = fetched.into_iter().partition(|blob| wrong.contains(&blob.hash));
        for blob in damaged {
            match self.heal(connection, blob.hash, blob.size).await {
                Ok(healed) => whole.extend(healed),
                Err(error) => tracing::warn!("blob {} could not be healed: {error}", blob.hash.fmt_short()),
            }
        }
        Ok(whole)
    }

    async fn heal(&self, connection: &Connection, hash: BlobHash, size: u64) -> Result<Vec<Durable>, ApiError> {
        let got = get_blob(connection.clone(), iroh_hash(&hash)).bytes().await;
        let bytes =
            got.map_err(|error| ApiError::new(ErrorKind::Network, format!("blob {}: {error}", hash.fmt_short())))?;
        if bytes.len() as u64 != size {
            return Err(ApiError::new(
                ErrorKind::Damaged,
                format!("blob {} has another size than declared", hash.fmt_short()),
            ));
        }
        self.add(vec![bytes]).await
    }
}
