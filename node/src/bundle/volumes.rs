//! The volumes of a bundle as they are read: found beside each other, looked at before anything is
//! taken from them, and read one after the other.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataforge_protocol::bundle::{BundleError, Manifest, SignedManifest, Source, VolumeHeader};
use iroh::SecretKey;

use super::envelope::{self, PEEK, Unsealed};
use super::place::open_file;
use crate::api::{ApiError, ErrorKind};
use crate::directory::storage;

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;

/// A bundle that was found.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    /// What it says it is; signed.
    pub(super) manifest: Manifest,
    /// Whether it is encrypted.
    pub(super) is_sealed: bool,
    /// Bytes of the volume that was named.
    pub(super) file_bytes: u64,
    signed: SignedManifest,
    paths: Vec<PathBuf>,
    secret: Option<Arc<SecretKey>>,
}

/// What is left of a volume.
enum Body {
    Plain(BufReader<File>),
    Sealed(Box<Unsealed>),
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Sealed(file) => file.read(buffer),
        }
    }
}

/// Returns the name of a volume of a bundle in several.
pub(super) fn volume_path(base: &Path, number: u32) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(format!(".{number:03}"));
    name.into()
}

/// Returns the name without the number of a volume, and the number.
pub(super) fn base_of(path: &Path) -> Option<(PathBuf, u32)> {
    let number = path.extension()?.to_str().filter(|text| text.len() == 3)?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    Some((path.with_extension(""), number))
}

/// Says what is wrong with a bundle, and what to do.
pub(super) fn told(path: &Path, error: &BundleError) -> ApiError {
    let say = |kind, hint: &str| ApiError::new(kind, format!("{}: {error}", path.display())).hint(hint);
    match error {
        BundleError::NotABundle => say(ErrorKind::Input, "dataforge bundle export makes one"),
        BundleError::Newer(_) => say(ErrorKind::Input, "use a newer version of DataForge"),
        BundleError::Truncated { .. } => {
            say(ErrorKind::Input, "the stick may have been pulled out too early: copy the file to it again")
        }
        BundleError::Read(cause) => match cause.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                ApiError::new(ErrorKind::Input, format!("{} is damaged: {cause}", path.display()))
                    .hint("copy the file to the stick again")
            }
            _ => storage("cannot read", path, cause).hint("is the stick still plugged in?"),
        },
        BundleError::OtherVolume => say(ErrorKind::Input, "name volumes as they were, and do not mix bundles"),
        _ => say(ErrorKind::Input, "copy the file again, or ask for a new one; nothing was taken from this one"),
    }
}

fn open_body(path: &Path, secret: Option<&SecretKey>) -> Result<(Body, bool, u64), ApiError> {
    let failed = |error: std::io::Error| storage("cannot read", path, &error);
    let mut file = open_file(path)?;
    let len = file.metadata().map_err(failed)?.len();
    let mut start = Vec::with_capacity(PEEK);
    Read::take(&mut file, PEEK as u64).read_to_end(&mut start).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    if !envelope::is_sealed(&start) {
        return Ok((Body::Plain(BufReader::with_capacity(BUFFER, file)), false, len));
    }
    let secret = secret.ok_or_else(|| {
        ApiError::new(ErrorKind::Sealed, format!("{} is encrypted, and there is no key here", path.display()))
    })?;
    Ok((Body::Sealed(Box::new(envelope::open(file, path, secret)?)), true, len))
}

impl Bundle {
    /// Finds a bundle by its file, by one of its volumes, or by their common name.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Input` when it is none or is not good, `NotAllowed` when it is
    /// encrypted to others.
    pub(super) fn open(path: &Path, secret: Option<&SecretKey>) -> Result<Self, ApiError> {
        let first = volume_path(path, 1);
        let is_base = !path.exists() && first.symlink_metadata().is_ok();
        let path = if is_base { first.as_path() } else { path };
        let (mut body, is_sealed, file_bytes) = open_body(path, secret)?;
        let (header, manifest) = VolumeHeader::read(&mut body).map_err(|error| told(path, &error))?;
        let paths = if manifest.volumes == 1 {
            vec![path.to_owned()]
        } else {
            let named = base_of(path).filter(|(_, number)| *number == header.number);
            let (base, _) = named.ok_or_else(|| {
                ApiError::new(
                    ErrorKind::Input,
                    format!("{} is volume {} of {}", path.display(), header.number, manifest.volumes),
                )
                .hint("let the names of the volumes end as they did, in .001, .002 and so on, in one directory")
            })?;
            (1..=manifest.volumes).map(|number| volume_path(&base, number)).collect()
        };
        let secret = secret.cloned().map(Arc::new);
        Ok(Self { manifest, is_sealed, file_bytes, signed: header.manifest, paths, secret })
    }

    /// Returns its files.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Returns the first of its files.
    pub(super) fn path(&self) -> &Path {
        self.paths.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Opens a volume; one that is `lenient` may be cut short.
    fn open_volume(&self, number: u32, lenient: bool) -> Result<(Body, u64), ApiError> {
        let path = self.paths.get(number as usize - 1).map_or_else(PathBuf::new, Clone::clone);
        let opened = open_body(&path, self.secret.as_deref()).map_err(|error| match error.kind {
            ErrorKind::NotFound => ApiError::new(
                ErrorKind::NotFound,
                format!("volume {number} of {} is missing: there is no {}", self.manifest.volumes, path.display()),
            )
            .hint("bring all volumes into one directory"),
            _ => error,
        });
        let (mut body, is_sealed, len) = opened?;
        let (header, _) = VolumeHeader::read(&mut body).map_err(|error| told(&path, &error))?;
        if header.number != number || header.manifest.bytes != self.signed.bytes {
            return Err(told(&path, &BundleError::OtherVolume));
        }
        let content = self.manifest.volume_content(number);
        let expected = header.byte_len().saturating_add(content);
        if !is_sealed && !lenient && len < expected {
            let at = len.saturating_sub(header.byte_len());
            return Err(told(&path, &BundleError::Truncated { at, missing: expected - len }));
        }
        if !is_sealed && !lenient && len > expected {
            return Err(told(&path, &BundleError::Trailing));
        }
        Ok((body, content))
    }

    /// Sees that all volumes are there, belong together and have the right length, where that can be
    /// told without reading them.
    ///
    /// # Errors
    /// As for [`Bundle::open`].
    pub(super) fn check_volumes(&self) -> Result<(), ApiError> {
        (1..=self.manifest.volumes).try_for_each(|number| self.open_volume(number, false).map(|_| ()))
    }

    /// Begins to read its content.
    pub(super) fn content(&self) -> Content<'_> {
        Content { bundle: self, lenient: false, number: 0, current: None, left: 0 }
    }

    /// Begins to read its content, as far as it is there.
    pub(super) fn what_is_there(&self) -> Content<'_> {
        Content { lenient: true, ..self.content() }
    }
}

/// The content of all volumes.
pub(super) struct Content<'a> {
    bundle: &'a Bundle,
    lenient: bool,
    number: u32,
    current: Option<Body>,
    left: u64,
}

impl Content<'_> {
    /// Returns the file that is being read.
    pub(super) fn path(&self) -> &Path {
        self.bundle.paths.get((self.number as usize).saturating_sub(1)).map_or(self.bundle.path(), PathBuf::as_path)
    }

    /// Sees that there is content to read in the volume at hand; `false` at the end of the last.
    fn advance(&mut self) -> std::io::Result<bool> {
        while self.left == 0 {
            if let Some(mut ended) = self.current.take()
                && ended.read(&mut [0])? > 0
            {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "something follows its end"));
            }
            if self.number == self.bundle.manifest.volumes {
                return Ok(false);
            }
            self.number += 1;
            let (body, content) = self.bundle.open_volume(self.number, self.lenient).map_err(|error| {
                let kind = match error.kind {
                    ErrorKind::Storage => std::io::ErrorKind::Other,
                    _ => std::io::ErrorKind::InvalidData,
                };
                std::io::Error::new(kind, error)
            })?;
            (self.current, self.left) = (Some(body), content);
            if content == 0 && self.number == self.bundle.manifest.volumes {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() || !self.advance()? {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let body = self.current.as_mut().ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let read = body.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it ends early"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

impl Source for Content<'_> {
    fn pass(&mut self, bytes: u64) -> std::io::Result<u64> {
        let mut left = bytes;
        while left > 0 && self.advance()? {
            let here = left.min(self.left);
            match self.current.as_mut() {
                Some(Body::Plain(file)) => {
                    // The length was looked at when it was opened; who shortens it now is found at the end.
                    file.seek_relative(i64::try_from(here).unwrap_or(i64::MAX))?;
                }
                Some(sealed) => {
                    if std::io::copy(&mut Read::take(&mut *sealed, here), &mut std::io::sink())? < here {
                        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it ends early"));
                    }
                }
                None => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            }
            self.left -= here;
            left -= here;
        }
        Ok(bytes - left)
    }
}
