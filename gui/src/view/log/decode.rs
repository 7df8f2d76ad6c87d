//! Makes series of what the node sends, on a thread of its own: millions of samples take a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use bytes::Bytes;
use dataforge_node::api::{ApiError, ErrorKind, SamplesReply};
use dataforge_node::plot::curve::usual_range;
use dataforge_node::series::{OverviewReader, ReadError, SampleReader, Samples, Series, Trace};
use egui::Context;

use super::super::Ticket;
use super::path::DepthPath;

/// Jobs that may wait; more stay with the calls they are of.
const QUEUE: usize = 64;

/// What there is of a curve.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// Its samples, or an overview.
    pub(super) trace: Trace,
    /// The unit of its index.
    pub(super) index_unit: String,
    /// The range that most of its values are in.
    pub(super) range: Option<(f64, f64)>,
}

/// An array curve: several values at each index.
#[derive(Debug, Clone)]
pub(super) struct ArrayCurve {
    pub(super) index: Arc<[f64]>,
    pub(super) columns: usize,
    pub(super) values: Vec<f64>,
    pub(super) index_unit: String,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Buckets.
    Overview,
    /// All samples.
    Samples,
}

/// What is sent to the thread.
#[derive(Debug)]
pub(super) enum Job {
    /// The next bytes of a call.
    Part {
        /// The call.
        ticket: Ticket,
        /// What it brings.
        form: Form,
        /// The bytes.
        bytes: Bytes,
    },
    /// A call has ended well.
    End {
        /// The call.
        ticket: Ticket,
        /// What it brought.
        form: Form,
        /// What was said at its end.
        reply: Box<SamplesReply>,
        /// Where depths along the hole are straight down, when that is shown.
        path: Option<Arc<DepthPath>>,
    },
    /// Nothing more comes of a call.
    Forget(Ticket),
}

/// What became of a call.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) ticket: Ticket,
    pub(super) result: Result<Decoded, ApiError>,
}

/// Curves of a run by their ordinals.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) curves: Vec<(u32, Arc<Curve>)>,
    /// Array curves by the ordinals of their elements.
    pub(super) arrays: Vec<(u32, Arc<ArrayCurve>)>,
}

/// The thread; it ends with this.
#[derive(Debug)]
pub(super) struct Decoder {
    jobs: SyncSender<Job>,
    done: Receiver<Done>,
}

impl Decoder {
    /// Starts it; `ctx` is asked to draw when something is done.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(ctx: &Context) -> Result<Self, ApiError> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let (finished, done) = sync_channel(QUEUE);
        let ctx = ctx.clone();
        let work = move || {
            let mut readers = BTreeMap::new();
            while let Ok(job) = queue.recv() {
                if let Some(done) = work_on(&mut readers, job)
                    && finished.send(done).is_err()
                {
                    return;
                }
                // There is room for more, or something to be seen.
                ctx.request_repaint();
            }
        };
        let spawned = std::thread::Builder::new().name("gui-decode".to_owned()).spawn(work);
        spawned.map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
        Ok(Self { jobs, done })
    }

    /// Hands over a job, or returns it when too many wait.
    ///
    /// # Errors
    /// The job.
    pub(super) fn give(&self, job: Job) -> Result<(), Job> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        })
    }

    /// Returns the next result, if there is one.
    pub(super) fn take(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }
}

/// What reads a call's bytes as they come; the first error is kept for its end.
#[derive(Debug)]
enum Reader {
    Overview(OverviewReader),
    Samples(SampleReader),
    Failed(ReadError),
}

impl Reader {
    fn new(form: Form) -> Self {
        match form {
            Form::Overview => Self::Overview(OverviewReader::new()),
            Form::Samples => Self::Samples(SampleReader::new()),
        }
    }

    fn push(&mut self, bytes: Bytes) {
        let pushed = match self {
            Self::Overview(reader) => reader.push(bytes),
            Self::Samples(reader) => reader.push(bytes),
            Self::Failed(_) => Ok(()),
        };
        if let Err(error) = pushed {
            *self = Self::Failed(error);
        }
    }
}

/// Does a job; returns what became of a call that has ended.
fn work_on(readers: &mut BTreeMap<Ticket, Reader>, job: Job) -> Option<Done> {
    match job {
        Job::Part { ticket, form, bytes } => {
            readers.entry(ticket).or_insert_with(|| Reader::new(form)).push(bytes);
            None
        }
        Job::Forget(ticket) => {
            readers.remove(&ticket);
            None
        }
        Job::End { ticket, form, reply, path } => {
            let decoded = match readers.remove(&ticket).unwrap_or_else(|| Reader::new(form)) {
                Reader::Overview(reader) => overview(reader, &reply),
                Reader::Samples(reader) => samples(reader, &reply, path.as_deref()),
                Reader::Failed(error) => Err(error),
            };
            let result = decoded.map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error));
            Some(Done { ticket, result })
        }
    }
}

fn overview(reader: OverviewReader, reply: &SamplesReply) -> Result<Decoded, ReadError> {
    let buckets = reader.finish()?;
    let unit = &reply.index.unit;
    let curve = |ordinal: u32| {
        let trace = Trace::Overview(buckets.overview(ordinal)?);
        let range = usual_range(&trace);
        Some((ordinal, Arc::new(Curve { trace, index_unit: unit.clone(), range })))
    };
    Ok(Decoded { curves: buckets.ordinals().filter_map(curve).collect(), arrays: Vec::new() })
}

fn samples(reader: SampleReader, reply: &SamplesReply, path: Option<&DepthPath>) -> Result<Decoded, ReadError> {
    let Samples { order, curves } = reader.finish()?;
    let delivered = reply.index.unit.clone();
    let to_m = reply.index.to_si;
    // Along the hole as delivered; straight down in metres.
    let (index, unit) = match (path, to_m) {
        (Some(path), Some(to_m)) => {
            let mut down: Vec<f64> = order.index().iter().map(|at| path.at(at * to_m).unwrap_or(f64::NAN)).collect();
            drop_upward(&mut down);
            (Some(down), "m".to_owned())
        }
        _ => (None, delivered),
    };
    let mut decoded = Decoded { arrays: arrays(reply, &order, &curves, index.as_deref(), &unit), ..Decoded::default() };
    for (ordinal, series) in curves {
        let series = match &index {
            Some(index) => Series::new(index, series.values())?,
            None => series,
        };
        let trace = Trace::Samples(series);
        let range = usual_range(&trace);
        decoded.curves.push((ordinal, Arc::new(Curve { trace, index_unit: unit.clone(), range })));
    }
    Ok(decoded)
}

/// Takes depths away that lie above one that came before, as prints do: there is no line down where the hole
/// goes up.
fn drop_upward(down: &mut [f64]) {
    let mut deepest = f64::NEG_INFINITY;
    for depth in down {
        if *depth < deepest {
            *depth = f64::NAN;
        } else if depth.is_finite() {
            deepest = *depth;
        }
    }
}

/// Puts the elements of array curves together, each array by each of its elements.
fn arrays(
    reply: &SamplesReply,
    order: &dataforge_node::series::Order,
    curves: &[(u32, Series)],
    index: Option<&[f64]>,
    unit: &str,
) -> Vec<(u32, Arc<ArrayCurve>)> {
    let mut found: Vec<(&str, Vec<(u32, u32)>)> = Vec::new();
    for curve in &reply.curves {
        let (Some(array), Some(element)) = (curve.array.as_deref(), curve.element) else { continue };
        match found.iter_mut().find(|(name, _)| *name == array) {
            Some((_, elements)) => elements.push((element, curve.ordinal)),
            None => found.push((array, vec![(element, curve.ordinal)])),
        }
    }
    // Samples beyond the survey, or where the hole goes up, have no depth.
    let placed = index.unwrap_or_else(|| &order.index()[..]);
    let rows: Vec<usize> = placed.iter().enumerate().filter(|(_, at)| at.is_finite()).map(|(row, _)| row).collect();
    let index: Arc<[f64]> = placed.iter().copied().filter(|at| at.is_finite()).collect();
    let array = |(_, mut elements): (&str, Vec<(u32, u32)>)| {
        elements.sort_unstable();
        let of = |ordinal: u32| curves.iter().find(|(one, _)| *one == ordinal).map(|(_, series)| series.values());
        let columns: Vec<_> = elements.iter().filter_map(|(_, ordinal)| of(*ordinal)).collect();
        if columns.len() < 2 {
            return Vec::new();
        }
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        for row in &rows {
            values.extend(columns.iter().map(|column| column.get(*row).copied().unwrap_or(f64::NAN)));
        }
        let array =
            ArrayCurve { index: Arc::clone(&index), columns: columns.len(), values, index_unit: unit.to_owned() };
        let array = Arc::new(array);
        elements.iter().map(|(_, ordinal)| (*ordinal, Arc::clone(&array))).collect::<Vec<_>>()
    };
    found.into_iter().flat_map(array).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use dataforge_node::api::{ErrorKind, SampleCurve, SampleForm, SampleIndex, SamplesReply};
    use dataforge_node::series::Order;

    use super::{Form, Job, arrays, drop_upward, work_on};

    fn reply(curves: Vec<SampleCurve>) -> SamplesReply {
        let index = SampleIndex {
            column: "depth".to_owned(),
            unit: "m".to_owned(),
            kind: "depth".to_owned(),
            to_si: Some(1.0),
            min: None,
            max: None,
        };
        SamplesReply {
            run: "run".to_owned(),
            form: SampleForm::Native,
            index,
            curves,
            rows: 2,
            of_rows: 2,
            is_complete: true,
            bucket_rows: 1,
            is_held: true,
            bytes: 0,
        }
    }

    fn element(ordinal: u32, element: u32) -> SampleCurve {
        SampleCurve {
            ordinal,
            curve: format!("NMR[{element}]"),
            mnemonic: format!("NMR[{element}]"),
            column: format!("nmr_{element}"),
            unit: String::new(),
            property: None,
            array: Some("NMR".to_owned()),
            element: Some(element),
        }
    }

    #[test]
    fn bytes_that_are_no_samples_are_told_at_the_end_of_their_call() {
        let mut readers = BTreeMap::new();
        let part = |ticket| Job::Part { ticket, form: Form::Samples, bytes: Bytes::from_static(&[7; 64]) };
        assert!(work_on(&mut readers, part(1)).is_none() && work_on(&mut readers, part(2)).is_none());
        assert!(work_on(&mut readers, Job::Forget(2)).is_none());
        let end = Job::End { ticket: 1, form: Form::Samples, reply: Box::new(reply(Vec::new())), path: None };
        let done = work_on(&mut readers, end).unwrap();
        assert_eq!((done.ticket, done.result.unwrap_err().kind), (1, ErrorKind::Damaged));
        assert!(readers.is_empty(), "nothing is kept of what is over");
    }

    #[test]
    fn elements_of_an_array_stand_in_their_order_whatever_that_of_the_columns() {
        let order = Order::new(&[10.0, 20.0]);
        let series = |values: [f64; 2]| order.series(&values).unwrap();
        let curves = [(4, series([1.0, 2.0])), (5, series([3.0, 4.0]))];
        let reply = reply(vec![element(4, 2), element(5, 1)]);
        let found = arrays(&reply, &order, &curves, None, "m");
        let ordinals: Vec<u32> = found.iter().map(|(ordinal, _)| *ordinal).collect();
        assert_eq!(ordinals, [5, 4], "each of them finds it");
        let array = &found[0].1;
        assert_eq!((array.columns, array.values.as_slice()), (2, &[3.0, 1.0, 4.0, 2.0][..]));
        assert!(arrays(&reply, &order, &curves[..1], None, "m").is_empty(), "one element is no array");
        let placed = arrays(&reply, &order, &curves, Some(&[9.0, f64::NAN][..]), "m");
        assert_eq!((&*placed[0].1.index, placed[0].1.values.as_slice()), (&[9.0][..], &[3.0, 1.0][..]));
    }

    #[test]
    fn where_the_hole_goes_up_there_is_no_line_down() {
        let mut down = [1.0, 2.0, 3.0, 2.5, f64::NAN, 2.9, 3.5];
        drop_upward(&mut down);
        assert!(down[3].is_nan() && down[5].is_nan(), "{down:?}");
        assert_eq!((down[2], down[6]), (3.0, 3.5));
    }
}
