//! Who may connect: SCRAM-SHA-256 with the token of the faces as password, whatever the user's name.
//!
//! The token itself never crosses the line, and what is stored of it during the exchange is a salted hash.
//! The exchange is pgwire's; this decides what it is asked with, and which workspace a connection is for.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Sink, SinkExt as _};
use pgwire::api::auth::sasl::SCRAM_SHA_256_METHOD;
use pgwire::api::auth::sasl::scram::{
    SCRAM_ITERATIONS, ScramServerAuth, ScramServerAuthWaitingForClientFinal, gen_salted_password,
};
use pgwire::api::auth::{
    Password, ServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use pgwire::api::cancel::CancelHandler;
use pgwire::api::{
    ClientInfo, METADATA_DATABASE, PgWireConnectionState, PidSecretKeyGenerator as _, RandomPidSecretKeyGenerator,
};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::cancel::CancelRequest;
use pgwire::messages::startup::{Authentication, PasswordMessageFamily, SecretKey};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::watch;

use super::connection::Connection;
use super::errors::{PROTOCOL, fatal};
use super::settings::options;

/// Bytes of the salt.
const SALT_BYTES: usize = 16;

/// Settings that drivers send with the start of a connection.
const AT_START: &[&str] = &[
    "application_name",
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "extra_float_digits",
    "search_path",
    "statement_timeout",
];

/// What all connections share: the proof they are asked for, and how running statements are stopped.
pub(super) struct Door {
    salt: Vec<u8>,
    salted: Vec<u8>,
    keys: RandomPidSecretKeyGenerator,
    running: Mutex<BTreeMap<(i32, Bytes), watch::Sender<u64>>>,
}

impl Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    /// Makes a door that the token opens; none when the system gives no randomness.
    pub(super) fn new(token: &str) -> Option<Self> {
        let mut salt = vec![0; SALT_BYTES];
        SystemRandom::new().fill(&mut salt).ok()?;
        let salted = gen_salted_password(token, &salt, SCRAM_ITERATIONS);
        Some(Self { salt, salted, keys: RandomPidSecretKeyGenerator::default(), running: Mutex::default() })
    }

    fn password(&self) -> Password {
        Password::new(Some(self.salt.clone()), self.salted.clone())
    }

    fn enter(&self, key: (i32, Bytes), stop: watch::Sender<u64>) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(key, stop);
    }

    /// Forgets a connection that is over.
    pub(super) fn leave(&self, key: &(i32, Bytes)) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Asks the statement of a connection to stop; whether the key is one of a connection.
    fn stop(&self, pid: i32, secret: &SecretKey) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let found = running.get(&(pid, secret.to_bytes()));
        if let Some(stop) = found {
            stop.send_modify(|count| *count = count.wrapping_add(1));
        }
        found.is_some()
    }
}

/// How far a client has come.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// It has said nothing of who it is.
    #[default]
    First,
    /// It was sent a challenge.
    Challenged(Box<ScramServerAuthWaitingForClientFinal>),
    /// It has shown that it knows the token.
    Known,
}

/// Parameters that a client is told of.
struct Told(HashMap<String, String>);

impl ServerParameterProvider for Told {
    fn server_parameters<C>(&self, _client: &C) -> Option<HashMap<String, String>>
    where
        C: ClientInfo,
    {
        Some(self.0.clone())
    }
}

#[async_trait]
impl StartupHandler for Connection {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                let methods = vec![SCRAM_SHA_256_METHOD.to_owned()];
                client.send(PgWireBackendMessage::Authentication(Authentication::SASL(methods))).await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(shown) => self.on_proof(client, shown).await,
            // As everything that stands before a connection is known, it ends it.
            _ => Err(fatal(PROTOCOL, "say who you are first")),
        }
    }
}

impl Connection {
    async fn on_proof<C>(&self, client: &mut C, shown: PasswordMessageFamily) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let mut stage = self.stage.lock().await;
        match std::mem::take(&mut *stage) {
            Stage::First => {
                let first = shown.into_sasl_initial_response()?;
                let data = first.data.filter(|_| first.auth_method == SCRAM_SHA_256_METHOD);
                let data = data.ok_or_else(|| fatal(PROTOCOL, "only SCRAM-SHA-256 is taken"))?;
                let (challenge, waiting) =
                    ScramServerAuth::new().on_client_first_message(&data, self.door.password())?;
                *stage = Stage::Challenged(Box::new(waiting));
                let challenge = Authentication::SASLContinue(challenge.into());
                client.send(PgWireBackendMessage::Authentication(challenge)).await?;
                Ok(())
            }
            Stage::Challenged(waiting) => {
                let proof = shown.into_sasl_response()?;
                let answer = waiting.on_client_final_message(&proof.data).map_err(wrong_token)?;
                *stage = Stage::Known;
                self.welcome(client, answer).await
            }
            Stage::Known => Err(fatal(PROTOCOL, "you are known already")),
        }
    }

    /// Lets a client in that has shown the token.
    async fn welcome<C>(&self, client: &mut C, answer: String) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let metadata = client.metadata();
        let database = metadata.get(METADATA_DATABASE).cloned().unwrap_or_default();
        let mut wanted = metadata.get("options").map_or_else(Vec::new, |text| options(text));
        for name in AT_START {
            wanted.extend(metadata.get(*name).map(|value| (name.to_lowercase(), value.clone())));
        }
        self.session.open(&database, wanted).await?;
        client.send(PgWireBackendMessage::Authentication(Authentication::SASLFinal(answer.into()))).await?;
        let (pid, secret) = self.door.keys.generate(&*client);
        let key = (pid, secret.to_bytes());
        client.set_pid_and_secret_key(pid, secret);
        self.door.enter(key.clone(), self.session.stopper());
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        finish_authentication(client, &Told(self.session.told_at_start().into_iter().collect())).await
    }
}

fn wrong_token(failure: PgWireError) -> PgWireError {
    match failure {
        PgWireError::InvalidPassword(_) => fatal(
            "28P01",
            "the password is not the token of this node's faces, which is in the file faces.token of its data directory",
        ),
        other => other,
    }
}

#[async_trait]
impl CancelHandler for Connection {
    async fn on_cancel_request(&self, request: CancelRequest) {
        if !self.door.stop(request.pid, &request.secret_key) {
            tracing::debug!("a request to stop names no connection");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_stops_a_statement() {
        let door = Door::new("token").expect("randomness");
        let (stop, heard) = watch::channel(0);
        let key = (7, SecretKey::I32(99).to_bytes());
        door.enter(key.clone(), stop);
        assert!(!door.stop(7, &SecretKey::I32(98)));
        assert!(!door.stop(8, &SecretKey::I32(99)));
        assert!(!heard.has_changed().expect("open"));
        assert!(door.stop(7, &SecretKey::I32(99)));
        assert!(heard.has_changed().expect("open"));
        door.leave(&key);
        assert!(!door.stop(7, &SecretKey::I32(99)));
    }

    #[test]
    fn the_token_is_not_kept_and_salts_differ() {
        let (one, other) = (Door::new("token").expect("randomness"), Door::new("token").expect("randomness"));
        assert_ne!(one.salt, other.salt);
        assert_ne!(one.salted, other.salted);
        assert!(!format!("{one:?}").contains("token"));
        assert_eq!(one.salted, gen_salted_password("token", &one.salt, SCRAM_ITERATIONS));
    }
}
