//! The Task Scheduler of Windows: a task at logon, or at the start of the machine. A service there
//! would have to speak the protocol of services; a task starts the program as it is.

use super::{Plan, Scope, Service, step, try_step, xml};

/// Makes the plan.
pub(super) fn plan(service: &Service) -> Plan {
    let task = format!("DataForge\\{}", service.name);
    let file = service.dir.join("service.xml");
    let shown = file.display().to_string();
    let note = match &service.scope {
        Scope::User => "it starts when you log on; --system starts it with the machine, as administrator",
        Scope::System { .. } => "it starts with the machine",
    };
    Plan {
        text: text(service),
        is_utf16: true,
        install: vec![
            step(&["schtasks", "/Create", "/TN", &task, "/XML", &shown, "/F"]),
            try_step(&["schtasks", "/End", "/TN", &task]),
            step(&["schtasks", "/Run", "/TN", &task]),
        ],
        remove: vec![try_step(&["schtasks", "/End", "/TN", &task]), step(&["schtasks", "/Delete", "/TN", &task, "/F"])],
        removed: Vec::new(),
        status: step(&["schtasks", "/Query", "/TN", &task, "/V", "/FO", "LIST"]),
        notes: vec![note.to_owned()],
        file,
    }
}

fn text(service: &Service) -> String {
    let (user, trigger, logon) = match &service.scope {
        // By conhost without a window: a program of the terminal would open one.
        Scope::User => {
            let user = xml(&service.user);
            let trigger = format!("<LogonTrigger><Enabled>true</Enabled><UserId>{user}</UserId></LogonTrigger>");
            (user, trigger, "InteractiveToken")
        }
        // Without a password, and whether or not they are logged on.
        Scope::System { user } => (xml(user), "<BootTrigger><Enabled>true</Enabled></BootTrigger>".to_owned(), "S4U"),
    };
    let words = std::iter::once(service.program.display().to_string()).chain(service.args());
    let words = words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n\
         <RegistrationInfo><Description>DataForge node in {dir}</Description></RegistrationInfo>\r\n\
         <Triggers>{trigger}</Triggers>\r\n\
         <Principals><Principal id=\"Author\"><UserId>{user}</UserId><LogonType>{logon}</LogonType>\
         <RunLevel>LeastPrivilege</RunLevel></Principal></Principals>\r\n\
         <Settings>\r\n\
         <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\r\n\
         <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\r\n\
         <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\r\n\
         <AllowHardTerminate>true</AllowHardTerminate>\r\n\
         <StartWhenAvailable>true</StartWhenAvailable>\r\n\
         <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>\r\n\
         <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\r\n\
         <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>\r\n\
         </Settings>\r\n\
         <Actions Context=\"Author\"><Exec><Command>conhost.exe</Command><Arguments>{arguments}</Arguments></Exec></Actions>\r\n\
         </Task>\r\n",
        dir = xml(&service.dir.display().to_string()),
        arguments = xml(&format!("--headless {words}")),
    )
}

/// A word as Windows programs take command lines apart: backslashes count double before a quote.
fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let (mut quoted, mut slashes) = (String::from("\""), 0);
    for letter in word.chars() {
        match letter {
            '\\' => slashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        quoted.push(letter);
    }
    quoted.push_str(&"\\".repeat(slashes));
    quoted.push('"');
    quoted
}

/// Returns text as a file that Windows takes for UTF-16.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::service;
    use super::*;

    #[test]
    fn a_task_starts_at_logon_without_a_limit_and_again_after_failures() {
        let windows = Service {
            program: "C:\\Program Files\\DataForge\\dataforge.exe".into(),
            dir: "D:\\logs & more\\".into(),
            user: "OFFICE\\ada".into(),
            ..service(Scope::User)
        };
        let plan = plan(&windows);
        let arguments = "<Arguments>--headless &quot;C:\\Program Files\\DataForge\\dataforge.exe&quot; --dir \
                         &quot;D:\\logs &amp; more\\\\&quot; up</Arguments>";
        assert!(plan.text.contains(arguments), "{}", plan.text);
        for part in [
            "<LogonTrigger><Enabled>true</Enabled><UserId>OFFICE\\ada</UserId></LogonTrigger>",
            "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>",
            "<RestartOnFailure>",
            "<StopIfGoingOnBatteries>false",
            "<LogonType>InteractiveToken</LogonType>",
        ] {
            assert!(plan.text.contains(part), "{part} in {}", plan.text);
        }
        assert_eq!(plan.install[0].command[..4], ["schtasks", "/Create", "/TN", "DataForge\\dataforge"]);
        assert!(plan.is_utf16);
        assert_eq!(utf16("a<")[..], [0xFF, 0xFE, b'a', 0, b'<', 0]);
    }

    #[test]
    fn a_task_of_the_machine_starts_with_it_and_words_are_quoted_as_windows_has_it() {
        let text = plan(&service(Scope::System { user: "OFFICE\\ada".into() })).text;
        assert!(text.contains("<BootTrigger>") && text.contains("<LogonType>S4U</LogonType>"), "{text}");
        assert_eq!(quoted("C:\\x"), "C:\\x");
        assert_eq!(quoted("a b\\"), "\"a b\\\\\"");
        assert_eq!(quoted("a\\\"b"), "\"a\\\\\\\"b\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
