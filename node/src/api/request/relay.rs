//! How a relay is run.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How a relay is run; the settings under `relay` say what is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RelayOptions {
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// Absolute path of its certificate, in PEM.
    pub certificate: Option<PathBuf>,
    /// Absolute path of the certificate's key.
    pub key: Option<PathBuf>,
    /// Host to make a certificate for instead.
    pub self_signed: Option<String>,
    /// Workspaces whose members it serves, by name or id; all that this device is a member of when
    /// empty.
    pub workspaces: Vec<String>,
}
