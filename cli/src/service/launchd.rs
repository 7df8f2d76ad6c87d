//! launchd: an agent of the person, or a daemon of the machine.

use std::path::PathBuf;

use super::{Plan, Scope, Service, step, try_step, xml};

/// Where daemons of the machine are.
const DAEMONS: &str = "/Library/LaunchDaemons";

/// Makes the plan.
pub(super) fn plan(service: &Service) -> Plan {
    let label = format!("org.{}.node", service.name);
    let (dir, domain) = match &service.scope {
        Scope::User => (service.home.join("Library/LaunchAgents"), format!("gui/{}", service.user)),
        Scope::System { .. } => (PathBuf::from(DAEMONS), "system".to_owned()),
    };
    let (file, target) = (dir.join(format!("{label}.plist")), format!("{domain}/{label}"));
    let bootout = ["launchctl", "bootout", &target];
    let shown = file.display().to_string();
    Plan {
        text: text(service, &label),
        is_utf16: false,
        // One that is loaded keeps its old description.
        install: vec![
            try_step(&bootout),
            step(&["launchctl", "bootstrap", &domain, &shown]),
            step(&["launchctl", "enable", &target]),
        ],
        remove: vec![step(&bootout)],
        removed: Vec::new(),
        status: step(&["launchctl", "print", &target]),
        notes: vec![format!("what it says is in {}", log(service).display())],
        file,
    }
}

fn log(service: &Service) -> PathBuf {
    service.dir.join("service.log")
}

fn text(service: &Service, label: &str) -> String {
    let string = |text: &str| format!("<string>{}</string>", xml(text));
    let words = std::iter::once(service.program.display().to_string()).chain(service.args());
    let words: Vec<_> = words.map(|word| format!("\t\t{}\n", string(&word))).collect();
    let user = match &service.scope {
        Scope::System { user } => format!("\t<key>UserName</key>\n\t{}\n", string(user)),
        Scope::User => String::new(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         \t<key>Label</key>\n\t{label}\n\
         \t<key>ProgramArguments</key>\n\t<array>\n{words}\t</array>\n{user}\
         \t<key>RunAtLoad</key>\n\t<true/>\n\
         \t<key>KeepAlive</key>\n\t<dict>\n\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>\n\
         \t<key>ThrottleInterval</key>\n\t<integer>10</integer>\n\
         \t<key>ExitTimeOut</key>\n\t<integer>30</integer>\n\
         \t<key>ProcessType</key>\n\t<string>Background</string>\n\
         \t<key>Umask</key>\n\t<integer>63</integer>\n\
         \t<key>SoftResourceLimits</key>\n\t<dict>\n\t\t<key>NumberOfFiles</key>\n\t\t<integer>8192</integer>\n\t</dict>\n\
         \t<key>StandardOutPath</key>\n\t<string>/dev/null</string>\n\
         \t<key>StandardErrorPath</key>\n\t{log}\n\
         </dict>\n</plist>\n",
        label = string(label),
        words = words.concat(),
        log = string(&log(service).display().to_string()),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::tests::service;
    use super::*;

    #[test]
    fn an_agent_is_kept_alive_and_says_where_its_words_are() {
        let plan = plan(&service(Scope::User));
        assert_eq!(plan.file, Path::new("/home/ada/Library/LaunchAgents/org.dataforge.node.plist"));
        let args = "\t\t<string>/opt/data forge/dataforge</string>\n\t\t<string>--dir</string>\n\
                    \t\t<string>/data/100% &quot;a&quot; &amp; &lt;b&gt; $x</string>\n\t\t<string>up</string>\n";
        assert!(plan.text.contains(args), "{}", plan.text);
        assert!(plan.text.contains("<key>SuccessfulExit</key>\n\t\t<false/>"));
        assert!(!plan.text.contains("UserName"));
        // Every key has a value and every mark its end.
        for (open, close) in [("<dict>", "</dict>"), ("<array>", "</array>"), ("<key>", "</key>"), ("<string>", "</string>")] {
            assert_eq!(plan.text.matches(open).count(), plan.text.matches(close).count(), "{open}");
        }
        let commands: Vec<_> = plan.install.iter().map(|step| step.command.join(" ")).collect();
        assert_eq!(commands[0], "launchctl bootout gui/1000/org.dataforge.node");
        assert!(commands[1].starts_with("launchctl bootstrap gui/1000 /home/ada/Library"), "{commands:?}");
        assert!(plan.install[0].may_fail && !plan.install[1].may_fail);
    }

    #[test]
    fn a_daemon_runs_as_the_owner_of_the_data() {
        let plan = plan(&service(Scope::System { user: "ada".into() }));
        assert_eq!(plan.file, Path::new("/Library/LaunchDaemons/org.dataforge.node.plist"));
        assert!(plan.text.contains("<key>UserName</key>\n\t<string>ada</string>"));
        assert_eq!(plan.status.command.join(" "), "launchctl print system/org.dataforge.node");
    }
}
