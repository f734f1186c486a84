//! The memory that a file is read into, or compressed into.
//!
//! Why a large one gets memory of its own from the kernel: what one thread has allocated and another one frees, the
//! allocator gives back when the first one allocates again, and a thread that reads files may be idle for long. A server
//! with little memory was killed for files that nobody held any more. And of that memory only what was written to counts.

use std::io;

use bytes::Bytes;
use memmap2::MmapMut;

/// From this length on.
const LARGE: usize = 1 << 20;

/// As much memory as there will be bytes at most, filled from the front.
pub(crate) struct Buffer {
    memory: Memory,
    filled: usize,
}

enum Memory {
    Small(Vec<u8>),
    Large(MmapMut),
}

impl Buffer {
    /// # Errors
    /// If there is no memory.
    pub(crate) fn new(length: u64) -> io::Result<Self> {
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let memory =
            if length < LARGE { Memory::Small(vec![0; length]) } else { Memory::Large(MmapMut::map_anon(length)?) };
        Ok(Self { memory, filled: 0 })
    }

    /// Reads until it is full, or the file ends before that.
    pub(crate) fn read(&mut self, mut file: impl io::Read) -> io::Result<()> {
        loop {
            match file.read(self.rest()) {
                Ok(0) => return Ok(()),
                Ok(count) => self.filled += count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The next piece.
    ///
    /// # Errors
    /// If that is more than there was to be.
    pub(crate) fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        let Some(place) = self.rest().get_mut(..piece.len()) else {
            return Err(io::Error::other("it is longer than its length was told"));
        };
        place.copy_from_slice(piece);
        self.filled += piece.len();
        Ok(())
    }

    fn rest(&mut self) -> &mut [u8] {
        let all = match &mut self.memory {
            Memory::Small(bytes) => bytes.as_mut_slice(),
            Memory::Large(map) => map.as_mut(),
        };
        &mut all[self.filled..]
    }

    /// What is in it.
    pub(crate) fn into_bytes(self) -> Bytes {
        match self.memory {
            Memory::Small(mut bytes) => {
                bytes.truncate(self.filled);
                bytes.shrink_to_fit();
                bytes.into()
            }
            Memory::Large(map) => Bytes::from_owner(map).slice(..self.filled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(length: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(length).collect()
    }

    #[test]
    fn small_and_large_files_are_read_as_they_are() {
        for length in [0, 1, LARGE - 1, LARGE, LARGE + 4_097] {
            let mut buffer = Buffer::new(length as u64).unwrap();
            buffer.read(file(length).as_slice()).unwrap();
            assert_eq!(buffer.into_bytes(), file(length), "{length}");
        }
    }

    #[test]
    fn a_file_that_is_shorter_than_told_ends_where_it_ends() {
        for length in [10, 2 * LARGE] {
            let mut buffer = Buffer::new(length as u64).unwrap();
            buffer.read(file(length / 2).as_slice()).unwrap();
            assert_eq!(buffer.into_bytes(), file(length / 2));
        }
    }

    #[test]
    fn pieces_are_put_together_and_too_many_are_refused() {
        let mut buffer = Buffer::new(5).unwrap();
        buffer.push(b"abc").unwrap();
        assert!(buffer.push(b"def").is_err());
        buffer.push(b"de").unwrap();
        assert_eq!(buffer.into_bytes(), "abcde");
    }
}
