//! Replies and events.

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
mod import;
mod joining;
mod key;
mod listing;
mod people;
mod plot;
mod projects;
mod relay;
mod samples;
mod sharing;
mod syncing;
mod tops;

use serde::{Deserialize, Serialize};

pub use self::backup::*;
pub use self::bundle::*;
pub use self::charts::{
    ChartCurve, ChartFileReply, ChartInfo, ChartProblem, ChartReply, ChartSource, ChartTemplate, ChartWroteReply,
    model as chart,
};
pub use self::conflicts::*;
pub use self::copying::*;
pub use self::data::*;
pub use self::derive::*;
pub use self::editing::*;
pub use self::founding::*;
pub use self::groups::*;
pub use self::health::*;
pub use self::history::*;
pub use self::import::*;
pub use self::joining::*;
pub use self::key::*;
pub use self::listing::*;
pub use self::people::*;
pub use self::plot::*;
pub use self::projects::*;
pub use self::relay::*;
pub use self::samples::*;
pub use self::sharing::*;
pub use self::syncing::*;
pub use self::tops::*;
use super::ApiError;
use crate::ingest::coverage::WellCoverage;

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// To `Init`.
    Init(InitReply),
    /// To `Identity` and `ReadIdentity`.
    Identity(IdentityReply),
    /// To `Who`.
    Recoverers(RecoverersReply),
    /// To `Draft`, `Read` and `Sign`.
    RecoveryDraft(RecoveryDraftReply),
    /// To `Workspaces`.
    Workspaces {
        /// By name.
        workspaces: Vec<WorkspaceInfo>,
    },
    /// To `Import`.
    Import(ImportSummary),
    /// To `Derive`.
    Derived(DerivedReply),
    /// To `Wells`.
    Wells {
        /// By name.
        wells: Vec<WellInfo>,
    },
    /// To `Runs`.
    Runs {
        /// By well and name.
        runs: Vec<RunInfo>,
    },
    /// To `Curves`.
    Curves {
        /// By run and ordinal.
        curves: Vec<CurveInfo>,
    },
    /// To `Show`.
    Show(ShowReply),
    /// To `Report`.
    Report(ReportReply),
    /// To `Coverage`.
    Coverage(WellCoverage),
    /// To `Duplicates`.
    Duplicates {
        /// The likeliest first.
        duplicates: Vec<DuplicateInfo>,
    },
    /// To `List` of conflicts.
    Conflicts {
        /// By document and field; wells and curves that may be the same come last.
        conflicts: Vec<ConflictInfo>,
    },
    /// To `Show` of a conflict.
    Conflict(ConflictInfo),
    /// To `Policy` of conflicts.
    ConflictPolicy(ConflictPolicyReply),
    /// To `Dictionary`.
    Dictionary {
        /// By mnemonic, vendor and unit.
        meanings: Vec<MeaningInfo>,
    },
    /// To `LookUp`.
    Meanings {
        /// The likeliest first.
        candidates: Vec<CandidateInfo>,
    },
    /// To `List` of charts.
    Charts {
        /// By title.
        charts: Vec<ChartInfo>,
    },
    /// To `Show` of a chart.
    Chart(Box<ChartReply>),
    /// To `Templates`.
    ChartTemplates {
        /// Those of the program first.
        templates: Vec<ChartTemplate>,
    },
    /// To `Create`, `Import` and `Edit` of a chart.
    ChartWrote(ChartWroteReply),
    /// To `Export` of a chart.
    ChartFile(ChartFileReply),
    /// To `Grid`.
    Gridded {
        /// One per run.
        copies: Vec<GriddedInfo>,
    },
    /// To `Attachments`.
    Attachments {
        /// By well and name.
        attachments: Vec<AttachmentInfo>,
    },
    /// To `Tops` with `List`.
    TopsSets {
        /// By well and name.
        sets: Vec<TopsInfo>,
    },
    /// To `Tops` with `Show` and `Create`.
    Tops(TopsReply),
    /// To `Surveys` with `List`.
    Surveys {
        /// By well and name.
        surveys: Vec<SurveyInfo>,
    },
    /// To `Surveys` with `Show` and `Create`.
    Survey(SurveyReply),
    /// To `Surveys` with `Tvd`.
    Path(PathReply),
    /// To `Selections` with `List`.
    Selections {
        /// By name.
        selections: Vec<SelectionInfo>,
    },
    /// To `Selections` with `Show` and `Create`.
    Selection(SelectionReply),
    /// To `Export`; the file came as output.
    Export(ExportReply),
    /// To `ExportAll`.
    ExportAll(ExportAllReply),
    /// To `Exports`.
    Exports {
        /// Newest first.
        exports: Vec<ExportInfo>,
    },
    /// To `Audit`.
    Accesses {
        /// The latest first.
        accesses: Vec<AccessInfo>,
    },
    /// To `Query`; the data came as output.
    Query {
        /// Rows written.
        rows: u64,
        /// Bytes written.
        bytes: u64,
    },
    /// To `Invite`.
    Invite(InviteReply),
    /// To `Join`.
    Join(JoinReply),
    /// To `Join`, when an admin has to approve it first.
    JoinPending(JoinPendingReply),
    /// To `Show` of a ticket.
    Ticket(TicketReply),
    /// To `Pair`.
    Pairing(PairingReply),
    /// To `AwaitPaired`.
    Joined(JoinedReply),
    /// To `Nearby`.
    Nearby(NearbyReply),
    /// To `Ask`.
    Handed(HandedReply),
    /// To `Ask` with a wrong code.
    WrongCode {
        /// How many more may be wrong before the window closes.
        left: u8,
    },
    /// To `Link` without words: they are needed.
    WordsNeeded {
        /// Whose.
        person: String,
        /// Their four words.
        fingerprint: String,
        /// Name of the workspace.
        workspace: String,
    },
    /// How the key of the device is kept; what [`crate::key::status`] says.
    Key(KeyStatus),
    /// To `Link`.
    Linked(LinkedReply),
    /// To `DeviceTicket`.
    DeviceTicket(DeviceTicketReply),
    /// To `Invites`.
    Invites(InvitesReply),
    /// To `Members`.
    Members {
        /// Owners first, then by name.
        members: Vec<MemberInfo>,
        /// Devices that do not know yet of a removal, demotion or revocation.
        #[serde(default)]
        unaware: Vec<UnawareInfo>,
    },
    /// To requests about people that write something.
    Wrote(WroteReply),
    /// To `Concerned`.
    Concerned(ConcernedReply),
    /// To `Devices`.
    Devices {
        /// By person and label.
        devices: Vec<DeviceReport>,
    },
    /// To `LateWork`.
    LateWork {
        /// By person and device.
        late_work: Vec<LateInfo>,
        /// How much is kept aside, and how much may be.
        #[serde(default)]
        quota: LateQuota,
    },
    /// To `AcceptLate`.
    Accepted(AcceptedReply),
    /// To `Explain`.
    Explained(ExplainReply),
    /// To `Forks`.
    Forks {
        /// By device.
        forks: Vec<ForkInfo>,
    },
    /// To `List` of projects.
    Projects {
        /// By name.
        projects: Vec<ProjectInfo>,
    },
    /// To `Show` and `Create` of a project.
    Project(Box<ProjectReply>),
    /// To `List` and `Create` of groups.
    Groups {
        /// By name.
        groups: Vec<GroupInfo>,
    },
    /// To `Copy`.
    Copied(CopiedReply),
    /// To `Sync`.
    Sync(SyncSummary),
    /// To `Status`.
    Status(StatusReply),
    /// To `Peers`.
    Peers {
        /// By name.
        peers: Vec<PeerInfo>,
    },
    /// To `SyncLog`.
    Exchanges {
        /// The newest first.
        exchanges: Vec<ExchangeInfo>,
    },
    /// To `Doctor`.
    Doctor(Box<DoctorReply>),
    /// To `Log`.
    Log {
        /// Newest first.
        entries: Vec<LogEntry>,
    },
    /// To `Blame`.
    Blame(BlameReply),
    /// To `Diff`.
    Diff(DiffReply),
    /// To `RestoreAt`, `Undo` and `Revert`.
    TakenBack(TakenBackReply),
    /// To `Verify`.
    Verify(VerifyReport),
    /// To `ConfigGet` and `ConfigSet`.
    Config {
        /// Key and value (TOML), sorted by key.
        values: Vec<(String, String)>,
    },
    /// To `Read` and `Overview` of samples; they came as output.
    Samples(SamplesReply),
    /// To `Plot`; the file came as output.
    Plot(Box<PlotReply>),
    /// To `Where` of samples.
    SamplePlaces {
        /// As asked.
        places: Vec<SamplePlace>,
    },
    /// To `Where`.
    Where(WhereReply),
    /// To `OnlyHere`.
    OnlyHere(OnlyHereReply),
    /// To `Fetch`.
    Fetched(FetchedReply),
    /// To `Free` and `Clear`.
    Freed(FreedReply),
    /// To `Marks`.
    Marks {
        /// By name.
        marks: Vec<MarkInfo>,
    },
    /// To `Policy`.
    Policy(PolicyReply),
    /// To `Cache`.
    Cache(CacheReply),
    /// To `Transfers`.
    Transfers(TransfersReply),
    /// To `Export` of a bundle.
    BundleMade(BundleMadeReply),
    /// To `Import` of a bundle.
    BundleTaken(BundleImportReply),
    /// To `Show` of a bundle.
    Bundle(BundleReply),
    /// To `DriveSync`.
    DriveSync(DriveSyncReply),
    /// To `Create` of a backup.
    Backup(BackupReply),
    /// To `Create` and `Schedule` of a backup whose keys are not here.
    BackupPassphraseNeeded {
        /// Whether it is a new backup, which gets the passphrase, or one that has it.
        is_new: bool,
    },
    /// What is backed up by itself.
    BackupSchedule {
        /// By target.
        plans: Vec<BackupPlan>,
    },
    /// The snapshots of a backup; what [`crate::backup::list`] returns.
    Backups(BackupListReply),
    /// What checking a backup found; what [`crate::backup::verify`] returns.
    BackupVerified(BackupVerifyReply),
    /// A data directory made from a backup; what [`crate::backup::restore`] returns.
    BackupRestored(BackupRestoredReply),
    /// To `Up` and `Relay`.
    Up(UpReply),
    /// To `UseRelays`.
    RelaysUsed(RelaysUsedReply),
    /// To `Edits`.
    Edits {
        /// In the order of the request.
        edits: Vec<EditOutcome>,
    },
    /// To requests that return nothing else.
    Done {
        /// What was done, for people.
        message: String,
    },
}

/// What happens while a request is worked on, or while one watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Progress of a request.
    Progress {
        /// What is being done, e.g. `reading`, `storing`, `entries`, `blobs`.
        step: String,
        /// Done so far.
        done: u64,
        /// Of so many; 0 when unknown.
        total: u64,
        /// The thing at hand, e.g. a file name.
        item: String,
    },
    /// Entries were settled in a workspace: lists may have changed.
    Changed {
        /// Workspace id.
        workspace: String,
        /// Entries.
        entries: u64,
    },
    /// Documents changed, by others than the client that is told.
    Documents {
        /// Workspace id.
        workspace: String,
        /// Which.
        documents: Vec<ChangedDocument>,
        /// Whether others changed too, more than are listed: look again.
        more: bool,
    },
    /// Edits that were pending are durable. Told to the client that made them.
    Saved {
        /// Their numbers.
        edits: Vec<u64>,
    },
    /// An edit that was pending was not done. Told to the client that made it.
    Refused {
        /// Its number.
        edit: u64,
        /// Why.
        error: ApiError,
    },
    /// Blobs arrived.
    BlobsArrived {
        /// How many.
        blobs: u64,
        /// Bytes.
        bytes: u64,
    },
    /// A peer connected.
    PeerConnected {
        /// Device id.
        device: String,
        /// Name.
        name: String,
    },
    /// A peer went away: the last session with it ended.
    PeerLost {
        /// Device id.
        device: String,
        /// Name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Something the user should know.
    Notice {
        /// Text.
        message: String,
    },
}
