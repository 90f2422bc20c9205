//! Bytes of a file by their place, with a limit on how many are ever read of it.

use std::io;

use super::MAX_READ;

/// Something with bytes in places, such as an open file.
pub trait ReadAt {
    /// Reads at most as many bytes as there is room for, beginning at a place. None means that there are none: the
    /// end is reached.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are.
    fn size(&self) -> u64;
}

impl ReadAt for &[u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.get(offset..))
            .unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

/// A file of which only so much is read.
pub(super) struct Bytes<'a> {
    file: &'a dyn ReadAt,
    size: u64,
    left: u64,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(file: &'a dyn ReadAt) -> Self {
        Self {
            file,
            size: file.size(),
            left: MAX_READ,
        }
    }

    /// How many bytes the file has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Fills the buffer as far as there are bytes, and the limit allows.
    pub(super) fn read(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let mut done = 0;
        while done < allowed {
            let Some(offset) = offset.checked_add(done as u64) else {
                break;
            };
            match self.file.read_at(&mut buffer[done..allowed], offset) {
                Ok(0) => break,
                Ok(length) => done += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.left -= done as u64;
        Ok(done)
    }

    /// At most `length` bytes from a place, fewer where there are fewer. Room is made for no more than the file has.
    pub(super) fn take(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = length.min(self.size.saturating_sub(offset)).min(self.left);
        let mut buffer = vec![0; usize::try_from(length).unwrap_or_default()];
        let length = self.read(offset, &mut buffer)?;
        buffer.truncate(length);
        Ok(buffer)
    }
}
