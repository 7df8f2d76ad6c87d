//! One connection: the messages of the protocol, one after another, and what each does.
//!
//! Rows go out as they come. pgwire's own handling of `Execute` gathers them first, and takes the client's
//! word for how many there will be, so that part is done here.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use dataforge_node::ScalarValue;
use futures::{Sink, SinkExt as _};
use pgwire::api::portal::{Portal, PortalExecutionState};
use pgwire::api::query::{
    ExtendedQueryHandler, SimpleQueryHandler, send_describe_response, send_execution_response,
    send_partial_query_response, send_query_response, send_ready_for_query,
};
use pgwire::api::results::{DescribePortalResponse, Response, Tag};
use pgwire::api::stmt::StoredStatement;
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, PgWireConnectionState, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, Sync as PgSync,
    TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{EmptyQueryResponse, TransactionStatus};
use pgwire::messages::simplequery::Query;
use pgwire::messages::startup::ParameterStatus;

use super::auth::{Door, Stage};
use super::errors::{INTERNAL, LIMIT, NO_CURSOR, PROTOCOL, error};
use super::parameters;
use super::prepared::{Described, Prepared};
use super::session::{Answer, Done, Forget, Session};
use super::split::split;
use super::types::format_at;

/// Prepared statements and portals that one connection may have.
const MAX_NAMES: usize = 1_000;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) door: Arc<Door>,
    pub(super) session: Session,
    pub(super) stage: tokio::sync::Mutex<Stage>,
    /// What its running statement is stopped by.
    pub(super) key: Mutex<Option<(i32, Bytes)>>,
    names: Mutex<Names>,
}

/// The names that are taken.
#[derive(Debug, Default)]
struct Names {
    statements: BTreeSet<String>,
    portals: BTreeSet<String>,
}

impl Connection {
    pub(super) fn new(door: Arc<Door>, session: Session) -> Self {
        Self { door, session, stage: tokio::sync::Mutex::default(), key: Mutex::default(), names: Mutex::default() }
    }

    fn names<T>(&self, work: impl FnOnce(&mut Names) -> T) -> T {
        work(&mut self.names.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that a statement is done, and does to the protocol's state what follows.
    async fn finish<C>(&self, client: &mut C, done: Done) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match done.forget {
            Forget::Nothing => {}
            Forget::Portals => {
                client.portal_store().clear_portals();
                self.names(|names| names.portals.clear());
            }
            Forget::Statement(name) => {
                client.portal_store().rm_statement(&name);
                self.names(|names| names.statements.remove(&name));
            }
            Forget::Statements => {
                for name in self.names(|names| std::mem::take(&mut names.statements)) {
                    client.portal_store().rm_statement(&name);
                }
            }
        }
        if let Some(transaction) = done.transaction {
            client.set_transaction_status(transaction);
        }
        if let Some((name, value)) = done.told {
            client.feed(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name, value))).await?;
        }
        send_execution_response(client, Tag::new(&done.tag)).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(key) = self.key.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            self.door.leave(&key);
        }
    }
}

#[async_trait]
impl SimpleQueryHandler for Connection {
    async fn on_query<C>(&self, client: &mut C, query: Query) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !matches!(client.state(), PgWireConnectionState::ReadyForQuery) {
            return Err(PgWireError::NotReadyForQuery);
        }
        client.set_state(PgWireConnectionState::QueryInProgress);
        let statements = split(&query.query);
        if statements.is_empty() {
            client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
        }
        // One after another, each to its end: an open one holds a place in the engine.
        for statement in statements {
            match self.session.run_text(statement, client.transaction_status()).await? {
                Answer::Rows(rows) => send_query_response(client, rows, true).await?,
                Answer::Done(done) => self.finish(client, done).await?,
            }
        }
        client.set_state(PgWireConnectionState::ReadyForQuery);
        let transaction = client.transaction_status();
        send_ready_for_query(client, transaction).await
    }

    async fn do_query<C>(&self, _client: &mut C, _query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(error(INTERNAL, "queries are answered as they come"))
    }
}

#[async_trait]
impl ExtendedQueryHandler for Connection {
    type Statement = Prepared;
    type QueryParser = Described;

    fn query_parser(&self) -> Arc<Described> {
        Arc::new(Described)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        let prepared = self.session.prepare(&message.query).await?;
        // Only now: a statement that is refused takes no name.
        self.names(|names| take_name(&mut names.statements, &name, "prepared statements"))?;
        match prepared {
            Some(prepared) => {
                let types = message.type_oids.iter().map(|oid| Type::from_oid(*oid)).collect();
                client.portal_store().put_statement(Arc::new(StoredStatement::new(name, prepared, types)));
            }
            None => client.portal_store().put_empty_statement(&name),
        }
        client.send(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statement_name = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal_name = message.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
        let statement = client.portal_store().get_statement(statement_name);
        let needed = match &statement {
            Some(Entry::Value(statement)) => statement.statement.parameters.len(),
            Some(Entry::Empty) => 0,
            None => return Err(PgWireError::StatementNotFound(statement_name.to_owned())),
        };
        if message.parameters.len() != needed {
            let given = message.parameters.len();
            return Err(error(PROTOCOL, format!("the statement takes {needed} parameters, {given} are given")));
        }
        self.names(|names| take_name(&mut names.portals, portal_name, "portals"))?;
        match statement {
            Some(Entry::Value(statement)) => {
                client.portal_store().put_portal(Arc::new(Portal::try_new(&message, statement)?));
            }
            _ => client.portal_store().put_empty_portal(portal_name),
        }
        client.send(PgWireBackendMessage::BindComplete(BindComplete::new())).await?;
        Ok(())
    }

    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // A cursor of SQL is a portal of the protocol too.
        if message.target_type == TARGET_TYPE_BYTE_PORTAL
            && let Some(name) = message.name.as_deref()
            && let Some(columns) = self.session.cursor_columns(name)
        {
            return send_describe_response(client, &DescribePortalResponse::new(columns.fields(None))).await;
        }
        self._on_describe(client, message).await
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal = match client.portal_store().get_portal(name) {
            Some(Entry::Value(portal)) => portal,
            Some(Entry::Empty) => {
                client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
                return Ok(());
            }
            None => {
                let message = format!("there is no portal {name:?}; one ends with its transaction");
                return Err(error(NO_CURSOR, message));
            }
        };
        let state = portal.state();
        let mut state = state.lock().await;
        if matches!(*state, PortalExecutionState::Initial) {
            let prepared = &portal.statement.statement;
            let parameters = read_parameters(&portal)?;
            let transaction = client.transaction_status();
            match self.session.run(prepared, parameters, &portal.result_column_format, transaction).await? {
                Answer::Rows(rows) => *state = PortalExecutionState::Suspended(rows),
                Answer::Done(done) => {
                    *state = PortalExecutionState::Finished;
                    return self.finish(client, done).await;
                }
            }
        }
        let PortalExecutionState::Suspended(rows) = &mut *state else {
            return send_execution_response(client, Tag::new("SELECT").with_rows(0)).await;
        };
        // None, or a negative number, is all.
        let wanted = usize::try_from(message.max_rows).unwrap_or_default();
        let sent = send_partial_query_response(client, rows, wanted).await;
        if !matches!(sent, Ok(true)) {
            *state = PortalExecutionState::Finished;
        }
        sent.map(|_more| ())
    }

    /// Outside of a transaction a portal ends here, as in PostgreSQL: each that is open holds a place in the
    /// engine.
    async fn on_sync<C>(&self, client: &mut C, _message: PgSync) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let transaction = client.transaction_status();
        if transaction == TransactionStatus::Idle {
            client.portal_store().clear_portals();
            self.names(|names| names.portals.clear());
        } else {
            client.portal_store().rm_portal(DEFAULT_NAME);
            self.names(|names| names.portals.remove(DEFAULT_NAME));
        }
        send_ready_for_query(client, transaction).await
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        match message.target_type {
            TARGET_TYPE_BYTE_STATEMENT => {
                client.portal_store().rm_statement(name);
                self.names(|names| names.statements.remove(name));
            }
            TARGET_TYPE_BYTE_PORTAL => {
                client.portal_store().rm_portal(name);
                self.names(|names| names.portals.remove(name));
            }
            _ => {}
        }
        client.send(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?;
        Ok(())
    }

    async fn do_query<C>(
        &self,
        _client: &mut C,
        _portal: &Portal<Self::Statement>,
        _max_rows: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(error(INTERNAL, "queries are answered as they come"))
    }
}

/// Notes that a name is taken, within the bound.
fn take_name(names: &mut BTreeSet<String>, name: &str, what: &str) -> PgWireResult<()> {
    if names.len() >= MAX_NAMES && !names.contains(name) {
        return Err(error(LIMIT, format!("a connection has at most {MAX_NAMES} {what}; close some first")));
    }
    names.insert(name.to_owned());
    Ok(())
}

fn read_parameters(portal: &Portal<Prepared>) -> PgWireResult<Vec<ScalarValue>> {
    let told = &portal.statement.parameter_types;
    let inferred = portal.statement.statement.parameters.iter();
    let read = portal.parameters.iter().zip(inferred).enumerate().map(|(at, (bytes, inferred))| {
        let told = told.get(at).and_then(Option::as_ref);
        parameters::read(bytes.as_deref(), format_at(&portal.parameter_format, at), told, inferred.as_ref())
    });
    read.collect()
}
