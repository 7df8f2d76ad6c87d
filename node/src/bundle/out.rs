//! The volumes of a bundle as they are written: each beside its place, synced, and put there when all
//! are whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use age::stream::StreamWriter;
use dataforge_protocol::bundle::{Manifest, SignedManifest, VolumeHeader};
use dataforge_protocol::id::DeviceId;

use super::envelope;
use super::place::{FAT_FILE, create_part};
use super::volumes::volume_path;
use crate::api::{ApiError, ErrorKind};
use crate::directory::{storage, sync_directory};

/// Bytes written at a time.
const BUFFER: usize = 1 << 20;

/// A volume that is being written.
enum Body {
    Plain(BufWriter<File>),
    Sealed(Box<StreamWriter<BufWriter<File>>>),
}

impl Body {
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Sealed(file) => file.write_all(bytes),
        }
    }

    /// Makes it durable; returns how long it is.
    fn finish(self) -> std::io::Result<u64> {
        let buffered = match self {
            Self::Plain(file) => file,
            Self::Sealed(file) => file.finish()?,
        };
        let file = buffered.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

/// A bundle that is being written. Dropped before its end, it leaves nothing.
pub(super) struct Writer {
    target: PathBuf,
    manifest: Manifest,
    signed: SignedManifest,
    readers: Option<Vec<DeviceId>>,
    current: Option<Body>,
    left: u64,
    /// Files that were begun: what they are called now.
    parts: Vec<PathBuf>,
    bytes: u64,
}

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    /// Files, in order.
    pub(super) files: Vec<PathBuf>,
    /// Bytes of all.
    pub(super) bytes: u64,
}

fn part_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Says why writing failed.
fn unwritten(path: &Path, error: &std::io::Error) -> ApiError {
    let failure = storage("cannot write", path, error);
    match error.kind() {
        std::io::ErrorKind::FileTooLarge => failure.hint(too_long_hint()),
        std::io::ErrorKind::StorageFull => {
            failure.hint("the stick is full: make room on it, or leave data out with --blobs; nothing was left on it")
        }
        _ => failure,
    }
}

/// What to do about a disk whose files are short.
pub(super) fn too_long_hint() -> String {
    format!("files there end at {FAT_FILE} bytes (FAT32): add --max-size 4GB, which writes several volumes")
}

impl Writer {
    /// Begins a bundle; encrypts it when there are `readers`.
    pub(super) fn new(
        target: &Path,
        manifest: Manifest,
        signed: SignedManifest,
        readers: Option<Vec<DeviceId>>,
    ) -> Self {
        let target = target.to_owned();
        Self { target, manifest, signed, readers, current: None, left: 0, parts: Vec::new(), bytes: 0 }
    }

    fn target_of(&self, number: u32) -> PathBuf {
        if self.manifest.volumes == 1 { self.target.clone() } else { volume_path(&self.target, number) }
    }

    fn begin_volume(&mut self) -> Result<(), ApiError> {
        let number = u32::try_from(self.parts.len() + 1).unwrap_or(u32::MAX);
        let path = part_path(&self.target_of(number));
        let file = create_part(&path)?;
        self.parts.push(path.clone());
        let failed = |error: std::io::Error| unwritten(&path, &error);
        let buffered = BufWriter::with_capacity(BUFFER, file);
        let mut body = match &self.readers {
            None => Body::Plain(buffered),
            Some(devices) => {
                Body::Sealed(Box::new(envelope::encryptor(devices)?.wrap_output(buffered).map_err(failed)?))
            }
        };
        let header = VolumeHeader { number, manifest: self.signed.clone() };
        body.write_all(&header.to_bytes()).map_err(failed)?;
        (self.current, self.left) = (Some(body), self.manifest.volume_content(number));
        Ok(())
    }

    fn end_volume(&mut self) -> Result<(), ApiError> {
        let (Some(body), Some(path)) = (self.current.take(), self.parts.last()) else { return Ok(()) };
        self.bytes += body.finish().map_err(|error| unwritten(path, &error))?;
        Ok(())
    }

    /// Writes content.
    ///
    /// # Errors
    /// `Storage`, `Busy` when another process writes the same file.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ApiError> {
        while !bytes.is_empty() {
            if self.left == 0 {
                self.end_volume()?;
                self.begin_volume()?;
                if self.left == 0 {
                    return Err(ApiError::new(ErrorKind::Internal, "more content than the manifest says"));
                }
            }
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at(here);
            if let (Some(body), Some(path)) = (self.current.as_mut(), self.parts.last()) {
                body.write_all(now).map_err(|error| unwritten(path, &error))?;
            }
            self.left -= here as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Puts all volumes in their places, durably; the first last, so that it is there only if all are.
    ///
    /// # Errors
    /// `Storage`; `Internal` when less was written than the manifest says.
    pub(super) fn finish(mut self) -> Result<Written, ApiError> {
        self.end_volume()?;
        if self.left > 0 || self.parts.len() != self.manifest.volumes as usize {
            return Err(ApiError::new(ErrorKind::Internal, "less content than the manifest says"));
        }
        let files: Vec<_> = (1..=self.manifest.volumes).map(|number| self.target_of(number)).collect();
        for (part, file) in self.parts.iter().zip(&files).rev() {
            std::fs::rename(part, file).map_err(|error| unwritten(file, &error))?;
        }
        self.parts.clear();
        if let Some(dir) = self.target.parent() {
            sync_directory(dir).map_err(|error| storage("cannot sync", dir, &error))?;
        }
        Ok(Written { files, bytes: self.bytes })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.current = None;
        for part in &self.parts {
            // Half a bundle is of no use to anyone; one that cannot be removed is written over.
            drop(std::fs::remove_file(part));
        }
    }
}
