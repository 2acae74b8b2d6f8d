//! The log file: opened once, rotated by size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

static LOG: Mutex<Option<LogFile>> = Mutex::new(None);

/// What the SDK prints of requests can hold session tokens; such lines are withheld.
const SECRET_WORDS: [&str; 5] = [
    "authorization",
    "security-token",
    "secret",
    "password",
    "credential",
];

struct LogFile {
    file: File,
    path: PathBuf,
    bytes: u64,
    max_bytes: u64,
    max_files: usize,
}

/// Opens `athena-driver-<process id>.log` in `folder`, which is made if need be. Goes on
/// writing to the file that is open if it is the same one.
pub(super) fn open(folder: &Path, max_bytes: u64, max_files: usize) -> io::Result<()> {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder.join(format!("athena-driver-{}.log", std::process::id()));
    if let Some(open) = log.as_mut().filter(|open| open.path == path) {
        (open.max_bytes, open.max_files) = (max_bytes, max_files);
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let file = private_file(&path)?;
    let bytes = file.metadata()?.len();
    *log = Some(LogFile {
        file,
        path,
        bytes,
        max_bytes,
        max_files,
    });
    Ok(())
}

/// Opens a file for appending that only its owner can read.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// `x.log` becomes `x.log.1`, that one `x.log.2`, and so on; the oldest goes.
    fn rotate(&mut self) -> io::Result<()> {
        let numbered = |n: usize| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{n}"));
            PathBuf::from(name)
        };
        let oldest = self.max_files.saturating_sub(1);
        if oldest == 0 {
            fs::remove_file(&self.path)?;
        } else {
            for n in (1..oldest).rev() {
                // Numbers not reached yet do not exist.
                if numbered(n).exists() {
                    fs::rename(numbered(n), numbered(n + 1))?;
                }
            }
            fs::rename(&self.path, numbered(1))?;
        }
        self.file = private_file(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

/// Collects one event's text and writes it in one piece.
#[derive(Default)]
pub(super) struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let line = without_secrets(std::mem::take(&mut self.0));
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop a query.
        if let Some(Err(_)) = log.as_mut().map(|log| log.write(&line)) {
            *log = None;
        }
    }
}

fn without_secrets(line: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&line).to_ascii_lowercase();
    if SECRET_WORDS.iter().any(|word| text.contains(word)) {
        return b"(a line was withheld because it may hold credentials)\n".to_vec();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_private_rotated_and_free_of_secrets() {
        let folder = std::env::temp_dir().join(format!("athena-log-{}", uuid::Uuid::new_v4()));
        open(&folder, 100, 3).unwrap();
        for n in 0..20 {
            writeln!(Line::default(), "line {n:02} {}", "x".repeat(30)).unwrap();
        }
        writeln!(Line::default(), "x-amz-security-token: abc").unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        assert_eq!(names.len(), 3, "{names:?}");
        let mut text = String::new();
        for name in &names {
            assert!(fs::metadata(name).unwrap().len() <= 100);
            text.push_str(&fs::read_to_string(name).unwrap());
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(
                    fs::metadata(name).unwrap().permissions().mode() & 0o777,
                    0o600
                );
            }
        }
        assert!(text.contains("line 19") && !text.contains("line 00"));
        assert!(!text.contains("abc"));
        fs::remove_dir_all(folder).unwrap();
    }
}
