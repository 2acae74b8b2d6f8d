//! Which parts of a row group are fetched, and in what order.
//!
//! A row group that fits the budget is fetched from front to back. Of a larger one, every
//! column is fetched in turns, a piece of each, so that rows can be decoded with a piece of
//! every column in memory.

use std::ops::Range;

/// Smallest piece of a column that is worth a request.
const MIN_PIECE: u64 = 256 << 10;

/// How much is fetched how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Most bytes of one request.
    pub(super) part: u64,
    /// Bytes that may be in memory before they are decoded.
    pub(super) budget: u64,
}

/// The ranges to fetch of a row group whose column chunks are these, in the order in which
/// they are needed. Together they are the chunks, but for what lies behind `until`.
pub(super) fn parts(chunks: &[Range<u64>], until: u64, sizes: Sizes) -> Vec<Range<u64>> {
    let total: u64 = chunks.iter().map(|chunk| chunk.end - chunk.start).sum();
    // Two turns fit the budget: one is decoded while the next is fetched.
    let turns = if total <= sizes.budget {
        1
    } else {
        (total * 2).div_ceil(sizes.budget.max(1))
    };
    let mut pieces: Vec<(u64, Range<u64>)> = Vec::new();
    for chunk in chunks {
        let chunk = chunk.start..chunk.end.min(until);
        let length = chunk.end.saturating_sub(chunk.start);
        let piece = length.div_ceil(turns).max(MIN_PIECE.min(length)).max(1);
        let mut start = chunk.start;
        let mut turn = 0;
        while start < chunk.end {
            let end = (start + piece).min(chunk.end);
            pieces.push((turn, start..end));
            start = end;
            turn += 1;
        }
    }
    pieces.sort_by_key(|(turn, piece)| (*turn, piece.start));
    let mut parts: Vec<Range<u64>> = Vec::new();
    for (_, piece) in pieces {
        // Pieces of neighbours that are needed at the same time are one request.
        let mut piece = match parts.last_mut() {
            Some(last) if last.end == piece.start && last.end - last.start < sizes.part => {
                let room = sizes.part - (last.end - last.start);
                last.end = piece.end.min(last.end + room);
                last.end..piece.end
            }
            _ => piece,
        };
        while piece.start < piece.end {
            let end = piece.end.min(piece.start + sizes.part.max(1));
            parts.push(piece.start..end);
            piece.start = end;
        }
    }
    parts
}

/// What of the chunks lies at or behind `from`.
pub(super) fn behind(chunks: &[Range<u64>], from: u64) -> Vec<Range<u64>> {
    chunks
        .iter()
        .map(|chunk| chunk.start.max(from)..chunk.end)
        .filter(|rest| !rest.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KB: u64 = 1 << 10;
    const MB: u64 = 1 << 20;

    fn chunks(start: u64, lengths: &[u64]) -> Vec<Range<u64>> {
        let mut start = start;
        lengths
            .iter()
            .map(|length| {
                let chunk = start..start + length;
                start = chunk.end;
                chunk
            })
            .collect()
    }

    #[test]
    fn a_row_group_that_fits_is_read_from_front_to_back() {
        let sizes = Sizes {
            part: 4 * MB,
            budget: 16 * MB,
        };
        let of = |lengths: &[u64], until| -> Vec<(u64, u64)> {
            let parts = parts(&chunks(4, lengths), until, sizes);
            parts.iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(of(&[10, 20], 100), [(4, 34)]);
        assert_eq!(of(&[10, 20], 20), [(4, 20)]);
        assert_eq!(of(&[10, 20], 4), []);
        assert_eq!(
            of(&[3 * MB, 3 * MB, 3 * MB], u64::MAX),
            [
                (4, 4 * MB + 4),
                (4 * MB + 4, 8 * MB + 4),
                (8 * MB + 4, 9 * MB + 4)
            ]
        );
    }

    #[test]
    fn columns_of_a_large_row_group_are_read_in_turns() {
        let sizes = Sizes {
            part: 4 * MB,
            budget: 4 * MB,
        };
        let parts = parts(&chunks(0, &[8 * MB, 100 * KB, 100 * KB]), u64::MAX, sizes);
        // 8.2 MB in five turns; the small columns are read at once, and together.
        let piece = (8 * MB).div_ceil(5);
        assert_eq!(parts[..2], [0..piece, 8 * MB..8 * MB + 200 * KB]);
        assert_eq!(parts[2], piece..4 * MB + piece);
    }

    #[test]
    fn parts_cover_the_chunks_once() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..500 {
            let lengths: Vec<u64> = (0..random.usize(1..20))
                .map(|_| random.u64(0..3 * MB))
                .collect();
            let chunks = chunks(random.u64(..100), &lengths);
            let end = chunks[chunks.len() - 1].end;
            let until = random.u64(chunks[0].start..=end);
            let sizes = Sizes {
                part: random.u64(1000..MB),
                budget: random.u64(1000..20 * MB),
            };
            let mut parts = parts(&chunks, until, sizes);
            assert!(parts.iter().all(|part| part.end - part.start <= sizes.part));
            parts.sort_by_key(|part| part.start);
            let mut at = chunks[0].start;
            for part in parts {
                assert_eq!(part.start, at);
                at = part.end;
            }
            assert_eq!(at, until.max(chunks[0].start));
            for part in behind(&chunks, until) {
                assert_eq!(part.start, at);
                at = part.end;
            }
            assert_eq!(at, end);
        }
    }
}
