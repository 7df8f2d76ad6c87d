//! The actions of Flight that `arrow-flight` leaves to its users: cancelling, and sessions.

use std::collections::BTreeMap;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::{Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult};
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::metadata;
use super::service::Service;
use super::session::{
    CloseSessionResult, GetSessionOptionsResult, OptionValue, Session, SessionError, SessionOptionValue,
    SetSessionOptionsResult, asked,
};

/// The answer to an action.
pub(super) type ActionStream = <Service as FlightService>::DoActionStream;

const CANCEL: &str = "CancelFlightInfo";
const SET_OPTIONS: &str = "SetSessionOptions";
const GET_OPTIONS: &str = "GetSessionOptions";
const CLOSE_SESSION: &str = "CloseSession";

/// Every action that does something, with what it does.
const ACTIONS: [(&str, &str); 7] = [
    ("CreatePreparedStatement", "Prepares a statement: ActionCreatePreparedStatementRequest"),
    ("ClosePreparedStatement", "Closes a prepared statement: ActionClosePreparedStatementRequest"),
    ("CancelQuery", "Cancels a statement: ActionCancelQueryRequest"),
    (CANCEL, "Cancels a statement: CancelFlightInfoRequest"),
    (SET_OPTIONS, "Chooses the workspace of a session: SetSessionOptionsRequest"),
    (GET_OPTIONS, "Says which workspace a session has: GetSessionOptionsRequest"),
    (CLOSE_SESSION, "Ends a session: CloseSessionRequest"),
];

/// Returns every action that does something.
pub(super) fn actions() -> impl Iterator<Item = ActionType> {
    ACTIONS.into_iter().map(|(name, what)| ActionType { r#type: name.to_owned(), description: what.to_owned() })
}

/// The options of a session that name a workspace.
const WORKSPACE_OPTIONS: [&str; 2] = ["workspace", "database"];

impl Service {
    /// Does what an action says.
    pub(super) async fn act(&self, request: Request<Action>) -> Result<Response<ActionStream>, Status> {
        let (headers, _, action) = request.into_parts();
        match action.r#type.as_str() {
            CANCEL => {
                let request = CancelFlightInfoRequest::decode(action.body)
                    .map_err(|error| Status::invalid_argument(format!("what to cancel cannot be read: {error}")))?;
                let info = request.info.ok_or_else(|| Status::invalid_argument("there is nothing to cancel"))?;
                Ok(answer(&CancelFlightInfoResult::new(self.cancel(&info))))
            }
            SET_OPTIONS => self.set_options(&headers, &action.body).await,
            GET_OPTIONS => self.options(&headers).await,
            CLOSE_SESSION => self.sessions.close(&headers, answer(&CloseSessionResult::CLOSED)),
            other => {
                Err(Status::unimplemented(format!("there is no action {other:?}; ListActions lists those there are")))
            }
        }
    }

    async fn set_options(&self, headers: &MetadataMap, body: &[u8]) -> Result<Response<ActionStream>, Status> {
        let options = asked(body)?;
        let mut session = Session { workspace: self.sessions.workspace(headers) };
        let mut errors = BTreeMap::new();
        // A workspace first: which catalog and schema there are may depend on it.
        let (workspaces, others): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|(name, _)| WORKSPACE_OPTIONS.contains(&name.as_str()));
        for (name, value) in workspaces.into_iter().chain(others) {
            if let Err(error) = self.set_option(&mut session, &name, value).await {
                errors.insert(name, error);
            }
        }
        self.sessions.tell(headers, session, answer(&SetSessionOptionsResult { errors }))
    }

    /// Sets one option, or says why not.
    async fn set_option(
        &self,
        session: &mut Session,
        name: &str,
        value: SessionOptionValue,
    ) -> Result<(), SessionError> {
        let names_workspace = WORKSPACE_OPTIONS.contains(&name);
        if !names_workspace && name != "catalog" && name != "schema" {
            return Err(SessionError::INVALID_NAME);
        }
        let wanted = match value.option_value {
            Some(OptionValue::String(wanted)) => wanted,
            Some(_) => return Err(SessionError::INVALID_VALUE),
            None => {
                if names_workspace {
                    session.workspace = None;
                }
                return Ok(());
            }
        };
        if let Err(error) = self.node().describe(Some(&wanted), "select 1").await {
            // What there is anyway can be chosen, which changes nothing: tools do so with what they were shown.
            if !names_workspace && self.is_home(session, name, &wanted).await {
                return Ok(());
            }
            tracing::debug!("a session of Flight SQL asks for {name} {wanted:?}: {error}");
            return Err(SessionError::INVALID_VALUE);
        }
        session.workspace = Some(wanted);
        Ok(())
    }

    /// Whether a catalog or schema is the one in which names without it are looked up.
    async fn is_home(&self, session: &Session, name: &str, wanted: &str) -> bool {
        // With several workspaces and none chosen there is none yet.
        let home = metadata::home(self.node(), session.workspace.as_deref()).await;
        home.is_ok_and(|(catalog, schema)| if name == "catalog" { catalog == wanted } else { schema == wanted })
    }

    async fn options(&self, headers: &MetadataMap) -> Result<Response<ActionStream>, Status> {
        let workspace = self.sessions.workspace(headers);
        let (catalog, schema) = metadata::home(self.node(), workspace.as_deref()).await?;
        let mut session_options = BTreeMap::from([
            ("catalog".to_owned(), SessionOptionValue::from(catalog)),
            ("schema".to_owned(), SessionOptionValue::from(schema)),
        ]);
        if let Some(workspace) = workspace {
            session_options.insert("workspace".to_owned(), SessionOptionValue::from(workspace));
        }
        Ok(answer(&GetSessionOptionsResult { session_options }))
    }
}

/// Answers an action with one message.
fn answer(message: &impl Message) -> Response<ActionStream> {
    let result = arrow_flight::Result::new(message.encode_to_vec());
    let results: ActionStream = Box::pin(futures::stream::iter([Ok(result)]));
    Response::new(results)
}
