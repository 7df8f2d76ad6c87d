//! Writing a file that the window made, on a thread of its own: the window never waits for a disk.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// A file that is being written.
#[derive(Debug)]
pub struct Saving {
    path: PathBuf,
    end: Receiver<Result<(), String>>,
}

impl Saving {
    /// Begins to write a new file, which only its owner can read; what is there is never written over.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(path: PathBuf, bytes: Vec<u8>, context: &egui::Context) -> io::Result<Self> {
        let (sender, end) = sync_channel(1);
        let (target, context) = (path.clone(), context.clone());
        std::thread::Builder::new().name("gui-save".to_owned()).spawn(move || {
            // Nobody waits for it any more when the view was closed.
            let _closed = sender.send(write(&target, &bytes).map_err(|error| error.to_string()));
            context.request_repaint();
        })?;
        Ok(Self { path, end })
    }

    /// Returns what came of it, in words, once it has ended.
    #[must_use]
    pub fn ended(&self) -> Option<Result<String, String>> {
        let path = self.path.display();
        match self.end.try_recv() {
            Ok(Ok(())) => Some(Ok(format!("saved as {path}"))),
            Ok(Err(error)) => Some(Err(format!("cannot write {path}: {error}"))),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(format!("cannot write {path}: the thread has ended"))),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Saving;

    fn end(saving: &Saving) -> Result<String, String> {
        let start = Instant::now();
        loop {
            if let Some(end) = saving.ended() {
                return end;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "it does not end");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_file_is_written_once_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ticket.png");
        let context = egui::Context::default();
        assert!(end(&Saving::begin(path.clone(), b"one".to_vec(), &context).unwrap()).unwrap().contains("ticket.png"));
        assert!(end(&Saving::begin(path.clone(), b"two".to_vec(), &context).unwrap()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }
}
