//! A row group of one file, and its bytes as they come and go.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::file::File;

/// A row group: what the file's footer tells of it, and how it is fetched.
pub(super) struct Group {
    pub(super) file: Arc<File>,
    /// Its place in the file.
    pub(super) index: usize,
    pub(super) rows: usize,
    /// The number of its first row in the result.
    pub(super) first_row: u64,
    /// Bytes that a row takes in memory, as the footer lets one guess.
    pub(super) row_bytes: usize,
    /// Where its column chunks lie, by their place.
    pub(super) chunks: Vec<Range<u64>>,
    /// Which parts of them are fetched by one request, by their place.
    pub(super) parts: Vec<Range<u64>>,
}

/// The bytes of a row group that are in memory. A part is given up when all of it was taken.
pub(super) struct GroupBytes {
    parts: Vec<Part>,
    /// Up to where the bytes of each chunk were taken.
    taken: Vec<u64>,
}

enum Part {
    /// Nobody asked for it yet.
    Missing,
    /// It was asked for.
    Coming,
    /// It is here, with so many bytes not yet taken.
    Here(Bytes, u64),
    /// It was taken.
    Gone,
}

/// What there is of the bytes somebody waits for.
pub(super) enum Found {
    /// All, in pieces.
    All(Vec<Bytes>),
    /// Not all; these parts nobody asked for yet.
    Missing(Vec<usize>),
    /// Bytes that are no part of the row group, or were taken before.
    Never,
}

impl GroupBytes {
    pub(super) fn new(group: &Group) -> Self {
        Self {
            parts: group.parts.iter().map(|_| Part::Missing).collect(),
            taken: group.chunks.iter().map(|chunk| chunk.start).collect(),
        }
    }

    pub(super) fn is_missing(&self, part: usize) -> bool {
        matches!(self.parts.get(part), Some(Part::Missing))
    }

    /// Notes that a part is asked for; `false` if it was before.
    pub(super) fn ask(&mut self, part: usize) -> bool {
        match self.parts.get_mut(part) {
            Some(part @ Part::Missing) => {
                *part = Part::Coming;
                true
            }
            _ => false,
        }
    }

    /// Puts a part's bytes in their place.
    pub(super) fn put(&mut self, part: usize, bytes: Bytes) {
        if let Some(part) = self.parts.get_mut(part) {
            let left = bytes.len() as u64;
            *part = Part::Here(bytes, left);
        }
    }

    /// Looks for the bytes of `range` without taking them.
    pub(super) fn find(&self, group: &Group, range: Range<u64>) -> Found {
        let mut pieces = Vec::new();
        let mut missing = Vec::new();
        let mut waits = false;
        let mut at = range.start;
        let first = group.parts.partition_point(|part| part.end <= at);
        for (number, (place, part)) in group.parts.iter().zip(&self.parts).enumerate().skip(first) {
            if at >= range.end || place.start > at {
                break;
            }
            let end = place.end.min(range.end);
            match part {
                Part::Here(bytes, _) => {
                    let offset = |to: u64| usize::try_from(to - place.start).unwrap_or(usize::MAX);
                    pieces.push(bytes.slice(offset(at)..offset(end)));
                }
                Part::Gone => return Found::Never,
                Part::Coming => waits = true,
                Part::Missing => missing.push(number),
            }
            at = end;
        }
        if at < range.end {
            Found::Never
        } else if waits || !missing.is_empty() {
            Found::Missing(missing)
        } else {
            Found::All(pieces)
        }
    }

    /// Notes that everything in `range`'s column chunk up to its end was taken. The bytes of a
    /// chunk are taken in order, but for page headers, which nobody takes.
    pub(super) fn take(&mut self, group: &Group, range: Range<u64>) {
        let chunk = group
            .chunks
            .partition_point(|chunk| chunk.end <= range.start);
        let Some(taken) = self.taken.get_mut(chunk) else {
            return;
        };
        let from = std::mem::replace(taken, range.end.max(*taken));
        self.give_up(group, from..range.end);
    }

    /// Notes that nothing more of the column chunk that lies here is going to be taken.
    pub(super) fn take_rest(&mut self, group: &Group, chunk: &Range<u64>) {
        if !chunk.is_empty() {
            self.take(group, chunk.end - 1..chunk.end);
        }
    }

    fn give_up(&mut self, group: &Group, range: Range<u64>) {
        let first = group.parts.partition_point(|part| part.end <= range.start);
        for (place, part) in group.parts.iter().zip(&mut self.parts).skip(first) {
            if place.start >= range.end {
                break;
            }
            let Part::Here(_, left) = part else {
                continue;
            };
            let overlap = place
                .end
                .min(range.end)
                .saturating_sub(place.start.max(range.start));
            *left = left.saturating_sub(overlap);
            if *left == 0 {
                *part = Part::Gone;
            }
        }
    }
}
