//! Requests.

mod backup;
mod bundle;
mod charts;
mod conflicts;
mod copying;
mod data;
mod derive;
mod editing;
mod founding;
mod groups;
mod health;
mod history;
mod joining;
mod key;
mod people;
mod plot;
mod projects;
mod query;
mod relay;
mod samples;
mod selections;
mod surveys;
mod tops;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::backup::{BackupRequest, BlobChoice};
pub use self::bundle::{BundleRequest, BundleSince, ExportBundle};
pub use self::charts::{ChartEdit, ChartRequest, CreateChart, ItemPlace, ListCharts};
pub use self::conflicts::{ConflictChoice, ConflictsRequest};
pub use self::copying::CopyRequest;
pub use self::data::DataRequest;
pub use self::derive::DeriveRequest;
pub use self::editing::{Edit, MAX_EDITS, Watching};
pub use self::founding::{FoundingRequest, QuorumRequest};
pub use self::groups::GroupRequest;
pub use self::health::HealthRequest;
pub use self::history::HistoryRequest;
pub use self::joining::JoiningRequest;
pub use self::key::{KeyRequest, Passphrase};
pub use self::people::{PeopleRequest, Words};
pub use self::plot::{PlotFormat, PlotRequest};
pub use self::projects::ProjectRequest;
pub use self::query::{OutputFormat, QueryLimits};
pub use self::relay::RelayOptions;
pub use self::samples::{MAX_BUCKETS, MAX_PLACES, SampleForm, SamplesRequest};
pub use self::selections::{Choices, NewInterval, SelectionsRequest};
pub use self::surveys::{NewStation, SurveysRequest};
pub use self::tops::{NewTop, TopsRequest};

/// What a program asks of a node.
///
/// `workspace` is a workspace's name or id; it may be left out while the node holds one only.
/// A `run` or `well` is named by its name, its full id, or a prefix of its id that is unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Makes a workspace, and this device's identity when it has none yet. → [`Reply::Init`](super::Reply::Init)
    Init {
        /// Name of the workspace.
        name: String,
        /// Display name of the person; by default the login name.
        person: Option<String>,
        /// Label of this device; by default the host name.
        device: Option<String>,
    },
    /// What concerns workspaces with several founding owners. → see there
    Founding {
        /// What.
        ask: FoundingRequest,
    },
    /// Lists the workspaces held here. → `Workspaces`
    Workspaces,
    /// Imports files. Progress comes as events. → `Import`
    Import {
        /// Workspace.
        workspace: Option<String>,
        /// Absolute paths of files and directories (walked in full).
        paths: Vec<PathBuf>,
        /// How.
        #[serde(default)]
        options: ImportOptions,
    },
    /// Appends a derived run: what a tool computed, with what it was made of. → `Derived`
    Derive {
        /// Workspace.
        workspace: Option<String>,
        /// Absolute path of the table: a Parquet file, an Arrow stream or CSV.
        path: PathBuf,
        /// What it is and what it was made of.
        ask: Box<DeriveRequest>,
    },
    /// Lists what was odd about a run's source. → `Report`
    Report {
        /// Workspace.
        workspace: Option<String>,
        /// A run.
        run: String,
    },
    /// Says where the curves of a well have values, over all its runs. → `Coverage`
    Coverage {
        /// Workspace.
        workspace: Option<String>,
        /// A well.
        well: String,
        /// Samples further apart than so many metres have a gap between them; twice the step of a
        /// run when left out.
        gap_m: Option<f64>,
    },
    /// Proposes wells that may be the same. → `Duplicates`
    Duplicates {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Lists what the workspace says about mnemonics. → `Dictionary`
    Dictionary {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Says what a mnemonic means, with all candidates. → `Meanings`
    LookUp {
        /// Workspace.
        workspace: Option<String>,
        /// The curve's header line.
        curve: CurveName,
    },
    /// Says what a mnemonic means in this workspace, or takes it back. → `Done`
    SetMeaning {
        /// Workspace.
        workspace: Option<String>,
        /// The mnemonic, with vendor and unit or without.
        curve: CurveName,
        /// The property it measures.
        property: Option<String>,
        /// The unit it is in, whatever the source says.
        to_unit: Option<String>,
    },
    /// Chooses the curve that stands for a property of a well, or takes it back. → `Done`
    Prefer {
        /// Workspace.
        workspace: Option<String>,
        /// A well.
        well: String,
        /// A property.
        property: String,
        /// `RUN:ORDINAL`; none takes the choice back.
        curve: Option<String>,
    },
    /// Makes gridded copies of a run, or of all depth logs of a well. → `Gridded`
    Grid {
        /// Workspace.
        workspace: Option<String>,
        /// A run or well.
        target: String,
    },
    /// Keeps files as they are. → `Import`
    Attach {
        /// Workspace.
        workspace: Option<String>,
        /// Absolute paths of files and directories (walked in full).
        paths: Vec<PathBuf>,
        /// The well they belong to; the workspace when left out.
        well: Option<String>,
        /// The project they belong to, instead of a well.
        #[serde(default)]
        project: Option<String>,
        /// What they are.
        description: Option<String>,
    },
    /// Lists attachments, of one well, of one project or all. → `Attachments`
    Attachments {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this well.
        well: Option<String>,
        /// Only of this project.
        #[serde(default)]
        project: Option<String>,
    },
    /// Lists wells. → `Wells`
    Wells {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Lists runs, of one well or all. → `Runs`
    Runs {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this well.
        well: Option<String>,
    },
    /// Lists curves, of one run or all. → `Curves`
    Curves {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this run.
        run: Option<String>,
    },
    /// Shows a well or run in full, with coverage. → `Show`
    Show {
        /// Workspace.
        workspace: Option<String>,
        /// A well or run.
        target: String,
    },
    /// Sets a field of a well or run. → `Done`
    Set {
        /// Workspace.
        workspace: Option<String>,
        /// A well, a run, `RUN:ORDINAL` for a curve, or an attachment.
        target: String,
        /// Field: wells `name uwi field company country project grid_unit grid_step grid_origin`; runs
        /// `name well` and those of the acquisition; curves `name unit property quality`; attachments
        /// `name description well project`.
        field: String,
        /// New value.
        value: String,
    },
    /// Marks a well, run or attachment as deleted; needs admin. → `Done`
    Delete {
        /// Workspace.
        workspace: Option<String>,
        /// A well, run or attachment.
        target: String,
    },
    /// Takes a deletion back; needs admin. → `Done`
    Restore {
        /// Workspace.
        workspace: Option<String>,
        /// A well or run, also a deleted one.
        target: String,
    },
    /// Edits several things; each is done or refused by itself. → `Edits`
    Edits {
        /// Workspace.
        workspace: Option<String>,
        /// At most [`MAX_EDITS`], done in this order.
        edits: Vec<Edit>,
        /// Whether the answer comes once all are durable, rather than at once, before any is.
        wait: bool,
    },
    /// Runs a read-only SQL statement; the result comes as output. → `Query`
    Query {
        /// Workspace.
        workspace: Option<String>,
        /// The statement.
        sql: String,
        /// Format of the output.
        format: OutputFormat,
        /// What it may read and give.
        #[serde(default)]
        limits: QueryLimits,
    },
    /// Writes a run, a well or an attachment; the file comes as output. → `Export`
    Export {
        /// Workspace.
        workspace: Option<String>,
        /// A run, a well with one depth log, or an attachment.
        target: String,
        /// Format.
        format: ExportFormat,
        /// What of it, and how.
        #[serde(default)]
        options: ExportOptions,
        /// The name of the file as the client has it, for the record.
        #[serde(default)]
        file: String,
    },
    /// Writes everything in a workspace into a directory, under readable names. → `ExportAll`
    ExportAll {
        /// Workspace.
        workspace: Option<String>,
        /// Absolute path of a directory that is empty or does not exist.
        directory: PathBuf,
        /// Format of the runs.
        format: ExportFormat,
        /// How.
        #[serde(default)]
        options: ExportOptions,
    },
    /// Lists what was exported from this node, newest first. → `Exports`
    Exports {
        /// Workspace.
        workspace: Option<String>,
        /// At most so many.
        limit: u32,
    },
    /// Lists who fetched what from this node, the latest first. → `Accesses`
    Audit {
        /// Workspace.
        workspace: Option<String>,
        /// Only devices of this person: name, words or start of the id.
        #[serde(default)]
        member: Option<String>,
        /// At most so many.
        limit: u32,
    },
    /// Makes an invitation that this device will redeem. → `Invite`
    Invite {
        /// Workspace.
        workspace: Option<String>,
        /// Role: viewer, editor or admin.
        role: String,
        /// How many may use it.
        uses: u32,
        /// Valid for so many hours.
        hours: u32,
        /// How it is redeemed: `handed`, `approval` or `open`.
        #[serde(default)]
        form: Option<String>,
    },
    /// Joins a workspace by a ticket. → `Join` or `JoinPending`
    Join {
        /// The ticket.
        ticket: String,
        /// Display name of the person, when this device has no identity yet.
        person: Option<String>,
        /// Label of this device.
        device: Option<String>,
        /// Go on although the ticket has expired by the clock here: the host decides by its own.
        #[serde(default)]
        ignore_clock: bool,
    },
    /// About joining: what a ticket says, and pairing on a local network.
    Joining {
        /// What.
        ask: JoiningRequest,
    },
    /// Makes this data directory a device of its own, with a new key. → `Done` or `WordsNeeded`
    Renew {
        /// The recovery words of this person.
        words: Option<Words>,
        /// Label of the device; the old one when left out.
        device: Option<String>,
    },
    /// Seals the key of this device, or takes its seal off.
    Key {
        /// What.
        ask: KeyRequest,
    },
    /// Adds this machine to a person by a device's ticket. → `Linked` or `WordsNeeded`
    Link {
        /// The ticket.
        ticket: String,
        /// The recovery words; not needed when this device has an identity.
        words: Option<Words>,
        /// Label of this device.
        device: Option<String>,
        /// As of `Join`.
        #[serde(default)]
        ignore_clock: bool,
    },
    /// Lists members and their devices. → `Members`
    Members {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Exchanges entries and blobs with every peer that can be reached, then returns. → `Sync`
    Sync {
        /// Workspace; all when left out.
        workspace: Option<String>,
        /// More addresses to try, as `DEVICE@IP:PORT`.
        peers: Vec<String>,
        /// Give up after so many seconds.
        timeout_secs: u64,
    },
    /// Says whether work is safe and what is going on. → `Status`
    Status,
    /// Lists known peers and how they were reached. → `Peers`
    Peers,
    /// Lists the newest entries. → `Log`
    Log {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this: then changes say what they wrote over what, in an order that is the same on
        /// every node.
        target: Option<String>,
        /// Only what this person wrote, a member or one who was.
        #[serde(default)]
        member: Option<String>,
        /// Only ops that are void.
        #[serde(default)]
        void: bool,
        /// At most so many.
        limit: u32,
    },
    /// About what several people wrote without knowing of each other.
    Conflicts {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: ConflictsRequest,
    },
    /// About earlier states: who wrote what, what differs, going back.
    History {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: HistoryRequest,
    },
    /// About people: roles, devices, what counts of what they wrote.
    People {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: PeopleRequest,
    },
    /// About projects: what they say, and what is filed under them.
    Projects {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: ProjectRequest,
    },
    /// About groups of people.
    Groups {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: GroupRequest,
    },
    /// Copies or moves wells into another workspace. → `Copied`
    Copy {
        /// The workspace they are in.
        workspace: Option<String>,
        /// What, and where to.
        ask: CopyRequest,
    },
    /// Re-hashes every blob and checks every chain. → `Verify`
    Verify {
        /// Whether damaged blobs are fetched from peers now, rather than with the next sync.
        #[serde(default)]
        repair: bool,
    },
    /// Makes the index anew from the chains. → `Done`
    Rebuild,
    /// Returns the configuration. → `Config`
    ConfigGet {
        /// One key, e.g. `network.listen`; all when left out.
        key: Option<String>,
    },
    /// Changes the configuration. → `Config`
    ConfigSet {
        /// Key.
        key: String,
        /// Value as in TOML; text needs no quotes.
        value: String,
    },
    /// Adds a static address of a peer. → `Done`
    AddPeer {
        /// Device id, 64 hex digits.
        device: String,
        /// Where it listens.
        address: SocketAddr,
    },
    /// About tops and zones.
    Tops {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: TopsRequest,
    },
    /// About deviation surveys.
    Surveys {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: SurveysRequest,
    },
    /// About selections.
    Selections {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: SelectionsRequest,
    },
    /// For samples as they are drawn; they come as output.
    Samples {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: SamplesRequest,
    },
    /// About data that is held here or elsewhere.
    Data {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: DataRequest,
    },
    /// About charts.
    Charts {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: ChartRequest,
    },
    /// Prints a chart of a well as a file, which comes as output. → `Plot`
    Plot {
        /// Workspace.
        workspace: Option<String>,
        /// What, and how.
        ask: Box<PlotRequest>,
    },
    /// About how the node itself is doing.
    Health {
        /// What.
        ask: HealthRequest,
    },
    /// Makes, takes or shows a bundle.
    Bundle {
        /// Workspace.
        workspace: Option<String>,
        /// What.
        ask: BundleRequest,
    },
    /// About backups that this node writes.
    Backup {
        /// What.
        ask: BackupRequest,
    },
    /// Starts listening and syncing, as `dataforge up` does. → `Up`
    Up,
    /// The same, and runs a relay for members and holders of an open invite. → `Up`
    Relay {
        /// How.
        options: RelayOptions,
    },
    /// Adds relays to those that may be used. → `RelaysUsed`
    UseRelays {
        /// Their URLs; those that the ticket names when empty.
        urls: Vec<String>,
        /// A ticket.
        #[serde(default)]
        ticket: Option<String>,
    },
    /// Ends the process that serves the socket. → `Done`
    Shutdown,
}

/// How files are imported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportOptions {
    /// Refuse a file at its first oddity.
    pub strict: bool,
    /// Say what would happen, and write nothing.
    pub dry_run: bool,
    /// Name of the encoding, such as `windows-1251`; found out when left out.
    pub encoding: Option<String>,
    /// What counts as no value besides what the header says.
    pub nulls: Nulls,
    /// How columns of tables are to be read, as TOML.
    pub map: Option<String>,
    /// The well all runs belong to, instead of the one the files name.
    pub well: Option<String>,
    /// The project that wells are filed under which are in none, and that attachments belong to.
    pub project: Option<String>,
    /// File a run whose source has no identifier under the one well that has its name.
    pub match_names: bool,
    /// Leave files that are no logs and no tables alone, instead of keeping them as attachments.
    pub no_attachments: bool,
    /// Make gridded copies too.
    pub grid: bool,
    /// Go on watching the directories, and import what appears there, until the call is dropped.
    pub watch: bool,
}

/// What counts as no value besides what the header of a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Nothing.
    #[default]
    Header,
    /// Not even that.
    None,
    /// The values in common use, such as -999.25 and -9999.
    Common,
    /// Also those that are data in some files, such as 9999 and ERR.
    Aggressive,
    /// These numbers and words.
    Also(Vec<String>),
}

/// What a curve's header line says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CurveName {
    /// The service company; empty for any.
    pub vendor: String,
    /// The mnemonic.
    pub mnemonic: String,
    /// The unit; empty for any.
    pub unit: String,
    /// The description.
    pub description: String,
}

/// Format of an exported run or attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The source file, byte for byte.
    Original,
    /// LAS.
    Las,
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
    /// Parquet: the stored table byte for byte, when nothing is chosen from it.
    Parquet,
    /// Locations of wells.
    Geopackage,
}

impl ExportFormat {
    /// Returns how the names of files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Original => "",
            Self::Las => "las",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Geopackage => "gpkg",
        }
    }
}

/// What of a run is exported, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportOptions {
    /// Only what a selection chooses, by its name or id.
    pub selection: Option<String>,
    /// Only these curves, by label, mnemonic or property; all when empty.
    pub curves: Vec<String>,
    /// From this index value on, in the unit of the export.
    pub from: Option<f64>,
    /// Up to this index value.
    pub to: Option<f64>,
    /// Unit of the index; as delivered when left out.
    pub unit: Option<String>,
    /// Resample to this step, in the unit of the index.
    pub step: Option<f64>,
    /// The gridded copy instead of the native table.
    pub gridded: bool,
    /// Version of LAS: `1.2`, `2.0` (the default) or `3.0`.
    pub las_version: Option<String>,
    /// LAS with wrapped rows.
    pub wrap: bool,
    /// Spelling of no value in LAS.
    pub null: Option<String>,
    /// CSV with cells that a spreadsheet would run as formulas left as they are.
    pub raw: bool,
    /// Of everything only what is of this project.
    pub project: Option<String>,
}
