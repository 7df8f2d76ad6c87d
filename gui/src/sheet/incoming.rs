//! A sheet on its way: bytes of an Arrow stream as they come, turned into batches on a thread.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use bytes::Bytes;
use dataforge_node::api::{ApiError, ErrorKind, OutputFormat, QueryLimits, Reply, Request};
use egui::Context;

use super::Sheet;
use crate::calls::{News, Ticket};
use crate::state::expect;
use crate::view::Cx;
use crate::work::{Job, take};

/// What a thread makes of some bytes.
struct Decoded {
    decoder: StreamDecoder,
    batches: Vec<RecordBatch>,
    error: Option<ArrowError>,
}

/// A query whose rows come.
#[derive(Debug, Default)]
pub struct Incoming {
    ticket: Option<Ticket>,
    sheet: Sheet,
    waiting: Vec<Bytes>,
    decoder: Option<StreamDecoder>,
    job: Option<Job<Decoded>>,
    /// Whether the node has said all.
    ended: bool,
    was_cancelled: bool,
    error: Option<ApiError>,
    most: Option<usize>,
    /// Whether more rows were there than are kept.
    is_cut: bool,
    /// Whether it was told that all has come.
    is_told: bool,
}

impl Incoming {
    /// Asks for what a statement returns, in place of what was asked before. Of more than `most` rows
    /// the first are kept and the query is ended.
    pub fn query(&mut self, cx: &mut Cx<'_>, workspace: &str, sql: String, most: Option<usize>) {
        let request = Request::Query {
            workspace: Some(workspace.to_owned()),
            sql,
            format: OutputFormat::Arrow,
            limits: QueryLimits::default(),
        };
        self.cancel(cx);
        *self = Self { ticket: Some(cx.call(request)), most, ..Self::default() };
    }

    /// Ends the query; what came stays.
    pub fn cancel(&mut self, cx: &mut Cx<'_>) {
        if let Some(ticket) = self.ticket.take() {
            cx.cancel(ticket);
            self.ended = true;
            self.was_cancelled = true;
        }
    }

    /// Whether news of this ticket belong here.
    #[must_use]
    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Takes news of its call.
    pub fn on_news(&mut self, news: News) {
        match news {
            News::Data(bytes) => self.waiting.push(bytes),
            News::Progress(_) => {}
            News::Ended(result) => {
                self.ticket = None;
                self.ended = true;
                let told = expect(*result, |reply| matches!(reply, Reply::Query { .. }).then_some(()));
                self.error = told.err();
            }
        }
    }

    /// Turns what came into rows; called with every frame. Returns whether there are more than before.
    pub fn pump(&mut self, ctx: &Context, cx: &mut Cx<'_>) -> bool {
        let mut grown = false;
        if let Some(done) = take(&mut self.job) {
            grown = self.on_decoded(done);
        }
        if self.job.is_none() && !self.waiting.is_empty() && !self.is_cut {
            let parts = std::mem::take(&mut self.waiting);
            let decoder = self.decoder.take().unwrap_or_default();
            self.job = Some(Job::start(ctx, move || decode(decoder, parts)));
        }
        if self.is_cut {
            self.cancel(cx);
        }
        self.check_end();
        grown
    }

    /// Notes an error when all has come and the stream ends in the middle.
    fn check_end(&mut self) {
        let is_whole = self.ended && !self.was_cancelled && self.job.is_none() && self.waiting.is_empty();
        if is_whole
            && self.error.is_none()
            && let Some(decoder) = &mut self.decoder
            && let Err(error) = decoder.finish()
        {
            self.error = Some(ApiError::from_error(ErrorKind::Damaged, &error));
        }
    }

    fn on_decoded(&mut self, done: Option<Decoded>) -> bool {
        let Some(Decoded { decoder, batches, error }) = done else {
            self.error = Some(ApiError::new(ErrorKind::Internal, "reading what the node sent panicked"));
            self.waiting.clear();
            return false;
        };
        if let Some(schema) = decoder.schema() {
            self.sheet.set_schema(schema);
        }
        self.decoder = Some(decoder);
        let before = self.sheet.rows();
        for batch in batches {
            self.push(batch);
        }
        if let Some(error) = error {
            self.error.get_or_insert_with(|| ApiError::from_error(ErrorKind::Damaged, &error));
            self.waiting.clear();
        }
        self.sheet.rows() > before
    }

    fn push(&mut self, batch: RecordBatch) {
        let room = self.most.map_or(usize::MAX, |most| most.saturating_sub(self.sheet.rows()));
        if batch.num_rows() > room {
            self.is_cut = true;
            self.sheet.push(batch.slice(0, room));
        } else {
            self.sheet.push(batch);
        }
    }

    /// Returns what has come.
    #[must_use]
    pub const fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Whether all has come, or nothing more will.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_cut || self.ended && self.job.is_none() && self.waiting.is_empty()
    }

    /// Whether all has come, and nothing of it is wrong or was left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_complete() && !self.is_cut && !self.was_cancelled && self.error.is_none()
    }

    /// Whether all has come since this was last asked: once for each query.
    ///
    /// The end may come in a frame of its own, so that comparing before and after [`Self::pump`] misses it.
    pub fn take_completed(&mut self) -> bool {
        let completes = self.is_complete() && !self.is_told;
        self.is_told |= completes;
        completes
    }

    /// Whether it was asked for and has not come in full.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        let begun = self.ticket.is_some() || self.ended;
        begun && !self.is_complete()
    }

    /// Returns what went wrong.
    #[must_use]
    pub const fn error(&self) -> Option<&ApiError> {
        self.error.as_ref()
    }

    /// Whether there were more rows than are kept.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the columns, once they are known.
    #[must_use]
    pub fn schema(&self) -> Option<SchemaRef> {
        self.decoder.as_ref().and_then(StreamDecoder::schema)
    }
}

fn decode(mut decoder: StreamDecoder, parts: Vec<Bytes>) -> Decoded {
    let mut batches = Vec::new();
    for part in parts {
        let mut buffer = Buffer::from(part);
        while !buffer.is_empty() {
            match decoder.decode(&mut buffer) {
                Ok(batch) => batches.extend(batch),
                Err(error) => return Decoded { decoder, batches, error: Some(error) },
            }
        }
    }
    Decoded { decoder, batches, error: None }
}

#[cfg(test)]
mod tests {
    use arrow::ipc::writer::StreamWriter;
    use bytes::Bytes;
    use dataforge_node::api::{ApiError, ErrorKind, Reply};

    use super::{Incoming, decode};
    use crate::calls::News;
    use crate::sheet::tests::batch;

    fn stream() -> Vec<u8> {
        let rows = batch(&[(Some(1.0), Some("a"), 1), (Some(2.0), None, 2)]);
        let mut writer = StreamWriter::try_new(Vec::new(), &rows.schema()).unwrap();
        writer.write(&rows).unwrap();
        writer.write(&rows).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn bytes_may_be_cut_anywhere() {
        let whole = stream();
        for cut in [1, 7, whole.len() / 2, whole.len() - 3] {
            let parts = vec![Bytes::copy_from_slice(&whole[..cut]), Bytes::copy_from_slice(&whole[cut..])];
            let done = decode(Default::default(), parts);
            assert!(done.error.is_none(), "{:?}", done.error);
            assert_eq!(done.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 4, "cut at {cut}");
        }
    }

    #[test]
    fn only_so_many_rows_are_kept_and_that_is_known() {
        let mut incoming = Incoming { most: Some(3), ended: true, ..Incoming::default() };
        assert!(incoming.on_decoded(Some(decode(Default::default(), vec![Bytes::from(stream())]))));
        assert_eq!(incoming.sheet().rows(), 3);
        assert!(incoming.is_cut() && incoming.is_complete());
    }

    #[test]
    fn what_is_no_stream_is_an_error() {
        let mut incoming = Incoming { ended: true, ..Incoming::default() };
        incoming.on_decoded(Some(decode(Default::default(), vec![Bytes::from_static(&[7; 64])])));
        incoming.check_end();
        assert!(incoming.error().is_some());
        let mut incoming = Incoming { ended: true, ..Incoming::default() };
        incoming.on_decoded(Some(decode(Default::default(), vec![Bytes::from(stream())])));
        incoming.check_end();
        assert_eq!(incoming.error(), None);
    }

    #[test]
    fn a_query_that_failed_says_so_and_is_over() {
        let mut incoming = Incoming { ticket: Some(1), ..Incoming::default() };
        assert!(incoming.is_loading() && incoming.awaits(1));
        let error = ApiError::new(ErrorKind::Query, "no field named x");
        incoming.on_news(News::Ended(Box::new(Err(error.clone()))));
        assert_eq!(incoming.error(), Some(&error));
        assert!(!incoming.is_loading() && incoming.is_complete() && !incoming.is_whole());
        let mut incoming = Incoming { ticket: Some(1), ..Incoming::default() };
        assert!(!incoming.take_completed());
        incoming.on_news(News::Ended(Box::new(Ok(Reply::Query { rows: 0, bytes: 0 }))));
        assert_eq!(incoming.error(), None);
        assert!(incoming.is_whole());
        assert!(incoming.take_completed() && !incoming.take_completed(), "the end is told once");
    }
}
