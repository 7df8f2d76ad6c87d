//! What a firewall has to let through, in the words of this system's.

/// Port of DNS-SD.
const DISCOVERY_PORT: u16 = 5353;

/// Systems with firewalls of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    /// Returns the one this program was made for.
    pub(crate) const fn this() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// Returns what to let through, for a program that listens on a UDP port.
pub(crate) fn hints(system: System, port: u16, program: &str) -> Vec<String> {
    let mut hints = vec![format!(
        "let UDP port {port} in (peers) and UDP port {DISCOVERY_PORT} in and out (finding peers on the same network)"
    )];
    hints.extend(match system {
        System::Linux => vec![
            format!("ufw: sudo ufw allow {port}/udp && sudo ufw allow {DISCOVERY_PORT}/udp"),
            format!("firewalld: sudo firewall-cmd --permanent --add-port={port}/udp --add-service=mdns && sudo firewall-cmd --reload"),
            format!("nftables: sudo nft add rule inet filter input udp dport '{{ {port}, {DISCOVERY_PORT} }}' accept"),
        ],
        System::MacOs => vec![
            format!("sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add \"{program}\" --unblockapp \"{program}\""),
            "System Settings, Privacy & Security, Local Network: allow the terminal or program that starts it".to_owned(),
        ],
        System::Windows => vec![
            format!(
                "as administrator: netsh advfirewall firewall add rule name=DataForge dir=in action=allow protocol=UDP \
                 localport={port},{DISCOVERY_PORT} program=\"{program}\" profile=any"
            ),
            "a network that Windows calls public hides this machine: set it to private in Settings, Network & internet"
                .to_owned(),
        ],
    });
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_is_told_both_ports() {
        for system in [System::Linux, System::MacOs, System::Windows] {
            let text = hints(system, 7411, "/opt/dataforge").join("\n");
            assert!(text.contains("7411") && text.contains("5353"), "{text}");
        }
        assert!(hints(System::Windows, 1, "C:\\x")[1].contains("localport=1,5353 program=\"C:\\x\""));
    }
}
