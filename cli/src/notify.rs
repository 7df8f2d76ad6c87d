//! Telling systemd that the node serves, and that it is alive: datagrams to the socket that
//! `NOTIFY_SOCKET` names. Nothing happens where it names none.

use std::time::Duration;

/// Tells whoever started this program how it is doing.
#[derive(Debug)]
pub(crate) struct Notify {
    socket: Option<system::Socket>,
    /// How often it wants to hear that the program is alive.
    watchdog: Option<Duration>,
}

impl Notify {
    /// Makes it from the environment.
    pub(crate) fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let socket = std::env::var_os("NOTIFY_SOCKET").and_then(|name| system::Socket::new(&name));
        Self { socket, watchdog: watchdog(variable, std::process::id()) }
    }

    /// Says something: a line each.
    pub(crate) fn say(&self, lines: &[&str]) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(lines.join("\n").as_bytes())
        {
            tracing::warn!("systemd cannot be told how the node is doing: {error}");
        }
    }

    /// Says that it is alive, again and again; never ends.
    pub(crate) async fn keep_alive(&self) {
        let Some(watchdog) = self.watchdog.filter(|_| self.socket.is_some()) else {
            return std::future::pending().await;
        };
        loop {
            self.say(&["WATCHDOG=1"]);
            tokio::time::sleep(watchdog / 2).await;
        }
    }
}

fn watchdog(variable: impl Fn(&str) -> Option<String>, own: u32) -> Option<Duration> {
    // It may be meant for the program that started this one.
    if variable("WATCHDOG_PID").is_some_and(|pid| pid.parse() != Ok(own)) {
        return None;
    }
    let micros = variable("WATCHDOG_USEC")?.parse().ok().filter(|micros| *micros > 0)?;
    Some(Duration::from_micros(micros))
}

#[cfg(unix)]
mod system {
    use std::ffi::OsStr;
    use std::io;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    #[derive(Debug)]
    pub(super) struct Socket {
        from: UnixDatagram,
        to: SocketAddr,
    }

    impl Socket {
        /// Makes it for a path, or on Linux for a name that is in no directory, which begins with `@`.
        pub(super) fn new(name: &OsStr) -> Option<Self> {
            let to = match name.as_bytes() {
                [b'@', rest @ ..] => abstract_address(rest)?,
                [b'/', ..] => SocketAddr::from_pathname(name).ok()?,
                _ => return None,
            };
            let from = UnixDatagram::unbound().ok()?;
            // Whoever does not listen must not hold the node up.
            from.set_nonblocking(true).ok()?;
            Some(Self { from, to })
        }

        pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
            self.from.send_to_addr(bytes, &self.to).map(|_| ())
        }
    }

    #[cfg(target_os = "linux")]
    fn abstract_address(name: &[u8]) -> Option<SocketAddr> {
        use std::os::linux::net::SocketAddrExt as _;
        SocketAddr::from_abstract_name(name).ok()
    }

    #[cfg(not(target_os = "linux"))]
    const fn abstract_address(_name: &[u8]) -> Option<SocketAddr> {
        None
    }
}

#[cfg(not(unix))]
mod system {
    use std::ffi::OsStr;
    use std::io;

    /// There is no systemd on Windows.
    #[derive(Debug)]
    pub(super) struct Socket;

    impl Socket {
        pub(super) const fn new(_name: &OsStr) -> Option<Self> {
            None
        }

        pub(super) const fn send(&self, _bytes: &[u8]) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_for_this_process_only() {
        let with = |pairs: &'static [(&str, &str)]| {
            let variable = move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            watchdog(variable, 7)
        };
        let minute = Some(Duration::from_secs(60));
        assert_eq!(with(&[("WATCHDOG_USEC", "60000000")]), minute);
        assert_eq!(with(&[("WATCHDOG_USEC", "60000000"), ("WATCHDOG_PID", "7")]), minute);
        assert_eq!(with(&[("WATCHDOG_USEC", "60000000"), ("WATCHDOG_PID", "8")]), None);
        for bad in ["0", "-1", "x", ""] {
            assert_eq!(watchdog(|name| (name == "WATCHDOG_USEC").then(|| bad.to_owned()), 7), None, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_said_arrives_at_a_socket() {
        let path = std::env::temp_dir().join(format!("dataforge-notify-{}", std::process::id()));
        let heard = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        let notify = Notify { socket: system::Socket::new(path.as_os_str()), watchdog: None };
        notify.say(&["READY=1", "STATUS=listening"]);
        let mut bytes = [0; 64];
        let size = heard.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..size], b"READY=1\nSTATUS=listening");
        std::fs::remove_file(&path).unwrap();
        assert!(system::Socket::new("relative".as_ref()).is_none());
    }
}
