//! The commands: one file each, and what a reply looks like as text beside the command that gets it.

mod attach;
mod audit;
mod backup;
mod bundle;
mod cache;
mod charts;
mod completions;
mod config;
mod confirm;
mod conflicts;
mod coverage;
mod curves;
mod demo;
mod derive;
mod device;
mod devices;
mod dictionary;
mod doctor;
mod down;
mod drive;
mod duplicates;
mod edit;
mod explain;
mod export;
mod exports;
mod faces;
mod fetch;
mod free;
mod grid;
mod groups;
mod history;
mod identity;
mod import;
mod init;
mod invite;
mod invites;
mod join;
mod key;
mod late_work;
mod log;
mod members;
mod pair;
mod peers;
mod pins;
mod plot;
mod policy;
mod projects;
mod query;
mod rebuild;
mod recover;
mod recovery;
mod relay;
mod remove;
mod report;
mod role;
mod runs;
mod samples;
mod selections;
mod service;
mod set;
mod show;
mod status;
mod surveys;
mod sync;
mod sync_log;
mod ticket;
mod tombstone;
mod tops;
mod transfers;
mod up;
mod verify;
mod watch;
mod wells;
mod whereabouts;
mod words;
mod workspaces;

use clap::Subcommand;
use dataforge_node::api::Reply;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, plural};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a workspace, and this device's identity the first time
    Init(init::Init),
    /// List the workspaces held here
    Workspaces(workspaces::Workspaces),
    /// Import logs and tables: files, folders, patterns
    Import(import::Import),
    /// Keep what another tool computed as a run of its own, with what it was made of
    Derive(Box<derive::Derive>),
    /// List what was odd about a run's source
    Report(report::Report),
    /// Keep files as they are
    Attach(attach::Attach),
    /// List the files kept as they are
    Attachments(attach::Attachments),
    /// List wells, or copy or move some into another workspace
    Wells(wells::Wells),
    /// List projects, make and change them, file wells under them
    Projects(projects::Projects),
    /// List runs, of one well or all
    Runs(runs::Runs),
    /// List curves, of one run or all
    Curves(curves::Curves),
    /// Show a well or run in full, with coverage and gaps
    Show(show::Show),
    /// Say where the curves of a well have values, over all its runs
    Coverage(coverage::Coverage),
    /// Propose wells that may be the same
    Duplicates(duplicates::Duplicates),
    /// List what people wrote without knowing of each other, and decide it
    Conflicts(conflicts::Conflicts),
    /// List or change what this workspace says about mnemonics
    Dictionary(dictionary::Dictionary),
    /// Say what a mnemonic may mean
    #[command(name = "lookup")]
    LookUp(dictionary::LookUp),
    /// Choose the curve that stands for a property of a well
    Prefer(dictionary::Prefer),
    /// Make gridded copies of a run or well
    Grid(grid::Grid),
    /// Set a field of a well, run, curve or attachment
    Set(set::Set),
    /// Rename a well, run or curve
    Rename(set::Rename),
    /// Make many edits at once, from a file
    Edit(edit::EditMany),
    /// Mark a well, run or attachment as deleted; restore takes it back
    Delete(tombstone::Delete),
    /// Take a deletion back; with --at go back to an earlier state, with --to make a data directory from a backup
    Restore(tombstone::Restore),
    /// List, make and change charts
    Charts(charts::Charts),
    /// Print a chart of a well at a depth scale, as PDF, SVG or PNG
    Plot(Box<plot::Plot>),
    /// List or edit tops and zones
    Tops(tops::Tops),
    /// List or edit deviation surveys; true vertical depths
    Surveys(surveys::Surveys),
    /// List or change named choices of wells, curves and intervals
    Selections(selections::Selections),
    /// Run a read-only SQL statement
    Query(query::Query),
    /// Write a run, a well, an attachment or everything to files
    Export(export::Export),
    /// Write samples of a run as an Arrow stream, for programs that draw them
    Samples(samples::Samples),
    /// List what was exported from here
    Exports(exports::Exports),
    /// List who fetched what from here
    Audit(audit::Audit),
    /// Say which devices hold the data of something
    Where(whereabouts::Where),
    /// Fetch the data of something now
    Fetch(fetch::Fetch),
    /// Free data that others prove to hold; only say what would go, unless --go is given
    Free(free::Free),
    /// Keep the data of something here always
    Pin(pins::Pin),
    /// Make something a favourite: it goes late when room is needed
    Star(pins::Star),
    /// List what is pinned or starred here
    Pins(pins::Pins),
    /// Say or choose how much of the workspace's data is held here
    Policy(policy::Policy),
    /// Say what is held here and how well that serves, or clear it
    Cache(cache::Cache),
    /// List what is being fetched and what waits for it, or pause it
    Transfers(transfers::Transfers),
    /// Make a ticket by which somebody joins
    Invite(invite::Invite),
    /// List open invites, and who waits for approval
    Invites(invites::Invites),
    /// End an invite
    Uninvite(invites::Uninvite),
    /// Let somebody in who asked by an invite with approval
    Approve(invites::Approve),
    /// Join a workspace by a ticket, or by the code of a machine nearby
    Join(join::Join),
    /// Say what a ticket says
    Ticket(ticket::Ticket),
    /// Let a machine of the same network join by a short code
    Pair(pair::Pair),
    /// List machines of the same network that can be joined by a code
    Nearby(pair::Nearby),
    /// List members and their devices
    Members(members::Members),
    /// List groups of people, make and change them
    Groups(groups::Groups),
    /// Give a member another role
    Role(role::GiveRole),
    /// Remove a member
    Remove(remove::Remove),
    /// End your own membership
    Leave(remove::Leave),
    /// Make a member the owner in your place
    Transfer(remove::Transfer),
    /// List devices, live or not
    Devices(devices::Devices),
    /// Add another machine of yours
    Device(device::Device),
    /// Keep this device's key under a passphrase
    Key(key::Key),
    /// Hand over who you are, to be named as owner of a workspace
    Identity(identity::Identity),
    /// End a device for ever
    RevokeDevice(device::RevokeDevice),
    /// Give the workspace an owner by its recovery words, or by enough of its first owners
    Recover(recover::Recover),
    /// Let void ops count
    Ratify(recover::Ratify),
    /// List work that came after its author was removed, or let it count
    LateWork(late_work::LateWork),
    /// Listen, sync and serve other commands until told to end
    Up(up::Up),
    /// Have the system keep this node up, from its start on
    Service(service::Service),
    /// Do that and run a relay for members and those who join
    Relay(relay::Relay),
    /// End the process that is up
    Down(down::Down),
    /// Exchange entries and blobs with peers, then end
    Sync(sync::Sync),
    /// Carry entries and data by files instead of a network
    Bundle(bundle::Bundle),
    /// Exchange by a stick that goes round
    Drive(drive::Drive),
    /// Say whether work is safe and what is going on
    Status(status::Status),
    /// List known peers, or add the address of one
    Peers(peers::Peers),
    /// List sessions with peers: who, how, what moved, why they ended
    SyncLog(sync_log::SyncLog),
    /// Look at network, clock, disk and settings, and say what is wrong
    Doctor(doctor::Doctor),
    /// List the newest entries, or those of one thing with what changed
    Log(log::Log),
    /// Say who wrote each value of something, and when
    Blame(history::Blame),
    /// Say what differs between two states of something
    Diff(history::Diff),
    /// Undo your last change, or redo it
    Undo(history::Undo),
    /// Take back what a device wrote after an entry or a time
    Revert(history::Revert),
    /// Say why an entry, or those of a well or run, count or not
    Explain(explain::Explain),
    /// List devices that signed two entries for one position
    Forks(explain::Forks),
    /// Hash every blob again and check every chain
    Verify(verify::Verify),
    /// Back up to another disk, encrypted: now or by itself; check and list backups, restore one
    Backup(backup::Backup),
    /// Make the index anew from the chains
    Rebuild(rebuild::Rebuild),
    /// Say how other tools on this machine connect: HTTP, PostgreSQL, Arrow Flight SQL
    Faces(faces::Faces),
    /// Read or change the settings
    Config(config::Config),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Show all of it with two nodes on this machine
    Demo(demo::Demo),
}

impl Command {
    /// Whether the command takes Ctrl-C itself.
    pub(crate) const fn ends_itself(&self) -> bool {
        match self {
            Self::Up(_) | Self::Relay(_) => true,
            Self::Status(status) => status.watches(),
            _ => false,
        }
    }

    /// Whether the command may make a data directory; for the others one that is missing is a
    /// mistyped one.
    pub(crate) const fn makes_directory(&self) -> bool {
        match self {
            Self::Init(_) | Self::Join(_) | Self::Config(_) | Self::Demo(_) | Self::Completions(_) => true,
            Self::Ticket(_) | Self::Nearby(_) => true,
            Self::Device(device) => device.makes_directory(),
            Self::Identity(identity) => identity.makes_directory(),
            // It says itself what is missing, and takes away what a directory that is gone left behind.
            Self::Service(_) => true,
            Self::Backup(backup) => !backup.needs_directory(),
            Self::Restore(restore) => restore.makes_directory(),
            _ => false,
        }
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Init(command) => command.run(context).await,
            Self::Workspaces(command) => command.run(context).await,
            Self::Import(command) => command.run(context).await,
            Self::Derive(command) => Box::pin(command.run(context)).await,
            Self::Report(command) => command.run(context).await,
            Self::Attach(command) => command.run(context).await,
            Self::Attachments(command) => command.run(context).await,
            Self::Coverage(command) => command.run(context).await,
            Self::Duplicates(command) => command.run(context).await,
            Self::Conflicts(command) => command.run(context).await,
            Self::Dictionary(command) => command.run(context).await,
            Self::LookUp(command) => command.run(context).await,
            Self::Prefer(command) => command.run(context).await,
            Self::Grid(command) => command.run(context).await,
            Self::Samples(command) => command.run(context).await,
            Self::Exports(command) => command.run(context).await,
            Self::Audit(command) => command.run(context).await,
            Self::Where(command) => command.run(context).await,
            Self::Fetch(command) => command.run(context).await,
            Self::Free(command) => command.run(context).await,
            Self::Pin(command) => command.run(context).await,
            Self::Star(command) => command.run(context).await,
            Self::Pins(command) => command.run(context).await,
            Self::Policy(command) => command.run(context).await,
            Self::Cache(command) => command.run(context).await,
            Self::Transfers(command) => command.run(context).await,
            Self::Wells(command) => command.run(context).await,
            Self::Projects(command) => command.run(context).await,
            Self::Groups(command) => command.run(context).await,
            Self::Runs(command) => command.run(context).await,
            Self::Curves(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Set(command) => command.run(context).await,
            Self::Edit(command) => command.run(context).await,
            Self::Rename(command) => command.run(context).await,
            Self::Delete(command) => command.run(context).await,
            Self::Restore(command) => command.run(context).await,
            Self::Charts(command) => Box::pin(command.run(context)).await,
            Self::Plot(command) => Box::pin(command.run(context)).await,
            Self::Tops(command) => command.run(context).await,
            Self::Surveys(command) => command.run(context).await,
            Self::Selections(command) => command.run(context).await,
            Self::Query(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
            Self::Invite(command) => command.run(context).await,
            Self::Join(command) => command.run(context).await,
            Self::Ticket(command) => command.run(context).await,
            Self::Pair(command) => command.run(context).await,
            Self::Nearby(command) => command.run(context).await,
            Self::Members(command) => command.run(context).await,
            Self::Role(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
            Self::Leave(command) => command.run(context).await,
            Self::Transfer(command) => command.run(context).await,
            Self::Devices(command) => command.run(context).await,
            Self::Invites(command) => command.run(context).await,
            Self::Uninvite(command) => command.run(context).await,
            Self::Approve(command) => command.run(context).await,
            Self::Device(command) => command.run(context).await,
            Self::Key(command) => command.run(context).await,
            Self::Identity(command) => command.run(context).await,
            Self::RevokeDevice(command) => command.run(context).await,
            Self::Recover(command) => command.run(context).await,
            Self::Ratify(command) => command.run(context).await,
            Self::LateWork(command) => command.run(context).await,
            Self::Explain(command) => command.run(context).await,
            Self::Forks(command) => command.run(context).await,
            Self::Up(command) => command.run(context).await,
            Self::Service(command) => command.run(context),
            Self::Relay(command) => command.run(context).await,
            Self::Down(command) => command.run(context).await,
            Self::Sync(command) => command.run(context).await,
            Self::Bundle(command) => command.run(context).await,
            Self::Drive(command) => command.run(context).await,
            Self::Status(command) => command.run(context).await,
            Self::Peers(command) => command.run(context).await,
            Self::SyncLog(command) => command.run(context).await,
            Self::Doctor(command) => command.run(context).await,
            Self::Log(command) => command.run(context).await,
            Self::Blame(command) => command.run(context).await,
            Self::Diff(command) => command.run(context).await,
            Self::Undo(command) => command.run(context).await,
            Self::Revert(command) => command.run(context).await,
            Self::Verify(command) => command.run(context).await,
            Self::Backup(command) => command.run(context).await,
            Self::Rebuild(command) => command.run(context).await,
            Self::Faces(command) => command.run(context).await,
            Self::Config(command) => command.run(context).await,
            Self::Completions(command) => command.run(context),
            Self::Demo(command) => command.run(context).await,
        }
    }
}

impl Human for Reply {
    #[expect(clippy::too_many_lines, reason = "an arm for each reply, and nothing else")]
    fn human(&self) -> String {
        match self {
            Self::Init(reply) => reply.human(),
            Self::Identity(reply) => reply.human(),
            Self::Recoverers(reply) => reply.human(),
            Self::RecoveryDraft(reply) => reply.human(),
            Self::Workspaces { workspaces } => workspaces.human(),
            Self::Import(reply) => reply.human(),
            Self::Derived(reply) => reply.human(),
            Self::Wells { wells } => wells.human(),
            Self::Projects { projects } => projects.human(),
            Self::Project(reply) => reply.human(),
            Self::Groups { groups } => groups.human(),
            Self::Copied(reply) => reply.human(),
            Self::Backup(reply) => reply.human(),
            Self::BackupSchedule { plans } => plans.human(),
            Self::Backups(reply) => reply.human(),
            Self::BackupVerified(reply) => reply.human(),
            Self::BackupRestored(reply) => reply.human(),
            Self::BackupPassphraseNeeded { .. } => "the passphrase of the backup is needed".to_owned(),
            Self::Runs { runs } => runs.human(),
            Self::Curves { curves } => curves.human(),
            Self::Show(reply) => reply.human(),
            Self::Report(reply) => reply.human(),
            Self::Coverage(reply) => reply.human(),
            Self::Duplicates { duplicates } => duplicates.human(),
            Self::Conflicts { conflicts } => conflicts.human(),
            Self::Conflict(reply) => reply.human(),
            Self::ConflictPolicy(reply) => reply.human(),
            Self::Dictionary { meanings } => meanings.human(),
            Self::Meanings { candidates } => candidates.human(),
            Self::Charts { charts } => charts.human(),
            Self::Chart(reply) => reply.human(),
            Self::ChartTemplates { templates } => templates.human(),
            Self::ChartWrote(reply) => reply.human(),
            Self::ChartFile(reply) => reply.human(),
            Self::Gridded { copies } => copies.human(),
            Self::Attachments { attachments } => attachments.human(),
            Self::TopsSets { sets } => sets.human(),
            Self::Tops(reply) => reply.human(),
            Self::Surveys { surveys } => surveys.human(),
            Self::Survey(reply) => reply.human(),
            Self::Path(reply) => reply.human(),
            Self::Selections { selections } => selections.human(),
            Self::Selection(reply) => reply.human(),
            Self::Export(reply) => reply.human(),
            Self::ExportAll(reply) => reply.human(),
            Self::Exports { exports } => exports.human(),
            Self::Accesses { accesses } => accesses.human(),
            Self::Samples(reply) => reply.human(),
            Self::Plot(reply) => reply.human(),
            Self::SamplePlaces { places } => places.human(),
            Self::Where(reply) => reply.human(),
            Self::OnlyHere(reply) => reply.human(),
            Self::Fetched(reply) => reply.human(),
            Self::Freed(reply) => reply.human(),
            Self::Marks { marks } => marks.human(),
            Self::Policy(reply) => reply.human(),
            Self::Cache(reply) => reply.human(),
            Self::Transfers(reply) => reply.human(),
            Self::Query { rows, bytes: size } => format!("{}, {}", plural(*rows, "row"), bytes(*size)),
            Self::Invite(reply) => reply.human(),
            Self::Join(reply) => reply.human(),
            Self::JoinPending(reply) => reply.human(),
            Self::Ticket(reply) => reply.human(),
            Self::Pairing(reply) => reply.human(),
            Self::Joined(reply) => reply.human(),
            Self::Nearby(reply) => reply.human(),
            Self::Handed(reply) => reply.about.human(),
            Self::WrongCode { left } => format!("the code is wrong; tries left: {left}"),
            Self::WordsNeeded { person, .. } => format!("the recovery words of {} are needed", clean(person)),
            Self::Linked(reply) => reply.human(),
            Self::Key(status) => status.human(),
            Self::DeviceTicket(reply) => reply.human(),
            Self::Invites(reply) => reply.human(),
            Self::Members { members, unaware } if unaware.is_empty() => members.human(),
            Self::Members { members, unaware } => format!("{}\n\n{}", members.human(), members::unaware(unaware)),
            Self::Wrote(reply) => reply.human(),
            Self::Concerned(reply) => reply.human(),
            Self::Devices { devices } => devices.human(),
            Self::LateWork { late_work, quota } => match status::late(quota) {
                Some(kept) => format!("{}\n\nkept here: {kept}", late_work.human()),
                None => late_work.human(),
            },
            Self::Accepted(reply) => reply.human(),
            Self::Explained(reply) => reply.human(),
            Self::Forks { forks } => forks.human(),
            Self::Sync(reply) => reply.human(),
            Self::Status(reply) => reply.human(),
            Self::Peers { peers } => peers.human(),
            Self::Exchanges { exchanges } => exchanges.human(),
            Self::Doctor(reply) => reply.human(),
            Self::Log { entries } => entries.human(),
            Self::Blame(reply) => reply.human(),
            Self::Diff(reply) => reply.human(),
            Self::TakenBack(reply) => reply.human(),
            Self::Verify(reply) => reply.human(),
            Self::Config { values } => values.human(),
            Self::BundleMade(reply) => reply.human(),
            Self::BundleTaken(reply) => reply.human(),
            Self::Bundle(reply) => reply.human(),
            Self::DriveSync(reply) => reply.human(),
            Self::Up(reply) => reply.human(),
            Self::RelaysUsed(reply) => reply.human(),
            Self::Edits { edits } => edits.human(),
            Self::Done { message } => clean(message),
        }
    }
}
