//! Choosing files in the system's dialog, and reading small ones: never on the thread that draws.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::task::Poll;

use egui::Context;
use rfd::{AsyncFileDialog, FileHandle};

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One file with one of these endings.
    File(&'static [&'static str]),
    /// Any files.
    Files,
    /// A folder.
    Folder,
}

/// Something that is done on another thread, and its result once it is there.
#[derive(Debug)]
pub struct Pending<T>(Receiver<T>);

impl<T: Send + 'static> Pending<T> {
    /// Begins it on a thread of its own; nothing when the system gives none.
    #[must_use]
    pub fn begin(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Option<Self> {
        let (sender, receiver) = sync_channel(1);
        let ctx = ctx.clone();
        let begun = std::thread::Builder::new().name("gui-files".to_owned()).spawn(move || {
            // Nobody waits any more when the window is gone.
            let _gone = sender.send(work());
            ctx.request_repaint();
        });
        begun.is_ok().then_some(Self(receiver))
    }

    /// Returns the result once it is there, and none when it never comes.
    pub fn take(&self) -> Poll<Option<T>> {
        match self.0.try_recv() {
            Ok(result) => Poll::Ready(Some(result)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

/// Opens the system's dialog. The result is empty when nothing was chosen.
#[must_use]
pub fn choose(ctx: &Context, title: &str, wanted: Wanted) -> Option<Pending<Vec<PathBuf>>> {
    let dialog = AsyncFileDialog::new().set_title(title);
    let path = |file: FileHandle| file.path().to_owned();
    // Some systems want the dialog made on this thread; only the wait is done elsewhere.
    match wanted {
        Wanted::File(endings) => {
            let chosen = dialog.add_filter("Files", endings).pick_file();
            Pending::begin(ctx, move || wait(chosen).flatten().map(path).into_iter().collect())
        }
        Wanted::Files => {
            let chosen = dialog.pick_files();
            Pending::begin(ctx, move || wait(chosen).flatten().into_iter().flatten().map(path).collect())
        }
        Wanted::Folder => {
            let chosen = dialog.pick_folder();
            Pending::begin(ctx, move || wait(chosen).flatten().map(path).into_iter().collect())
        }
    }
}

/// Waits for a future on this thread, which is none that draws.
fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    Some(runtime.block_on(future))
}

/// Reads a small file.
///
/// # Errors
/// In words, when it cannot be read or has more bytes than that.
pub fn read_small(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{error} ({})", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > most {
        return Err(format!("it has more than {most} bytes ({})", path.display()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::task::Poll;
    use std::time::{Duration, Instant};

    use super::{Pending, read_small};

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read_small(&path, 3), Ok(b"abc".to_vec()));
        assert!(read_small(&path, 2).unwrap_err().contains("more than 2 bytes"));
        assert!(read_small(&dir.path().join("none"), 2).unwrap_err().contains("none"));
    }

    #[test]
    fn what_another_thread_did_comes_once() {
        let pending = Pending::begin(&egui::Context::default(), || 7).unwrap();
        let start = Instant::now();
        let next = || loop {
            match pending.take() {
                Poll::Ready(result) => break result,
                Poll::Pending => assert!(start.elapsed() < Duration::from_secs(10)),
            }
        };
        assert_eq!(next(), Some(7));
        assert_eq!(next(), None, "and no more");
    }
}
