//! Files to text, whatever their bytes are.
//!
//! Never guesses an encoding: every byte offset in the text is the offset in the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Files above this size are not read: 64 MiB. A schema or a source file never is; a dump of data may be.
pub const MAX_BYTES: u64 = 64 << 20;

/// Reads a regular file.
///
/// # Errors
/// When it cannot be read, is no regular file, or is larger than [`MAX_BYTES`].
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe would block, and a device may never end: look before opening.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The file may grow while it is read.
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {} MiB", MAX_BYTES >> 20))
}

/// The text, and how many bytes of it were not UTF-8: each of them becomes one `?`, so that offsets stay.
///
/// # Errors
/// When the file is UTF-16, which cannot keep its offsets.
pub fn text(bytes: Vec<u8>) -> Result<(String, usize), &'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16");
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, 0)),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        replaced += chunk.invalid().len();
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    Ok((text, replaced))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_keeps_its_length() {
        assert_eq!(text(b"a\xffb\xe2\x82c".to_vec()), Ok(("a?b??c".to_owned(), 3)));
        assert_eq!(text("é\u{feff}".as_bytes().to_vec()), Ok(("é\u{feff}".to_owned(), 0)));
        assert_eq!(text(vec![]), Ok((String::new(), 0)));
        assert!(text(b"\xff\xfea\0".to_vec()).is_err());
    }

    #[test]
    fn a_folder_and_a_missing_file_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(bytes(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(bytes(&dir.path().join("x")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_above_the_limit_is_refused_before_it_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(bytes(file.path()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
