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

/// Returns what to let through, for a program that listens on a UDP port and sends beacons to another.
pub(crate) fn hints(system: System, port: u16, beacon_port: u16, program: &str) -> Vec<String> {
    let finding: Vec<_> = [DISCOVERY_PORT, beacon_port].into_iter().filter(|port| *port != 0).collect();
    let all: Vec<_> = std::iter::once(port).chain(finding.iter().copied()).map(|port| port.to_string()).collect();
    let shown: Vec<_> = finding.iter().map(ToString::to_string).collect();
    let mut hints = vec![format!(
        "let UDP port {port} in (peers), and UDP {} in and out (finding peers on the same network)",
        shown.join(" and ")
    )];
    hints.extend(match system {
        System::Linux => vec![
            format!("ufw: for port in {}; do sudo ufw allow $port/udp; done", all.join(" ")),
            format!(
                "firewalld: sudo firewall-cmd --permanent {} && sudo firewall-cmd --reload",
                all.iter().map(|port| format!("--add-port={port}/udp")).collect::<Vec<_>>().join(" ")
            ),
            format!("nftables: sudo nft add rule inet filter input udp dport '{{ {} }}' accept", all.join(", ")),
        ],
        System::MacOs => vec![
            format!(
                "sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add \"{program}\" --unblockapp \"{program}\""
            ),
            "System Settings, Privacy & Security, Local Network: allow the terminal or program that starts it"
                .to_owned(),
        ],
        System::Windows => vec![
            format!(
                "as administrator: netsh advfirewall firewall add rule name=DataForge dir=in action=allow protocol=UDP \
                 localport={} program=\"{program}\" profile=any",
                all.join(",")
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
    fn each_system_is_told_all_ports() {
        for system in [System::Linux, System::MacOs, System::Windows] {
            let text = hints(system, 7411, 7412, "/opt/dataforge").join("\n");
            assert!(["7411", "7412", "5353"].iter().all(|port| text.contains(port)), "{text}");
        }
        assert!(hints(System::Windows, 1, 0, "C:\\x")[1].contains("localport=1,5353 program=\"C:\\x\""));
    }
}
