//! Files on the host's disk, below the roots that the server was started with and nowhere else.
//!
//! Why not object_store's local store: what is acknowledged here must survive `kill -9` and a power cut, so that a new
//! file and each new directory are flushed before the answer; and symbolic links are resolved before a root is compared.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags, open, openat, unlinkat};

use super::FileError;
use crate::buffer::Buffer;

/// The directories below which `file://` is allowed; none: nowhere. Links are resolved in all paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    allowed: Vec<PathBuf>,
    denied: Vec<PathBuf>,
}

impl Roots {
    /// # Errors
    /// If an allowed root is not there. A denied one may come later.
    pub(super) fn new(allowed: &[PathBuf], denied: &[PathBuf]) -> io::Result<Self> {
        let allowed = allowed.iter().map(fs::canonicalize).collect::<io::Result<_>>()?;
        let denied = denied.iter().map(|path| resolve(path)).collect::<io::Result<_>>()?;
        Ok(Self { allowed, denied })
    }

    /// Resolves links of what is there of the path, and checks that it lies below a root.
    fn admit(&self, location: &str, path: &Path) -> Result<PathBuf, FileError> {
        let real = resolve(path).map_err(|e| FileError::from_io(location, e))?;
        self.judge(location, &real)?;
        Ok(real)
    }

    /// Checks that a path without links lies below a root.
    fn judge(&self, location: &str, real: &Path) -> Result<(), FileError> {
        if self.denied.iter().any(|root| real.starts_with(root)) {
            return Err(FileError::not_allowed(location, "it lies among the files of the server itself"));
        }
        if self.allowed.iter().any(|root| real.starts_with(root)) {
            return Ok(());
        }
        Err(FileError::not_allowed(location, "it lies below no directory that the server was started with"))
    }

    pub(super) fn read(&self, location: &str, path: &Path, max: u64) -> Result<Bytes, FileError> {
        let path = self.admit(location, path)?;
        let io_error = |e| FileError::from_io(location, e);
        let file = File::open(path).map_err(io_error)?;
        let metadata = file.metadata().map_err(io_error)?;
        if !metadata.is_file() {
            return Err(FileError::NotFound { location: location.to_owned() });
        }
        if metadata.len() > max {
            return Err(FileError::not_allowed(location, format!("it is larger than {max} bytes")));
        }
        // As long as the file is: it may stay in a cache that weighs it by its length.
        let mut buffer = Buffer::new(metadata.len()).map_err(io_error)?;
        buffer.read(file).map_err(io_error)?;
        Ok(buffer.into_bytes())
    }

    pub(super) fn must_exist(&self, location: &str, path: &Path) -> Result<(), FileError> {
        self.length(location, path).map(drop)
    }

    /// How many bytes a file has.
    pub(super) fn length(&self, location: &str, path: &Path) -> Result<u64, FileError> {
        let path = self.admit(location, path)?;
        let metadata = fs::metadata(path).map_err(|e| FileError::from_io(location, e))?;
        if metadata.is_file() { Ok(metadata.len()) } else { Err(FileError::NotFound { location: location.to_owned() }) }
    }

    /// Creates a directory and its missing parents.
    pub(super) fn create_directory(&self, location: &str, path: &Path) -> Result<(), FileError> {
        let path = self.admit(location, path)?;
        make_directories(&path).map_err(|e| FileError::from_io(location, e))
    }

    /// Nobody knows the name before this returns, so a half-written file can only be an orphan.
    pub(super) fn write_new(&self, location: &str, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let io_error = |e| FileError::from_io(location, e);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io_error(io::ErrorKind::InvalidInput.into()));
        };
        let folder = match open_folder(parent) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let parent = self.admit(location, parent)?;
                make_directories(&parent).and_then(|()| open_folder(&parent)).map_err(io_error)?
            }
            opened => opened.map_err(io_error)?,
        };
        // What is judged is what was opened, and what is written to: links that change meanwhile change nothing. And one
        // call tells it, where to resolve a path is a call for each of its parts.
        let real = whereabouts(&folder, parent).map_err(io_error)?;
        self.judge(location, &real.join(name))?;
        match write_durably(&folder, name, bytes) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && self.has_content(location, path, bytes)? => {
                // Another process may have written it and died before it was durable.
                File::open(path).and_then(|file| file.sync_all()).and_then(|()| folder.sync_all()).map_err(io_error)
            }
            written => written.map_err(io_error),
        }
    }

    fn has_content(&self, location: &str, path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self.length(location, path) {
            Ok(found) => Ok(found == length && self.read(location, path, length)? == *bytes),
            // Not a file: a directory, or a link that leads nowhere.
            Err(FileError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn delete(&self, location: &str, path: &Path) -> Result<(), FileError> {
        let path = self.admit(location, path)?;
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(FileError::from_io(location, e)),
            _ => Ok(()),
        }
    }

    /// The names of the files in a directory; none if it is not there.
    pub(super) fn list(&self, location: &str, path: &Path) -> Result<Vec<String>, FileError> {
        let path = self.admit(location, path)?;
        match file_names(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            names => names.map_err(|e| FileError::from_io(location, e)),
        }
    }
}

/// The path without links: of the nearest ancestor that is there, and the rest as it stands.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => match (path.parent(), path.file_name()) {
            // A link that leads nowhere is "not found" as well, and must not be followed by a write.
            (Some(_), _) if fs::symlink_metadata(path).is_ok() => Err(e),
            (Some(parent), Some(name)) => Ok(resolve(parent)?.join(name)),
            _ => Err(e),
        },
        resolved => resolved,
    }
}

/// Nothing else is opened: to open a pipe would wait for its other end.
fn open_folder(path: &Path) -> io::Result<File> {
    Ok(open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?.into())
}

/// Where an open folder is, without links.
#[cfg(target_os = "linux")]
fn whereabouts(folder: &File, _opened: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd as _;
    fs::read_link(format!("/proc/self/fd/{}", folder.as_raw_fd()))
}

/// Where an open folder is, without links.
#[cfg(not(target_os = "linux"))]
fn whereabouts(_folder: &File, opened: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(opened)
}

fn write_durably(folder: &File, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
    // A link of that name is not followed: it is there already.
    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, new, Mode::from_raw_mode(0o666))?);
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| folder.sync_all());
    if written.is_err() {
        // Nobody is told of it, so that it would stay for ever; if even this fails, the sweep finds it.
        let _ = unlinkat(folder, name, AtFlags::empty());
    }
    written
}

fn make_directories(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let Some(parent) = path.parent() else { return Err(io::ErrorKind::NotFound.into()) };
    make_directories(parent)?;
    match fs::create_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_directory(parent)),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn file_names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots() -> (tempfile::TempDir, Roots) {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::new(&[dir.path().to_owned()], &[dir.path().join("own")]).unwrap();
        (dir, roots)
    }

    #[test]
    fn a_file_is_written_once_and_read_back() {
        let (dir, roots) = roots();
        let path = dir.path().join("a/b/c.json");
        roots.write_new("l", &path, b"one").unwrap();
        for other in [&b"two"[..], b"longer"] {
            assert!(matches!(roots.write_new("l", &path, other), Err(FileError::Exists { .. })));
        }
        roots.write_new("l", &path, b"one").unwrap();
        assert_eq!(roots.read("l", &path, 10).unwrap(), "one");
        assert!(matches!(roots.read("l", &path, 2), Err(FileError::NotAllowed { .. })));
        assert_eq!(roots.list("l", &dir.path().join("a/b")).unwrap(), ["c.json"]);
        roots.delete("l", &path).unwrap();
        roots.delete("l", &path).unwrap();
        assert!(matches!(roots.read("l", &path, 10), Err(FileError::NotFound { .. })));
        assert!(roots.list("l", &dir.path().join("nothing")).unwrap().is_empty());
    }

    #[test]
    fn directory_is_created_below_a_root_only() {
        let (dir, roots) = roots();
        let path = dir.path().join("a/b/metadata");
        roots.create_directory("l", &path).unwrap();
        roots.create_directory("l", &path).unwrap();
        assert!(path.is_dir());
        for outside in [PathBuf::from("/tmp/elsewhere-of-no-root/x"), dir.path().join("own/x")] {
            let refused = roots.create_directory("l", &outside);
            assert!(matches!(refused, Err(FileError::NotAllowed { .. })), "{refused:?}");
            assert!(!outside.exists());
        }
    }

    #[test]
    fn what_is_denied_is_out_of_reach_even_through_a_link() {
        let (dir, roots) = roots();
        fs::create_dir(dir.path().join("own")).unwrap();
        fs::write(dir.path().join("own/key"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("own"), dir.path().join("link")).unwrap();
        let refused = |r: Result<(), FileError>| assert!(matches!(r, Err(FileError::NotAllowed { .. })), "{r:?}");
        for way in ["own", "link"].map(|way| dir.path().join(way)) {
            refused(roots.read("l", &way.join("key"), 10).map(|_| ()));
            refused(roots.write_new("l", &way.join("new"), b"x"));
            refused(roots.delete("l", &way.join("key")));
            refused(roots.list("l", &way).map(|_| ()));
        }
        roots.write_new("l", &dir.path().join("owned/new"), b"x").unwrap();
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_roots() {
        let (dir, roots) = roots();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("new"), dir.path().join("dangling")).unwrap();
        let refused = |r: Result<(), FileError>| assert!(matches!(r, Err(FileError::NotAllowed { .. })), "{r:?}");
        refused(roots.read("l", &dir.path().join("link/secret"), 10).map(|_| ()));
        refused(roots.write_new("l", &dir.path().join("link/new"), b"x"));
        refused(roots.delete("l", &outside.path().join("secret")));
        assert!(roots.write_new("l", &dir.path().join("dangling"), b"x").is_err());
        assert!(!outside.path().join("new").exists());
    }
}
