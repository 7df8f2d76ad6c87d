//! Where the socket is: everything that differs between systems.
//!
//! Unix: a socket in the person's runtime directory, which only they may enter. Windows: a named
//! pipe, which only this machine may open. Both are named by a hash of the canonical data directory,
//! because socket paths end at 108 bytes (104 on macOS).

use std::path::Path;

pub(super) use self::system::{Client, Listener, connect};

/// Returns the name for a data directory: the same however its path is written.
fn name(dir: &Path) -> std::io::Result<String> {
    let hash = blake3::hash(dir.canonicalize()?.as_os_str().as_encoded_bytes());
    Ok(hash.to_hex()[..16].to_owned())
}

#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
    use std::path::{Path, PathBuf};

    use tokio::net::{UnixListener, UnixStream};

    /// The client's end.
    pub(in super::super) type Client = UnixStream;

    /// A bound socket; its file goes with the value.
    #[derive(Debug)]
    pub(in super::super) struct Listener {
        listener: UnixListener,
        path: PathBuf,
        uid: u32,
    }

    impl Listener {
        /// Binds the socket of a data directory whose lock the caller holds: one that is there
        /// already was left behind.
        pub(in super::super) fn bind(dir: &Path) -> io::Result<Self> {
            let (name, uid) = (super::name(dir)?, own_uid()?);
            let mut last = io::Error::from(io::ErrorKind::NotFound);
            for runtime in runtime_dirs(uid) {
                match make_private(&runtime, uid).and_then(|()| bind_at(runtime.join(&name))) {
                    Ok((listener, path)) => return Ok(Self { listener, path, uid }),
                    Err(error) => last = io::Error::new(error.kind(), format!("{}: {error}", runtime.display())),
                }
            }
            Err(last)
        }

        /// Waits for the next client of the same person.
        pub(in super::super) async fn accept(&mut self) -> io::Result<UnixStream> {
            loop {
                let (stream, _) = self.listener.accept().await?;
                // The directory keeps others out already; root may do as it likes.
                let uid = stream.peer_cred()?.uid();
                if uid == self.uid || uid == 0 {
                    return Ok(stream);
                }
                tracing::warn!("a program of user {uid} was shown out");
            }
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            // It may be gone; the next owner of the lock removes what is left.
            drop(std::fs::remove_file(&self.path));
        }
    }

    fn bind_at(path: PathBuf) -> io::Result<(UnixListener, PathBuf)> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok((listener, path))
    }

    /// Connects to the socket of a data directory; none when nobody listens.
    pub(in super::super) async fn connect(dir: &Path) -> io::Result<Option<UnixStream>> {
        let name = match super::name(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            name => name?,
        };
        let uid = own_uid()?;
        for runtime in runtime_dirs(uid) {
            // Somebody else's directory may hold a socket that only looks like ours.
            if check_private(&runtime, uid).is_err() {
                continue;
            }
            match UnixStream::connect(runtime.join(&name)).await {
                Ok(stream) => return Ok(Some(stream)),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Returns where sockets may be, best first. A client looks in all of them: a program started by
    /// a service manager often lacks the variable that a login has.
    fn runtime_dirs(uid: u32) -> Vec<PathBuf> {
        let given =
            std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute() && dir.is_dir());
        let usual = Some(PathBuf::from(format!("/run/user/{uid}"))).filter(|dir| dir.is_dir());
        let mut dirs: Vec<_> = [given, usual].into_iter().flatten().map(|dir| dir.join("dataforge")).collect();
        dirs.dedup();
        dirs.push(PathBuf::from(format!("/tmp/dataforge-{uid}")));
        dirs
    }

    fn make_private(dir: &Path, uid: u32) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        check_private(dir, uid)
    }

    fn check_private(dir: &Path, uid: u32) -> io::Result<()> {
        let found = std::fs::symlink_metadata(dir)?;
        if !found.is_dir() || found.uid() != uid || found.mode() & 0o077 != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "not a directory that only this user may enter",
            ));
        }
        Ok(())
    }

    /// The user this process acts as, told by the system through a socket to ourselves.
    fn own_uid() -> io::Result<u32> {
        let (one, _other) = UnixStream::pair()?;
        Ok(one.peer_cred()?.uid())
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};

    /// All instances of the pipe are taken just now.
    const ERROR_PIPE_BUSY: i32 = 231;
    /// Tries for a free instance, 20 ms apart: the server makes the next one at once.
    const TRIES: u32 = 100;

    /// The client's end.
    pub(in super::super) type Client = NamedPipeClient;

    /// A pipe, with the instance the next client will get.
    #[derive(Debug)]
    pub(in super::super) struct Listener {
        name: String,
        next: NamedPipeServer,
    }

    impl Listener {
        /// Makes the pipe of a data directory. The first instance must be ours: nobody else's pipe
        /// is joined.
        pub(in super::super) fn bind(dir: &Path) -> io::Result<Self> {
            let name = pipe_name(dir)?;
            let next = ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name)?;
            Ok(Self { name, next })
        }

        /// Waits for the next client.
        pub(in super::super) async fn accept(&mut self) -> io::Result<NamedPipeServer> {
            self.next.connect().await?;
            let fresh = ServerOptions::new().reject_remote_clients(true).create(&self.name)?;
            Ok(std::mem::replace(&mut self.next, fresh))
        }
    }

    /// Connects to the pipe of a data directory; none when nobody listens.
    pub(in super::super) async fn connect(dir: &Path) -> io::Result<Option<NamedPipeClient>> {
        let name = match pipe_name(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            name => name?,
        };
        for _ in 0..TRIES {
            match ClientOptions::new().open(&name) {
                Ok(client) => return Ok(Some(client)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    fn pipe_name(dir: &Path) -> io::Result<String> {
        Ok(format!(r"\\.\pipe\dataforge-{}", super::name(dir)?))
    }
}
