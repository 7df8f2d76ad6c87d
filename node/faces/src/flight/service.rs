//! The calls of Flight SQL.
//!
//! A ticket for a statement is a random id of what was planned. A ticket for a list of tables and the like is
//! the command itself.
//!
//! The file is long because a trait is implemented in one piece; what it does stands beside it.

use std::pin::Pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::metadata::{GetCatalogsBuilder, SqlInfoData, XdbcTypeInfoData};
use arrow_flight::sql::server::{DoPutError, FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionBeginSavepointRequest, ActionBeginSavepointResult, ActionBeginTransactionRequest,
    ActionBeginTransactionResult, ActionCancelQueryRequest, ActionCancelQueryResult,
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    ActionCreatePreparedSubstraitPlanRequest, ActionEndSavepointRequest, ActionEndTransactionRequest, Any,
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementIngest, CommandStatementQuery,
    CommandStatementSubstraitPlan, CommandStatementUpdate, DoPutPreparedStatementResult, ProstMessageExt as _, SqlInfo,
    TicketStatementQuery,
};
use arrow_flight::{
    Action, CancelStatus, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, Ticket,
};
use bytes::Bytes;
use dataforge_node::{Node, Question};
use futures::Stream;
use prost::Message as _;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Request, Response, Status, Streaming};

use super::held::Held;
use super::session::Sessions;
use super::statement::{Asked, Prepared, run};
use super::wire::DataStream;
use super::{Bounds, bind, metadata, sql_info, status, types, wire};
use crate::shared::Shared;

/// Said where a plan of Substrait comes.
const NO_SUBSTRAIT: &str = "plans of Substrait are not taken: send the statement as SQL";

/// The service and what it keeps between calls.
pub(super) struct Service {
    shared: Arc<Shared>,
    pub(super) sessions: Sessions,
    asked: Held<Arc<Asked>>,
    prepared: Held<Arc<Prepared>>,
    sql_info: SqlInfoData,
    types: XdbcTypeInfoData,
}

impl Service {
    /// Makes the service.
    ///
    /// # Errors
    /// When the lists that never change cannot be made.
    pub(super) fn new(shared: Arc<Shared>, bounds: &Bounds) -> Result<Self, FlightError> {
        Ok(Self {
            shared,
            sessions: Sessions::new(bounds.held, bounds.keep_session),
            asked: Held::new(bounds.held, bounds.keep_ticket),
            prepared: Held::new(bounds.held, bounds.keep_prepared),
            sql_info: sql_info::sql_info(bounds.keep_prepared)?,
            types: types::types()?,
        })
    }

    pub(super) fn node(&self) -> &Node {
        &self.shared.node
    }

    /// Cancels what a `FlightInfo` stands for.
    pub(super) fn cancel(&self, info: &FlightInfo) -> CancelStatus {
        let tickets = info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.as_ref());
        let mut cancelled = CancelStatus::NotCancellable;
        for ticket in tickets {
            let any = Any::decode(ticket.ticket.clone()).ok();
            let statement = any.and_then(|any| any.unpack::<TicketStatementQuery>().ok().flatten());
            let asked = statement.and_then(|statement| self.asked.remove(&statement.statement_handle));
            if let Some(asked) = asked {
                asked.cancel();
                cancelled = CancelStatus::Cancelled;
            }
        }
        cancelled
    }

    /// Keeps a statement and says how its result is had.
    fn announce(&self, asked: Asked, descriptor: FlightDescriptor) -> Result<Response<FlightInfo>, Status> {
        let asked = Arc::new(asked);
        let statement_handle = self.asked.put(Arc::clone(&asked))?;
        let ticket = TicketStatementQuery { statement_handle }.as_any().encode_to_vec();
        info(asked.schema(), ticket, descriptor)
    }

    fn prepared(&self, handle: &[u8]) -> Result<Arc<Prepared>, Status> {
        self.prepared.get(handle).ok_or_else(|| {
            Status::not_found(
                "there is no such prepared statement (any more): it was closed or not used for long; prepare it again",
            )
        })
    }

    async fn tables(&self, headers: &MetadataMap) -> Result<Vec<metadata::Table>, Status> {
        let workspace = self.sessions.workspace(headers);
        metadata::tables(self.node(), workspace.as_deref()).await
    }
}

/// Says how a result is had.
fn info(
    schema: &Schema,
    ticket: impl Into<Bytes>,
    descriptor: FlightDescriptor,
) -> Result<Response<FlightInfo>, Status> {
    // Without a location: over the connection that is there.
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket));
    let info = FlightInfo::new().try_with_schema(schema).map_err(|error| status::internal(&error))?;
    Ok(Response::new(info.with_endpoint(endpoint).with_descriptor(descriptor)))
}

/// Says how a list is had: by the command itself.
fn list_info(schema: &Schema, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
    let descriptor = request.into_inner();
    info(schema, descriptor.cmd.clone(), descriptor)
}

/// Answers with a list.
fn list(batch: Result<RecordBatch, FlightError>) -> Result<Response<DataStream>, Status> {
    Ok(wire::encode_one(batch.map_err(Status::from)?))
}

fn outside_transactions(transaction: Option<&Bytes>) -> Result<(), Status> {
    match transaction {
        Some(id) if !id.is_empty() => Err(Status::invalid_argument(status::NO_TRANSACTIONS)),
        _ => Ok(()),
    }
}

#[tonic::async_trait]
impl FlightSqlService for Service {
    type FlightService = Self;

    async fn do_handshake(
        &self,
        _request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>>, Status> {
        // Who comes here has shown the token. The client may send its first message only after the answer.
        let token = self.shared.token();
        let bearer: Result<AsciiMetadataValue, _> = format!("Bearer {token}").parse();
        let payload = HandshakeResponse { protocol_version: 0, payload: Bytes::copy_from_slice(token.as_bytes()) };
        let answers: Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>> =
            Box::pin(futures::stream::iter([Ok(payload)]));
        let mut response = Response::new(answers);
        response.metadata_mut().insert("authorization", bearer.map_err(|error| status::internal(&error))?);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        outside_transactions(query.transaction_id.as_ref())?;
        let workspace = self.sessions.workspace(request.metadata());
        let asked = Asked::plan(self.node(), workspace, Question::from(query.query)).await?;
        self.announce(asked, request.into_inner())
    }

    async fn get_flight_info_substrait_plan(
        &self,
        _query: CommandStatementSubstraitPlan,
        _request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Err(Status::unimplemented(NO_SUBSTRAIT))
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let prepared = self.prepared(&query.prepared_statement_handle)?;
        let asked = prepared.ask(self.node()).await?;
        self.announce(asked, request.into_inner())
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&query.into_builder().schema(), request)
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&query.into_builder().schema(), request)
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&query.into_builder().schema(), request)
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&query.into_builder().schema(), request)
    }

    async fn get_flight_info_sql_info(
        &self,
        _query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&self.sql_info.schema(), request)
    }

    async fn get_flight_info_primary_keys(
        &self,
        _query: CommandGetPrimaryKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&metadata::primary_keys().schema(), request)
    }

    async fn get_flight_info_exported_keys(
        &self,
        _query: CommandGetExportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&metadata::foreign_keys().schema(), request)
    }

    async fn get_flight_info_imported_keys(
        &self,
        _query: CommandGetImportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&metadata::foreign_keys().schema(), request)
    }

    async fn get_flight_info_cross_reference(
        &self,
        _query: CommandGetCrossReference,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&metadata::foreign_keys().schema(), request)
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        _query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        list_info(&self.types.schema(), request)
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        let asked = self.asked.get(&ticket.statement_handle).ok_or_else(|| {
            Status::not_found("this ticket stands for nothing (any more): it expired or was cancelled; ask again")
        })?;
        let batches = run(self.node(), &asked).await?;
        Ok(wire::encode(batches, Arc::clone(asked.schema())))
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        let prepared = self.prepared(&query.prepared_statement_handle)?;
        let asked = Arc::new(prepared.ask(self.node()).await?);
        let batches = run(self.node(), &asked).await?;
        Ok(wire::encode(batches, Arc::clone(asked.schema())))
    }

    async fn do_get_catalogs(
        &self,
        _query: CommandGetCatalogs,
        request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        let mut builder = GetCatalogsBuilder::new();
        for catalog in metadata::catalogs(&self.tables(request.metadata()).await?) {
            builder.append(catalog);
        }
        list(builder.build())
    }

    async fn do_get_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(metadata::schemas(query, &self.tables(request.metadata()).await?))
    }

    async fn do_get_tables(
        &self,
        query: CommandGetTables,
        request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        let workspace = self.sessions.workspace(request.metadata());
        Ok(wire::encode_one(metadata::list(self.node(), workspace.as_deref(), query).await?))
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        let mut builder = query.into_builder();
        for kind in metadata::TABLE_TYPES {
            builder.append(kind);
        }
        list(builder.build())
    }

    async fn do_get_sql_info(
        &self,
        query: CommandGetSqlInfo,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(query.into_builder(&self.sql_info).build())
    }

    async fn do_get_primary_keys(
        &self,
        _query: CommandGetPrimaryKeys,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(Ok(metadata::primary_keys()))
    }

    async fn do_get_exported_keys(
        &self,
        _query: CommandGetExportedKeys,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(Ok(metadata::foreign_keys()))
    }

    async fn do_get_imported_keys(
        &self,
        _query: CommandGetImportedKeys,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(Ok(metadata::foreign_keys()))
    }

    async fn do_get_cross_reference(
        &self,
        _query: CommandGetCrossReference,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(Ok(metadata::foreign_keys()))
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        _request: Request<Ticket>,
    ) -> Result<Response<DataStream>, Status> {
        list(query.into_builder(&self.types).build())
    }

    async fn do_put_error_callback(
        &self,
        _request: Request<PeekableFlightDataStream>,
        error: DoPutError,
    ) -> Result<Response<<Self as FlightService>::DoPutStream>, Status> {
        Err(Status::invalid_argument(format!("the data does not say what it is for: {error}")))
    }

    async fn do_put_statement_update(
        &self,
        _ticket: CommandStatementUpdate,
        _request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(Status::invalid_argument(status::READ_ONLY))
    }

    async fn do_put_statement_ingest(
        &self,
        _ticket: CommandStatementIngest,
        _request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(Status::unimplemented(status::READ_ONLY))
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        let prepared = self.prepared(&query.prepared_statement_handle)?;
        let values = bind::read(request.into_inner(), prepared.parameters()).await?;
        prepared.bind(values);
        // It stays what it is. Some clients take what is here, whatever it is.
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(query.prepared_statement_handle) })
    }

    async fn do_put_prepared_statement_update(
        &self,
        _query: CommandPreparedStatementUpdate,
        _request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(Status::invalid_argument(status::READ_ONLY))
    }

    async fn do_put_substrait_plan(
        &self,
        _query: CommandStatementSubstraitPlan,
        _request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(Status::unimplemented(NO_SUBSTRAIT))
    }

    async fn do_action_fallback(
        &self,
        request: Request<Action>,
    ) -> Result<Response<<Self as FlightService>::DoActionStream>, Status> {
        self.act(request).await
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        outside_transactions(query.transaction_id.as_ref())?;
        let workspace = self.sessions.workspace(request.metadata());
        let prepared = Prepared::new(self.node(), workspace, &query.query).await?;
        Ok(ActionCreatePreparedStatementResult {
            dataset_schema: wire::schema_bytes(prepared.schema())?,
            parameter_schema: wire::schema_bytes(&prepared.parameter_schema())?,
            prepared_statement_handle: self.prepared.put(Arc::new(prepared))?,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        query: ActionClosePreparedStatementRequest,
        _request: Request<Action>,
    ) -> Result<(), Status> {
        // One that is gone already is closed.
        self.prepared.remove(&query.prepared_statement_handle);
        Ok(())
    }

    async fn do_action_create_prepared_substrait_plan(
        &self,
        _query: ActionCreatePreparedSubstraitPlanRequest,
        _request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        Err(Status::unimplemented(NO_SUBSTRAIT))
    }

    async fn do_action_begin_transaction(
        &self,
        _query: ActionBeginTransactionRequest,
        _request: Request<Action>,
    ) -> Result<ActionBeginTransactionResult, Status> {
        Err(Status::unimplemented(status::NO_TRANSACTIONS))
    }

    async fn do_action_end_transaction(
        &self,
        _query: ActionEndTransactionRequest,
        _request: Request<Action>,
    ) -> Result<(), Status> {
        Err(Status::unimplemented(status::NO_TRANSACTIONS))
    }

    async fn do_action_begin_savepoint(
        &self,
        _query: ActionBeginSavepointRequest,
        _request: Request<Action>,
    ) -> Result<ActionBeginSavepointResult, Status> {
        Err(Status::unimplemented(status::NO_TRANSACTIONS))
    }

    async fn do_action_end_savepoint(
        &self,
        _query: ActionEndSavepointRequest,
        _request: Request<Action>,
    ) -> Result<(), Status> {
        Err(Status::unimplemented(status::NO_TRANSACTIONS))
    }

    async fn do_action_cancel_query(
        &self,
        query: ActionCancelQueryRequest,
        _request: Request<Action>,
    ) -> Result<ActionCancelQueryResult, Status> {
        let info = FlightInfo::decode(query.info)
            .map_err(|error| Status::invalid_argument(format!("what to cancel cannot be read: {error}")))?;
        // Both lists of outcomes have the same numbers.
        Ok(ActionCancelQueryResult { result: self.cancel(&info) as i32 })
    }

    /// The list is made at once, in [`sql_info`].
    async fn register_sql_info(&self, _id: i32, _result: &SqlInfo) {}
}
