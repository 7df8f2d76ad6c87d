//! The messages of an Arrow stream, looked at before any is decoded: what it says of itself, and how large its
//! parts become when they are decompressed. The decoder allocates whatever a part says.

use arrow::datatypes::Schema;
use arrow::ipc;
use arrow::ipc::convert::fb_to_schema;

use super::{ARROW_STREAM, input};
use crate::api::ApiError;

/// Bytes of a length.
const WORD: usize = 4;
/// Bytes before what is compressed: how large it was.
const SAID: usize = 8;

/// What comes at a place of a stream.
enum Next<'a> {
    /// A message, its body, and where it ends.
    Message(ipc::Message<'a>, &'a [u8], usize),
    /// The end mark.
    End,
}

/// Reads a message as the decoder does; nothing when it is damaged or cut.
fn next(bytes: &[u8], at: usize) -> Option<Next<'_>> {
    let word = |at: usize| -> Option<[u8; WORD]> { bytes.get(at..at.checked_add(WORD)?)?.try_into().ok() };
    let mut from = at;
    // What comes first marks newer streams; older ones begin with the length.
    if word(from)?.as_slice() == ARROW_STREAM {
        from = from.checked_add(WORD)?;
    }
    let size = usize::try_from(u32::from_le_bytes(word(from)?)).ok()?;
    if size == 0 {
        return Some(Next::End);
    }
    from = from.checked_add(WORD)?;
    let body = from.checked_add(size)?;
    let message = ipc::root_as_message(bytes.get(from..body)?).ok()?;
    let end = body.checked_add(usize::try_from(message.bodyLength()).ok()?)?;
    Some(Next::Message(message, bytes.get(body..end)?, end))
}

/// Returns the schema of a stream, which comes first.
pub(super) fn schema(bytes: &[u8]) -> Option<Schema> {
    match next(bytes, 0)? {
        Next::Message(message, ..) => message.header_as_schema().map(fb_to_schema),
        Next::End => None,
    }
}

/// Refuses a stream whose parts become larger than may be held at once, or do not say how large.
pub(super) fn check(bytes: &[u8], most: u64) -> Result<(), ApiError> {
    let (mut at, mut total) = (0, 0_u64);
    loop {
        let (message, body, end) = match next(bytes, at) {
            Some(Next::Message(message, body, end)) => (message, body, end),
            Some(Next::End) => return Ok(()),
            None => return Err(input(format!("the arrow stream cannot be read: it is damaged at byte {at}"))),
        };
        let batch = message
            .header_as_record_batch()
            .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
        if let Some(batch) = batch {
            total = total.saturating_add(decompressed(&batch, body)?);
        }
        if total > most {
            return Err(input(format!("the arrow stream takes {total} bytes decompressed; at most {most} are taken"))
                .hint(format!("split it, or raise the limit: dataforge config set import.max_file_bytes {total}")));
        }
        at = end;
    }
}

/// Returns what the compressed parts of a message say they become.
fn decompressed(batch: &ipc::RecordBatch<'_>, body: &[u8]) -> Result<u64, ApiError> {
    let Some(compression) = batch.compression() else { return Ok(0) };
    if compression.codec() != ipc::CompressionType::ZSTD {
        return Err(input("the arrow stream is compressed with lz4, which may become larger than it says")
            .hint("write it without compression, or with zstd"));
    }
    let said = |part: &ipc::Buffer| -> Option<u64> {
        let at = usize::try_from(part.offset()).ok()?;
        let said: [u8; SAID] = body.get(at..at.checked_add(SAID)?)?.try_into().ok()?;
        // Less than nothing says that it is not compressed.
        u64::try_from(i64::from_le_bytes(said)).ok()
    };
    let Some(parts) = batch.buffers() else { return Ok(0) };
    Ok(parts.iter().filter(|part| part.length() > 0).filter_map(said).fold(0, u64::saturating_add))
}
