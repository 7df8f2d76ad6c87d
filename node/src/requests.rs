//! What each request does: one function per request, gathered by theme.

mod audit;
mod backup;
mod charts;
mod conflicts;
mod copying;
mod data;
mod describing;
pub(crate) mod editing;
mod founding;
mod groups;
mod health;
mod history;
mod joining;
mod key;
mod listing;
mod log;
mod maintenance;
mod people;
mod plot;
mod projects;
mod relay;
mod samples;
mod selections;
mod sharing;
mod surveys;
mod syncing;
mod ticket;
mod titled;
mod tops;
mod workspace;

use tokio::sync::mpsc;

pub(crate) use self::conflicts::list as open_conflicts;
pub(crate) use self::data::blobs_named;
pub(crate) use self::describing::{duplicates_of, well_attributes};
pub(crate) use self::health::known_peers;
pub(crate) use self::joining::ticket_for;
pub(crate) use self::people::{People, device_reports, find_member, uses as invite_uses};
pub(crate) use self::surveys::of_survey as stations_of_survey;
pub(crate) use self::tops::{in_full as tops_in_full, of_set as tops_of_set};
use crate::api::{ApiError, Edit, Reply, Request};
use crate::client::Output;
use crate::node::Node;

#[expect(clippy::too_many_lines, reason = "an arm for each request, and nothing else")]
pub(crate) async fn dispatch(node: &Node, request: Request, out: &mpsc::Sender<Output>) -> Result<Reply, ApiError> {
    if !request.is_edit() {
        // Everybody reads what they wrote.
        node.flush_edits().await;
    }
    if request.opens_tables() {
        crate::admission::admit_or_tell(node).await;
    }
    match request {
        Request::Init { name, person, device } => {
            workspace::init(node, name, person, device, workspace::Founders::default()).await
        }
        Request::Founding { ask } => founding::dispatch(node, ask).await,
        Request::Workspaces => workspace::list(node).await,
        Request::Import { workspace, paths, options } => {
            let workspace = find(node, workspace).await?;
            crate::import::import(node, workspace, paths, options, out).await.map(Reply::Import)
        }
        Request::Derive { workspace, path, ask } => {
            let workspace = find(node, workspace).await?;
            crate::derive::derive_file(node, workspace, *ask, &path).await.map(Reply::Derived)
        }
        Request::Attach { workspace, paths, well, project, description } => {
            let workspace = find(node, workspace).await?;
            let to = crate::import::Belonging { well, project, description };
            crate::import::attach(node, workspace, paths, to, out).await.map(Reply::Import)
        }
        Request::Report { workspace, run } => describing::report(node, find(node, workspace).await?, run).await,
        Request::Coverage { workspace, well, gap_m } => {
            listing::well_coverage(node, find(node, workspace).await?, well, gap_m).await
        }
        Request::Duplicates { workspace } => describing::duplicates(node, find(node, workspace).await?).await,
        Request::Attachments { workspace, well, project } => {
            describing::attachments(node, find(node, workspace).await?, well, project).await
        }
        Request::Dictionary { workspace } => describing::dictionary(node, find(node, workspace).await?).await,
        Request::LookUp { workspace, curve } => describing::look_up(node, find(node, workspace).await?, curve).await,
        Request::SetMeaning { workspace, curve, property, to_unit } => {
            editing::one(node, find(node, workspace).await?, Edit::SetMeaning { curve, property, to_unit }).await
        }
        Request::Prefer { workspace, well, property, curve } => {
            editing::one(node, find(node, workspace).await?, Edit::Prefer { well, property, curve }).await
        }
        Request::Grid { workspace, target } => {
            let workspace = find(node, workspace).await?;
            crate::grid::grid(node, workspace, target).await
        }
        Request::Wells { workspace } => listing::wells(node, find(node, workspace).await?).await,
        Request::Runs { workspace, well } => listing::runs(node, find(node, workspace).await?, well).await,
        Request::Curves { workspace, run } => listing::curves(node, find(node, workspace).await?, run).await,
        Request::Show { workspace, target } => listing::show(node, find(node, workspace).await?, target).await,
        Request::Log { workspace, target, member, void, limit } => {
            log::log(node, find(node, workspace).await?, log::Filter { target, member, void, limit }).await
        }
        Request::Set { workspace, target, field, value } => {
            editing::one(node, find(node, workspace).await?, Edit::Set { target, field, value }).await
        }
        Request::Delete { workspace, target } => {
            editing::one(node, find(node, workspace).await?, Edit::Delete { target }).await
        }
        Request::Restore { workspace, target } => {
            editing::one(node, find(node, workspace).await?, Edit::Restore { target }).await
        }
        Request::Edits { workspace, edits, wait } => {
            let workspace = find(node, workspace).await?;
            node.edit(workspace, edits, wait).await.map(|edits| Reply::Edits { edits })
        }
        Request::Query { workspace, sql, format, limits } => {
            let workspace = find(node, workspace).await?;
            crate::sql::query(node, workspace, sql, limits, format, out).await
        }
        Request::Export { workspace, target, format, options, file } => {
            let workspace = find(node, workspace).await?;
            crate::export::export(node, workspace, target, format, options, file, out).await
        }
        Request::ExportAll { workspace, directory, format, options } => {
            let workspace = find(node, workspace).await?;
            Box::pin(crate::export::export_all(node, workspace, directory, format, options, out)).await
        }
        Request::Audit { workspace, member, limit } => {
            audit::audit(node, find(node, workspace).await?, member, limit).await
        }
        Request::Exports { workspace, limit } => crate::export::list(node, find(node, workspace).await?, limit).await,
        Request::Invite { workspace, role, uses, hours, form } => {
            let terms = sharing::Terms { role, uses, hours, form };
            sharing::invite(node, find(node, workspace).await?, terms).await
        }
        Request::Renew { words, device } => people::renew(node, words, device).await,
        Request::Key { ask } => key::dispatch(node, ask).await,
        Request::Link { ticket, words, device, ignore_clock } => {
            people::link(node, &ticket, words, device, ignore_clock).await
        }
        Request::Join { ticket, person, device, ignore_clock } => {
            sharing::join(node, &ticket, person, device, ignore_clock).await
        }
        Request::Joining { ask } => joining::dispatch(node, ask).await,
        Request::Members { workspace } => people::members(node, find(node, workspace).await?).await,
        Request::Conflicts { workspace, ask } => conflicts::dispatch(node, find(node, workspace).await?, ask).await,
        Request::History { workspace, ask } => history::dispatch(node, find(node, workspace).await?, ask).await,
        Request::People { workspace, ask } => people::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Projects { workspace, ask } => projects::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Groups { workspace, ask } => groups::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Copy { workspace, ask } => copying::copy(node, find(node, workspace).await?, ask).await,
        Request::Sync { workspace, peers, timeout_secs } => {
            syncing::sync(node, workspace, peers, timeout_secs, out).await
        }
        Request::Status => syncing::status(node).await,
        Request::Peers => health::peers(node).await,
        Request::Health { ask } => health::dispatch(node, ask).await,
        Request::AddPeer { device, address } => syncing::add_peer(node, &device, address).await,
        Request::Tops { workspace, ask } => tops::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Surveys { workspace, ask } => surveys::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Selections { workspace, ask } => selections::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Samples { workspace, ask } => samples::dispatch(node, find(node, workspace).await?, ask, out).await,
        Request::Data { workspace, ask } => data::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Charts { workspace, ask } => charts::dispatch(node, find(node, workspace).await?, ask).await,
        Request::Plot { workspace, ask } => plot::plot(node, find(node, workspace).await?, *ask, out).await,
        Request::Bundle { workspace, ask } => {
            let workspace = match workspace {
                None if !ask.needs_workspace() => None,
                name => Some(find(node, name).await?),
            };
            crate::bundle::dispatch(node, workspace, ask, out).await
        }
        Request::Backup { ask } => backup::dispatch(node, ask, out).await,
        Request::Up => syncing::up(node).await,
        Request::Relay { options } => relay::run(node, options).await,
        Request::UseRelays { urls, ticket } => relay::add(node, urls, ticket.as_deref()).await,
        Request::Verify { repair } => maintenance::verify(node, repair, out).await,
        Request::Rebuild => maintenance::rebuild(node).await,
        Request::ConfigGet { key } => maintenance::config_get(node, key.as_deref()),
        Request::ConfigSet { key, value } => maintenance::config_set(node, &key, &value),
        Request::Shutdown => {
            node.ask_shutdown();
            Ok(Reply::Done { message: "the node is shutting down".into() })
        }
    }
}

pub(crate) async fn find(node: &Node, name: Option<String>) -> Result<dataforge_protocol::id::WorkspaceId, ApiError> {
    if let Some(known) = node.engines().workspaces_now(node) {
        return crate::core::find_among(&known, name.as_deref());
    }
    node.with_core(move |core| core.find_workspace(name.as_deref())).await
}

impl Request {
    /// Whether it goes into the queue of edits, behind those that are there.
    const fn is_edit(&self) -> bool {
        matches!(
            self,
            Self::Edits { .. }
                | Self::Set { .. }
                | Self::SetMeaning { .. }
                | Self::Prefer { .. }
                | Self::Delete { .. }
                | Self::Restore { .. }
        )
    }

    /// Whether it looks into tables, which may be those of others.
    const fn opens_tables(&self) -> bool {
        matches!(
            self,
            Self::Show { .. }
                | Self::Coverage { .. }
                | Self::Grid { .. }
                | Self::Query { .. }
                | Self::Samples { .. }
                | Self::Plot { .. }
                | Self::Export { .. }
                | Self::ExportAll { .. }
        )
    }
}
