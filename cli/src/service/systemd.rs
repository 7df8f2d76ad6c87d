//! systemd: a unit of the person, or of the machine.

use std::path::{Path, PathBuf};

use super::{Plan, Scope, Service, step, try_step};

/// Where units of the machine are.
const SYSTEM_UNITS: &str = "/etc/systemd/system";

/// What keeps the process from what it does not need. It goes without where these cannot be had.
const CONFINED: &str = "\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectClock=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
UMask=0077
";

/// Makes the plan.
pub(super) fn plan(service: &Service) -> Plan {
    let unit = format!("{}.service", service.name);
    let dir = if service.is_system() { PathBuf::from(SYSTEM_UNITS) } else { service.settings.join("systemd/user") };
    let systemctl = |words: &[&'static str]| -> Vec<String> {
        let scope: &[&str] = if service.is_system() { &[] } else { &["--user"] };
        ["systemctl"].iter().chain(scope).chain(words).map(|&word| word.to_owned()).collect()
    };
    let with_unit = |words: &[&'static str]| {
        let mut command = systemctl(words);
        command.push(unit.clone());
        step(&command.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let reload = step(&systemctl(&["daemon-reload"]).iter().map(String::as_str).collect::<Vec<_>>());
    let mut install = vec![reload.clone(), with_unit(&["enable"]), with_unit(&["restart"])];
    if !service.is_system() {
        // Without it a person's services end when they log out.
        install.push(try_step(&["loginctl", "enable-linger"]));
    }
    let mut notes = Vec::new();
    if service.is_system() {
        notes.push(format!("journalctl -u {unit} shows what it says"));
    } else {
        notes.push("it goes on when you log out if loginctl enable-linger is allowed; else use --system".to_owned());
        notes.push(format!("journalctl --user -u {unit} shows what it says"));
    }
    Plan {
        file: dir.join(&unit),
        text: text(service),
        is_utf16: false,
        install,
        remove: vec![with_unit(&["disable", "--now"])],
        removed: vec![reload],
        status: with_unit(&["status", "--no-pager", "--lines=5"]),
        notes,
    }
}

fn text(service: &Service) -> String {
    let mut text = format!("[Unit]\nDescription=DataForge node in {}\n", specifiers(&service.dir.display().to_string()));
    if service.is_system() {
        text.push_str("After=network.target\n");
    }
    // It is tried again for as long as it fails: a disk may be mounted late.
    text.push_str("StartLimitIntervalSec=0\n\n[Service]\nType=notify\nNotifyAccess=main\n");
    let words = std::iter::once(service.program.display().to_string()).chain(service.args());
    text.push_str(&format!("ExecStart={}\n", words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")));
    text.push_str(
        "Restart=on-failure\nRestartSec=5\n\
         # What was called wrongly, a sealed key without its passphrase: trying again does not help.\n\
         RestartPreventExitStatus=2 11\n\
         WatchdogSec=60\n\
         # After a cut of power what came in last is hashed again first.\n\
         TimeoutStartSec=30min\nTimeoutStopSec=30\nLimitNOFILE=65536\n",
    );
    match &service.scope {
        Scope::System { user } => {
            text.push_str(&format!("User={user}\n"));
        }
        // The local socket is there, with those of other nodes of this person.
        Scope::User => text.push_str("RuntimeDirectory=dataforge\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=yes\n"),
    }
    if service.is_confined {
        text.push_str(CONFINED);
        if service.is_system() {
            // The local socket is in a directory of its own there; /run/user may not be there yet.
            text.push_str("ReadWritePaths=/tmp -/run/user\n");
        } else {
            text.push_str("PrivateUsers=yes\n");
        }
        let writable: Vec<_> = std::iter::once(&service.dir).chain(&service.writable).map(|dir| path(dir)).collect();
        text.push_str(&format!("ReadWritePaths={}\n", writable.join(" ")));
    } else {
        text.push_str("NoNewPrivileges=yes\nUMask=0077\n");
    }
    let target = if service.is_system() { "multi-user.target" } else { "default.target" };
    text.push_str(&format!("\n[Install]\nWantedBy={target}\n"));
    text
}

/// `%` begins what systemd puts in itself.
fn specifiers(text: &str) -> String {
    text.replace('%', "%%")
}

fn path(path: &Path) -> String {
    format!("\"{}\"", specifiers(&path.display().to_string()).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-=:+@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("\"{}\"", specifiers(word).replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::service;
    use super::*;

    #[test]
    fn a_unit_starts_the_node_is_confined_and_may_write_its_data() {
        let plan = plan(&service(Scope::User));
        assert_eq!(plan.file, Path::new("/home/ada/.config/systemd/user/dataforge.service"));
        let dir = "\"/data/100%% \\\"a\\\" & <b> $$x\"";
        let start = format!("ExecStart=\"/opt/data forge/dataforge\" --dir {dir} up\n");
        assert!(plan.text.contains(&start), "{}", plan.text);
        for line in [
            "Type=notify",
            "Restart=on-failure",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "WatchdogSec=60",
            "PrivateUsers=yes",
            "RuntimeDirectory=dataforge",
            "ReadWritePaths=\"/data/100%% \\\"a\\\" & <b> $x\"",
            "WantedBy=default.target",
        ] {
            assert!(plan.text.lines().any(|found| found == line), "{line} in {}", plan.text);
        }
        let commands: Vec<_> = plan.install.iter().map(|step| step.command.join(" ")).collect();
        let expected = [
            "systemctl --user daemon-reload",
            "systemctl --user enable dataforge.service",
            "systemctl --user restart dataforge.service",
            "loginctl enable-linger",
        ];
        assert_eq!(commands, expected);
        assert!(plan.install[3].may_fail && !plan.install[1].may_fail);
        assert_eq!(plan.remove[0].command.join(" "), "systemctl --user disable --now dataforge.service");
    }

    #[test]
    fn a_unit_of_the_machine_runs_as_the_owner_of_the_data() {
        let plan = plan(&service(Scope::System { user: "1007".into() }));
        assert_eq!(plan.file, Path::new("/etc/systemd/system/dataforge.service"));
        assert!(plan.text.contains("\nUser=1007\n") && plan.text.contains("WantedBy=multi-user.target"));
        assert!(!plan.text.contains("PrivateUsers") && !plan.text.contains("RuntimeDirectory"));
        assert!(plan.install.iter().all(|step| !step.command.contains(&"--user".to_owned())));
    }

    #[test]
    fn without_confinement_nothing_is_asked_that_needs_a_namespace() {
        let plain = Service {
            is_confined: false,
            passphrase_file: Some("/keys/pass".into()),
            dir: "/data".into(),
            writable: vec!["/backup".into()],
            ..service(Scope::User)
        };
        let text = plan(&plain).text;
        assert!(!text.contains("Protect") && !text.contains("PrivateUsers") && text.contains("NoNewPrivileges=yes"));
        assert!(text.contains(" --dir /data --passphrase-file /keys/pass up\n"), "{text}");
        let text = plan(&Service { is_confined: true, ..plain }).text;
        assert!(text.contains("\nReadWritePaths=\"/data\" \"/backup\"\n"), "{text}");
    }
}
