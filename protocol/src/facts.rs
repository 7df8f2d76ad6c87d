//! Facts: what cannot change about a document, and about one rendition of a run.
//!
//! The facts of a document make its id ([`Facts::doc_id`]); an Open entry carries them, so two
//! people who import the same file offline derive the same run. Facts of a rendition are compact
//! values inside the run's Automerge document: what a reader version found in the source.
//!
//! All types encode with postcard; decoding is bounded by the size of the entry body.

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, DocId};

/// Characters of a normalised UWI.
const MAX_UWI: usize = 64;

/// The kind of a document and the facts that identify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Facts {
    /// A project: made by a person, so nothing but a nonce identifies it.
    Project {
        /// Random bytes of its maker.
        nonce: [u8; 16],
    },
    /// A well.
    Well(WellFacts),
    /// A run: one index and its curves in one source file.
    Run {
        /// BLAKE3 of the source file.
        source: BlobHash,
        /// Position of the data set in the source file, from 0.
        data_set: u32,
    },
    /// The workspace's own words for curves and units; there is one.
    Dictionary,
    /// Any other file, kept as it is.
    Attachment {
        /// BLAKE3 of the file.
        blob: BlobHash,
    },
    /// A chart.
    Chart {
        /// Random bytes of its maker.
        nonce: [u8; 16],
    },
    /// A named choice of wells, curves and intervals.
    Selection {
        /// Random bytes of its maker.
        nonce: [u8; 16],
    },
    /// Tops and zones of one well, as one source or person has them.
    Tops(Origin),
    /// One deviation survey.
    Survey(Origin),
    /// What holds for the whole workspace: how conflicts are resolved, groups of people; there is one.
    Settings,
}

/// Where a set of tops or a survey comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A table that was imported: who imports the same file fills the same document.
    Run(DocId),
    /// A person who made it: random bytes.
    Person([u8; 16]),
}

/// What identifies a well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WellFacts {
    /// Its normalised unique identifier (UWI or API number): upper case, letters and digits only.
    Uwi(String),
    /// Without one, the first run that was filed under it.
    FirstRun(DocId),
}

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DocKind {
    /// Organises wells.
    Project,
    /// A well.
    Well,
    /// A run with its curves.
    Run,
    /// The workspace's own words for curves and units.
    Dictionary,
    /// A file kept as it is.
    Attachment,
    /// A chart.
    Chart,
    /// A named choice of wells, curves and intervals.
    Selection,
    /// Tops and zones of a well.
    Tops,
    /// A deviation survey.
    Survey,
    /// What holds for the whole workspace.
    Settings,
}

impl DocKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Project,
        Self::Well,
        Self::Run,
        Self::Dictionary,
        Self::Attachment,
        Self::Chart,
        Self::Selection,
        Self::Tops,
        Self::Survey,
        Self::Settings,
    ];

    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Well => "well",
            Self::Run => "run",
            Self::Dictionary => "dictionary",
            Self::Attachment => "attachment",
            Self::Chart => "chart",
            Self::Selection => "selection",
            Self::Tops => "tops",
            Self::Survey => "survey",
            Self::Settings => "settings",
        }
    }
}

impl Facts {
    /// Returns the kind of document these facts identify.
    #[must_use]
    pub const fn kind(&self) -> DocKind {
        match self {
            Self::Project { .. } => DocKind::Project,
            Self::Well(_) => DocKind::Well,
            Self::Run { .. } => DocKind::Run,
            Self::Dictionary => DocKind::Dictionary,
            Self::Attachment { .. } => DocKind::Attachment,
            Self::Chart { .. } => DocKind::Chart,
            Self::Selection { .. } => DocKind::Selection,
            Self::Tops(_) => DocKind::Tops,
            Self::Survey(_) => DocKind::Survey,
            Self::Settings => DocKind::Settings,
        }
    }

    /// Returns the canonical bytes: the kind's discriminant and the facts, in postcard.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("facts have no unserialisable part")
    }

    /// Reads the body of an Open entry; `None` when it is malformed, not canonical or out of bounds.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let facts: Self = postcard::from_bytes(bytes).ok()?;
        let bounded = match &facts {
            Self::Well(WellFacts::Uwi(uwi)) => {
                (1..=MAX_UWI).contains(&uwi.len()) && uwi.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
            _ => true,
        };
        (bounded && facts.to_bytes() == bytes).then_some(facts)
    }

    /// Returns the id of the document: BLAKE3 in key-derivation mode over [`Facts::to_bytes`].
    #[must_use]
    pub fn doc_id(&self) -> DocId {
        DocId(blake3::derive_key("dataforge document 1", &self.to_bytes()))
    }
}

/// What one reader version made of a data set: the facts of a run's native table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenditionFacts {
    /// The Parquet blob.
    pub blob: BlobHash,
    /// Its size in bytes.
    pub blob_size: u64,
    /// The reader and its version, e.g. `las/1`.
    pub reader: String,
    /// SHA-256 of the source file, as other systems quote it.
    pub source_sha256: [u8; 32],
    /// Size of the source file in bytes.
    pub source_size: u64,
    /// Number of rows.
    pub rows: u64,
    /// The index column.
    pub index: IndexFacts,
    /// The curves, index excluded, in column order.
    pub curves: Vec<CurveFacts>,
    /// What the data set is.
    pub set: SetFacts,
    /// What the source says about the acquisition.
    pub header: HeaderFacts,
    /// What was odd about the source.
    pub report: ReportFacts,
}

/// What a data set is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetFacts {
    /// Its kind.
    pub kind: SetKind,
    /// Its name as delivered, e.g. `Core` of `~Core_Data[2]` or the name of a sheet; may be empty.
    pub name: String,
    /// Its number as delivered, e.g. 2 of `~Core_Data[2]`.
    pub number: Option<u32>,
}

/// The kind of a data set. All but the first are tables: rows that are no samples of curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SetKind {
    /// Curves against depth or time.
    Log,
    /// Formation tops.
    Tops,
    /// A deviation survey.
    Survey,
    /// Core descriptions or measurements.
    Core,
    /// Drilling records.
    Drilling,
    /// Well tests.
    Test,
    /// Perforations.
    Perforation,
    /// Anything else.
    Other,
}

impl SetKind {
    /// All kinds.
    pub const ALL: [Self; 8] =
        [Self::Log, Self::Tops, Self::Survey, Self::Core, Self::Drilling, Self::Test, Self::Perforation, Self::Other];

    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Tops => "tops",
            Self::Survey => "survey",
            Self::Core => "core",
            Self::Drilling => "drilling",
            Self::Test => "test",
            Self::Perforation => "perforation",
            Self::Other => "other",
        }
    }
}

/// What the source says about the acquisition of a run; texts as delivered unless said otherwise.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeaderFacts {
    /// The company that logged.
    pub service_company: Option<String>,
    /// The date of the log.
    pub date: Option<String>,
    /// The number of the run.
    pub run_number: Option<String>,
    /// The pass, e.g. `main` or `repeat`.
    pub pass: Option<String>,
    /// How it was acquired, by our words: `wireline`, `lwd`, `mud_log`, `core` or `computed`.
    pub acquisition: Option<String>,
    /// What hole it was logged in, by our words: `open_hole`, `cased_hole` or `production`.
    pub log_type: Option<String>,
    /// The wellbore: sidetrack or completion code of the identifier.
    pub wellbore: Option<String>,
    /// What depths are measured from, by its code: `KB`, `RT`, `DF`, `GL`, `MSL` …
    pub datum: Option<String>,
    /// How far that is above mean sea level, in metres.
    pub elevation_m: Option<f64>,
}

/// What was odd about a source, as its reader reported it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReportFacts {
    /// Notices seen, also those not kept.
    pub seen: u64,
    /// The first of them.
    pub notices: Vec<NoticeFacts>,
}

/// One oddity of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFacts {
    /// 1-based line; 0 when it concerns the whole file.
    pub line: u32,
    /// 1-based column in characters; 0 when it concerns the whole line.
    pub column: u32,
    /// Its kind, e.g. `short-row`.
    pub kind: String,
    /// What was found and what was done about it.
    pub message: String,
}

/// The index column of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexFacts {
    /// Mnemonic as delivered.
    pub mnemonic: String,
    /// Column name in the Parquet blob and in SQL.
    pub column: String,
    /// Unit as delivered.
    pub unit: String,
    /// What the index measures.
    pub kind: IndexKind,
    /// Whether values are text; numbers otherwise.
    pub text: bool,
    /// Factor from the delivered unit to metres (depth) or seconds (time); `None` when unknown.
    pub to_si: Option<f64>,
    /// Smallest value, in the delivered unit; `None` when all are null.
    pub min: Option<f64>,
    /// Largest value, in the delivered unit.
    pub max: Option<f64>,
    /// The common step in the delivered unit, negative when the log runs upwards; `None` when
    /// irregular (any step over 1 % off the median).
    pub step: Option<f64>,
    /// Number of rows whose index does not continue in the direction of the first step.
    pub reversals: u64,
}

/// What an index measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexKind {
    /// Depth along the hole or vertical depth.
    Depth,
    /// Time.
    Time,
    /// Anything else.
    Other,
}

impl IndexKind {
    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Time => "time",
            Self::Other => "other",
        }
    }
}

/// One curve of a rendition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveFacts {
    /// Position in the data set, from 1 (the index is 0).
    pub ordinal: u32,
    /// Mnemonic as delivered; may repeat within a run.
    pub mnemonic: String,
    /// Column name in the Parquet blob and in SQL: lower case, unique within the run.
    pub column: String,
    /// Unit as delivered.
    pub unit: String,
    /// Description as delivered.
    pub description: String,
    /// Whether values are text; numbers otherwise.
    pub text: bool,
    /// Number of non-null values.
    pub count: u64,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// Mean of the numbers.
    pub mean: Option<f64>,
    /// Index of the first non-null value, in the delivered unit.
    pub top: Option<f64>,
    /// Index of the last non-null value, in the delivered unit.
    pub base: Option<f64>,
}

/// A gridded copy of a run: its curves on the well's depth grid, in canonical units. It follows
/// from the native table and the grid, so anybody can make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GriddedFacts {
    /// The native table it was made of.
    pub native: BlobHash,
    /// The Parquet blob.
    pub blob: BlobHash,
    /// Its size in bytes.
    pub blob_size: u64,
    /// The gridding and its version, e.g. `grid/1`.
    pub maker: String,
    /// Unit of the grid, e.g. `ft`.
    pub unit: String,
    /// Step, in that unit.
    pub step: f64,
    /// A depth the grid goes through, in that unit.
    pub origin: f64,
    /// Number of rows.
    pub rows: u64,
    /// The curves, depth excluded, in column order.
    pub curves: Vec<GriddedCurve>,
}

/// One curve of a gridded copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GriddedCurve {
    /// Its ordinal in the run.
    pub ordinal: u32,
    /// Its column.
    pub column: String,
    /// Its unit there; as delivered when that is not understood.
    pub unit: String,
    /// How it was resampled: `linear`, `nearest` or `average`.
    pub method: String,
    /// Number of non-null values.
    pub count: u64,
    /// Depth of the first value, in the grid's unit.
    pub top: Option<f64>,
    /// Depth of the last value.
    pub base: Option<f64>,
}

/// The pyramid of a large native table: minima and maxima of stretches of rows. It follows from the
/// table, so anybody can make it again; it is small, so that a curve can be seen before its samples
/// are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PyramidFacts {
    /// The native table it was made of.
    pub native: BlobHash,
    /// The Parquet blob.
    pub blob: BlobHash,
    /// Its size in bytes.
    pub blob_size: u64,
    /// The making and its version, e.g. `pyramid/1`.
    pub maker: String,
    /// Rows of the native table in a bucket; the last may have fewer.
    pub bucket_rows: u64,
    /// Number of buckets, which is that of its rows.
    pub buckets: u64,
}
