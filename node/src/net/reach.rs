//! What is said when a machine cannot be reached: what was tried, and whether it is this side that
//! has no network.

use std::net::SocketAddr;

use crate::api::{ApiError, ErrorKind};

/// A machine that was to be reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    /// What it is called.
    pub(super) whom: &'a str,
    /// What for.
    pub(super) to: &'a str,
    /// Where it was looked for.
    pub(super) tried: &'a [SocketAddr],
    /// The addresses of this machine.
    pub(super) local: &'a [SocketAddr],
    /// Where this node is set to listen.
    pub(super) listen: SocketAddr,
}

impl Reach<'_> {
    /// Says that it cannot be reached.
    pub(super) fn failed(&self, why: &dyn std::fmt::Display) -> ApiError {
        let error = |why: &dyn std::fmt::Display, hint: String| ApiError {
            causes: self.tried.iter().map(|address| format!("tried {address}")).collect(),
            ..ApiError::new(ErrorKind::Network, format!("cannot reach {} to {}: {why}", self.whom, self.to)).hint(hint)
        };
        let is_far = |address: &SocketAddr| !address.ip().is_loopback();
        if self.tried.is_empty() {
            return error(
                why,
                "no address of it is known: let a new ticket be made while dataforge up runs there".into(),
            );
        }
        if self.tried.iter().any(is_far) && !self.local.iter().any(is_far) {
            return if self.listen.ip().is_loopback() {
                let hint =
                    format!("network.listen is {}, which leads nowhere else: choose another address", self.listen);
                error(&"this node keeps to this machine", hint)
            } else {
                error(&"this machine has no network", "connect it by cable or Wi-Fi, then try again".into())
            };
        }
        let mut ports: Vec<_> = self.tried.iter().map(SocketAddr::port).collect();
        ports.sort_unstable();
        ports.dedup();
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let hint = format!(
            "dataforge up must run there, in a network this machine reaches, and its firewall let in UDP port {}",
            ports.join(" and ")
        );
        error(why, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn failed(tried: &[SocketAddr], local: &[SocketAddr], listen: &str) -> ApiError {
        Reach { whom: "Ada", to: "join \"Field\"", tried, local, listen: at(listen) }.failed(&"no answer")
    }

    #[test]
    fn it_is_said_what_was_tried_and_what_to_do() {
        let tried = [at("192.168.1.7:7411"), at("[fd00::1]:7411")];
        let error = failed(&tried, &[at("10.0.0.3:5")], "0.0.0.0:7411");
        assert_eq!(error.message, "cannot reach Ada to join \"Field\": no answer");
        assert_eq!(error.causes, ["tried 192.168.1.7:7411", "tried [fd00::1]:7411"]);
        assert!(error.hint.unwrap().ends_with("UDP port 7411"));
    }

    #[test]
    fn no_network_at_all_is_said_unless_it_is_this_very_machine() {
        let (far, near) = (at("192.168.1.7:7411"), at("127.0.0.1:7411"));
        for local in [vec![], vec![at("127.0.0.1:5")]] {
            let error = failed(&[near, far], &local, "0.0.0.0:7411");
            assert!(error.message.ends_with("this machine has no network"), "{error}");
            let error = failed(&[far], &local, "127.0.0.1:0");
            assert!(error.hint.unwrap().contains("network.listen"));
        }
        let error = failed(&[near], &[at("127.0.0.1:5")], "127.0.0.1:0");
        assert!(error.message.ends_with("no answer"), "{error}");
        assert!(failed(&[], &[], "0.0.0.0:0").hint.unwrap().contains("new ticket"));
    }
}
