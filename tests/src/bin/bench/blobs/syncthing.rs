//! Two instances of Syncthing that know of each other and of nobody else.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Source;
use super::process::{Running, count, free_port, syncfs, wait};

/// What the interface of each wants to be told.
const KEY: &str = "benchmark";
/// The id of the folder that both share.
const FOLDER: &str = "files";
/// For what both tell each other when they meet.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// One that can be started.
#[derive(Debug)]
struct Instance {
    home: PathBuf,
    device: String,
    /// Where it listens for the other one, and for us.
    listen: u16,
    interface: u16,
}

/// What is different about the two.
#[derive(Debug, Clone, Copy)]
struct Side<'a> {
    files: &'a Path,
    kind: &'static str,
    paused: bool,
}

/// Syncs the files into an empty folder, and returns how long that took, from the moment on that
/// the receiver is told to; the sender has hashed them before.
pub(super) fn sync(source: &Source, dir: &Path) -> Result<Duration, Box<dyn Error>> {
    let (a, b) = (Instance::new(&dir.join("a"))?, Instance::new(&dir.join("b"))?);
    let target = dir.join("target");
    for folder in [&source.path, &target] {
        // Without it a folder counts as not mounted.
        std::fs::create_dir_all(folder.join(".stfolder"))?;
    }
    a.configure(&b, Side { files: &source.path, kind: "sendonly", paused: false })?;
    b.configure(&a, Side { files: &target, kind: "receiveonly", paused: true })?;
    let running = (a.start()?, b.start()?);
    wait("the sender has hashed its files", || {
        let status = a.get(&format!("db/status?folder={FOLDER}"));
        Ok(status.filter(|status| status["state"] == "idle" && status["localFiles"] == source.count).map(drop))
    })?;
    wait("both have met", || {
        let known = b.get("system/connections");
        Ok(known.filter(|known| known["connections"][&a.device]["connected"] == true).map(drop))
    })?;
    std::thread::sleep(PAUSE);
    let whole = count(&source.path)?;
    syncfs(dir)?;
    let started = Instant::now();
    b.call("PATCH", &format!("config/folders/{FOLDER}"), r#"{"paused":false}"#)?;
    wait("the receiver has all", || {
        let done = b.get(&format!("db/completion?folder={FOLDER}"));
        let is_done =
            |done: &Value| done["completion"] == 100 && done["globalItems"] == source.count && done["needItems"] == 0;
        Ok((done.is_some_and(|done| is_done(&done)) && count(&target)? == whole).then_some(()))
    })?;
    let time = started.elapsed();
    drop(running);
    std::fs::remove_dir(source.path.join(".stfolder"))?;
    Ok(time)
}

impl Instance {
    /// Has a key made.
    fn new(home: &Path) -> Result<Self, Box<dyn Error>> {
        std::fs::create_dir_all(home)?;
        let made = command(home, "generate").output()?;
        let config = std::fs::read_to_string(home.join("config.xml"));
        let device = config.ok().and_then(|text| {
            let (_, rest) = text.split_once("<device id=\"")?;
            rest.split_once('"').map(|(id, _)| id.to_owned()).filter(|id| !id.is_empty())
        });
        let Some(device) = device else {
            return Err(format!("syncthing made no key: {}", String::from_utf8_lossy(&made.stderr)).into());
        };
        Ok(Self { home: home.to_owned(), device, listen: free_port()?, interface: free_port()? })
    }

    /// Writes its settings; what they do not say is as it comes, and that includes syncing every
    /// file.
    fn configure(&self, other: &Self, side: Side<'_>) -> std::io::Result<()> {
        let Side { files, kind, paused } = side;
        let (files, interface, listen) = (files.display(), self.interface, self.listen);
        let (own, peer, at) = (&self.device, &other.device, other.listen);
        let text = format!(
            r#"<configuration version="36">
<folder id="{FOLDER}" path="{files}" type="{kind}" rescanIntervalS="0" fsWatcherEnabled="false">
<device id="{own}"/><device id="{peer}"/><minDiskFree unit="%">0</minDiskFree><paused>{paused}</paused>
</folder>
<device id="{own}"><address>dynamic</address></device>
<device id="{peer}"><address>tcp://127.0.0.1:{at}</address></device>
<gui enabled="true" tls="false"><address>127.0.0.1:{interface}</address><apikey>{KEY}</apikey></gui>
<options>
<listenAddress>tcp://127.0.0.1:{listen}</listenAddress><reconnectionIntervalS>1</reconnectionIntervalS>
<globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
<relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><stunKeepaliveStartS>0</stunKeepaliveStartS>
<urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled>
<autoUpgradeIntervalH>0</autoUpgradeIntervalH><startBrowser>false</startBrowser><setLowPriority>false</setLowPriority>
</options>
</configuration>
"#
        );
        std::fs::write(self.home.join("config.xml"), text)
    }

    fn start(&self) -> Result<Running, Box<dyn Error>> {
        Running::start(&mut command(&self.home, "serve"), &self.home.join("log"))
    }

    /// Asks for something; nothing while it does not answer.
    fn get(&self, path: &str) -> Option<Value> {
        serde_json::from_str(&self.call("GET", path, "").ok()?).ok()
    }

    /// Calls the interface; returns the body of what it answers.
    fn call(&self, method: &str, path: &str, body: &str) -> Result<String, Box<dyn Error>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.interface))?;
        stream.set_read_timeout(Some(ANSWER))?;
        // The older version, so that it answers in one piece and closes.
        let head = format!("{method} /rest/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nX-API-Key: {KEY}\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.split(' ').nth(1) == Some("200") => Ok(body.to_owned()),
            _ => Err(format!("{method} {path}: {answer}").into()),
        }
    }
}

fn command(home: &Path, what: &str) -> Command {
    let mut command = Command::new("syncthing");
    command.arg(what).arg(format!("--home={}", home.display())).env("HOME", home);
    // One process, not one that watches another: killing it is enough.
    command.env("STMONITORED", "yes").env("STNOUPGRADE", "1").env("STNODEFAULTFOLDER", "1");
    command
}
