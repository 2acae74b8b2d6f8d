//! What the tasks that fetch, the threads that decode and the caller share.
//!
//! Bytes of row groups go in, columns of batches come out, both in the order of the manifest.
//! Each lane decodes some of the columns, all rows of them in order, and any thread may take
//! any lane that is idle; so one batch is the work of several threads, and no row group must
//! be decoded ahead of its turn to keep them busy.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, ArrayRef};
use bytes::Bytes;
use tokio::sync::Notify;

use super::file::File;
use super::group::{Found, Group, GroupBytes};
use super::lane::{self, Lane};
use crate::error::{Error, Result};
use crate::query::CancelHandle;

/// How large batches may be, and how much may be decoded before the caller takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) batch_rows: usize,
    pub(super) batch_bytes: usize,
    pub(super) decoded_bytes: usize,
}

impl Limits {
    /// How many rows make a batch, if a row takes so many bytes.
    fn rows(&self, row_bytes: usize) -> usize {
        let fitting = self.batch_bytes / row_bytes.max(1);
        fitting.clamp(1, self.batch_rows.max(1))
    }
}

/// See the module.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Somebody waits for bytes that nobody has asked for.
    pub(super) wanted: Notify,
    limits: Limits,
    /// Into how many lanes the columns are divided.
    lanes: usize,
}

#[derive(Default)]
struct State {
    groups: VecDeque<OpenGroup>,
    /// Groups that all lanes are done with.
    groups_before: usize,
    groups_are_complete: bool,
    /// Parts that somebody waits for and nobody asked for: group and part.
    wanted: Vec<(usize, usize)>,
    /// `None` while a thread decodes it.
    lanes: Vec<Option<Lane>>,
    batches: VecDeque<Batch>,
    /// Batches that the caller took.
    batches_before: usize,
    /// Of complete batches, to know how large rows are.
    rows_decoded: u64,
    bytes_decoded: u64,
    end: Option<End>,
}

/// Why nothing more comes.
enum End {
    Stopped,
    /// With the error until somebody takes it.
    Failed(Option<Error>),
}

struct OpenGroup {
    group: Arc<Group>,
    bytes: GroupBytes,
    batch_rows: BatchRows,
    lanes_left: usize,
}

/// How many rows of a group make a batch.
#[derive(Clone, Copy)]
enum BatchRows {
    Unknown,
    /// A lane finds out.
    Surveyed,
    Known(usize),
}

/// What a lane does that comes to a group.
pub(super) enum Entry {
    /// Decode it, with so many rows per batch.
    Decode(Arc<Group>, usize),
    /// Find out how large its rows are, and come again.
    Survey(Arc<Group>),
}

/// Some rows of a row group, column by column.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: usize,
    pub(super) columns: Vec<Option<ArrayRef>>,
    pub(super) bytes: usize,
    lanes_left: usize,
}

/// Bytes that are not coming.
pub(super) enum NoBytes {
    /// Because nothing more comes.
    Ended,
    /// Because they are no part of the row group.
    Never,
}

/// Bytes, if they come.
type Awaited<T> = std::result::Result<T, NoBytes>;

impl Shared {
    pub(super) fn new(limits: Limits, lanes: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            wanted: Notify::new(),
            limits,
            lanes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    // What ends the reading.

    /// Ends everything with this error, unless it has ended.
    pub(super) fn fail(&self, error: Error) {
        self.change(|state| {
            state.end.get_or_insert(End::Failed(Some(error)));
            state.batches.clear();
        });
    }

    /// Ends everything, because nobody wants any more.
    pub(super) fn stop(&self) {
        self.change(|state| {
            state.end.get_or_insert(End::Stopped);
            state.batches.clear();
        });
    }

    // What the fetching tasks do.

    /// Adds the next row group, some of whose parts may be here already; answers its number.
    pub(super) fn add_group(&self, group: Group, here: Vec<(usize, Bytes)>) -> usize {
        self.change(|state| {
            let mut bytes = GroupBytes::new(&group);
            for (part, content) in here {
                bytes.put(part, content);
            }
            if state.lanes.is_empty() {
                let lanes = lane::divide(&group, self.lanes);
                state.lanes = lanes.into_iter().map(Some).collect();
            }
            state.groups.push_back(OpenGroup {
                group: Arc::new(group),
                bytes,
                batch_rows: BatchRows::Unknown,
                lanes_left: state.lanes.len(),
            });
            state.groups_before + state.groups.len() - 1
        })
    }

    /// Says that no group is going to follow.
    pub(super) fn complete_groups(&self) {
        self.change(|state| state.groups_are_complete = true);
    }

    /// How long a part is that nobody asked for yet; `None` if somebody did.
    pub(super) fn missing(&self, number: usize, part: usize) -> Option<u64> {
        let mut state = self.lock();
        let open = state.group(number)?;
        let range = open.group.parts.get(part)?;
        open.bytes.is_missing(part).then(|| range.end - range.start)
    }

    /// Notes that a part is asked for; answers where it lies, or `None` if it was asked for
    /// before.
    pub(super) fn ask(&self, number: usize, part: usize) -> Option<(Arc<File>, Range<u64>)> {
        let mut state = self.lock();
        let open = state.group(number)?;
        let range = open.group.parts.get(part)?.clone();
        open.bytes
            .ask(part)
            .then(|| (Arc::clone(&open.group.file), range))
    }

    /// Puts in the bytes of a part.
    pub(super) fn put(&self, number: usize, part: usize, bytes: Bytes) {
        self.change(|state| {
            if let Some(open) = state.group(number) {
                open.bytes.put(part, bytes);
            }
        });
    }

    /// The parts that somebody waits for and nobody asked for.
    pub(super) fn take_wanted(&self) -> Vec<(usize, usize)> {
        std::mem::take(&mut self.lock().wanted)
    }

    // What the decoding threads do.

    /// The lane to be decoded next, waiting for one; `None` when nothing is left to do.
    pub(super) fn take_lane(&self) -> Option<Lane> {
        let mut state = self.lock();
        loop {
            if state.end.is_some() || state.lanes_are_done() {
                return None;
            }
            let next = state.next_lane(&self.limits);
            if let Some(lane) = next.and_then(|at| state.lanes.get_mut(at)?.take()) {
                return Some(lane);
            }
            state = self.wait(state);
        }
    }

    /// What is to be done with the group of this number, waiting for whoever surveys it;
    /// `None` if nothing is to be done any more.
    pub(super) fn enter(&self, number: usize) -> Option<Entry> {
        let mut state = self.lock();
        loop {
            if state.end.is_some() {
                return None;
            }
            // What rows take is known from those before.
            let seen = state.bytes_decoded.checked_div(state.rows_decoded);
            let open = state.group(number)?;
            let group = Arc::clone(&open.group);
            match (open.batch_rows, seen) {
                (BatchRows::Known(rows), _) => return Some(Entry::Decode(group, rows)),
                (BatchRows::Unknown, None) => {
                    open.batch_rows = BatchRows::Surveyed;
                    return Some(Entry::Survey(group));
                }
                (BatchRows::Unknown, Some(seen)) => {
                    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
                    let rows = self.limits.rows(group.row_bytes.max(seen));
                    open.batch_rows = BatchRows::Known(rows);
                }
                (BatchRows::Surveyed, _) => state = self.wait(state),
            }
        }
    }

    /// Says how large the rows of a group are.
    pub(super) fn survey(&self, number: usize, row_bytes: usize) {
        self.change(|state| {
            if let Some(open) = state.group(number) {
                open.batch_rows = BatchRows::Known(self.limits.rows(row_bytes));
            }
        });
    }

    /// Gives back a lane with the columns of one batch that it decoded.
    pub(super) fn give_back(&self, lane: Lane, rows: usize, columns: Vec<(usize, ArrayRef)>) {
        self.change(|state| state.give_back(lane, rows, columns));
    }

    /// Notes that a lane is done with these chunks of a group, and with the group.
    pub(super) fn leave(&self, number: usize, chunks: &[Range<u64>]) {
        self.change(|state| {
            if let Some(open) = state.group(number) {
                for chunk in chunks {
                    open.bytes.take_rest(&open.group, chunk);
                }
                open.lanes_left = open.lanes_left.saturating_sub(1);
            }
            while state
                .groups
                .front()
                .is_some_and(|open| open.lanes_left == 0)
            {
                state.groups.pop_front();
                state.groups_before += 1;
            }
        });
    }

    /// Takes the bytes of a range, waiting for them.
    pub(super) fn take(&self, number: usize, range: Range<u64>) -> Awaited<Vec<Bytes>> {
        self.bytes(number, range, true)
    }

    /// Looks at the bytes from `start` on, waiting for at least one.
    pub(super) fn look(&self, number: usize, group: &Group, start: u64) -> Awaited<Bytes> {
        let part = group.parts.partition_point(|part| part.end <= start);
        let end = group.parts.get(part).ok_or(NoBytes::Never)?.end;
        let pieces = self.bytes(number, start..end, false)?;
        pieces.into_iter().next().ok_or(NoBytes::Never)
    }

    /// Looks at the bytes of a range, waiting for them.
    pub(super) fn look_at(&self, number: usize, range: Range<u64>) -> Awaited<Vec<Bytes>> {
        self.bytes(number, range, false)
    }

    fn bytes(&self, number: usize, range: Range<u64>, take: bool) -> Awaited<Vec<Bytes>> {
        let mut state = self.lock();
        loop {
            if state.end.is_some() {
                return Err(NoBytes::Ended);
            }
            let open = state.group(number).ok_or(NoBytes::Never)?;
            match open.bytes.find(&open.group, range.clone()) {
                Found::All(pieces) => {
                    if take {
                        open.bytes.take(&open.group, range);
                    }
                    return Ok(pieces);
                }
                Found::Missing(parts) => {
                    state
                        .wanted
                        .extend(parts.iter().map(|part| (number, *part)));
                    if !parts.is_empty() {
                        self.wanted.notify_one();
                    }
                }
                Found::Never => return Err(NoBytes::Never),
            }
            state = self.wait(state);
        }
    }

    // What the caller does.

    /// The next batch, waiting for it; `None` at the end.
    pub(super) fn next_batch(&self) -> Result<Option<Batch>> {
        let mut state = self.lock();
        loop {
            match &mut state.end {
                Some(End::Failed(error)) => {
                    return Err(error.take().unwrap_or_else(CancelHandle::error));
                }
                Some(End::Stopped) => return Err(CancelHandle::error()),
                None => {}
            }
            if state.batches.front().is_some_and(|b| b.lanes_left == 0) {
                let batch = state.batches.pop_front();
                state.batches_before += 1;
                drop(state);
                self.changed.notify_all();
                return Ok(batch);
            }
            if state.batches.is_empty() && state.lanes_are_done() {
                return Ok(None);
            }
            state = self.wait(state);
        }
    }
}

impl State {
    fn group(&mut self, number: usize) -> Option<&mut OpenGroup> {
        let at = number.checked_sub(self.groups_before)?;
        self.groups.get_mut(at)
    }

    fn lanes_are_done(&self) -> bool {
        let end = self.groups_before + self.groups.len();
        let is_done = |lane: &Option<Lane>| lane.as_ref().is_some_and(|lane| lane.group == end);
        self.groups_are_complete && self.lanes.iter().all(is_done)
    }

    /// The idle lane that is furthest behind, among these the one with most to do.
    fn next_lane(&self, limits: &Limits) -> Option<usize> {
        let groups = self.groups_before + self.groups.len();
        let begun = self.batches_before + self.batches.len();
        let decoded = self.batches.iter().map(|batch| match batch.lanes_left {
            0 => batch.bytes,
            // What is still to come counts already.
            _ => batch.bytes.max(limits.batch_bytes),
        });
        let decoded: usize = decoded.sum();
        let may_begin =
            self.batches.is_empty() || decoded + limits.batch_bytes <= limits.decoded_bytes;
        let lanes = self.lanes.iter().enumerate();
        let idle = lanes.filter_map(|(at, lane)| Some((at, lane.as_ref()?)));
        idle.filter(|(_, lane)| lane.group < groups && (lane.batch < begun || may_begin))
            .min_by_key(|(_, lane)| (lane.batch, std::cmp::Reverse(lane.weight)))
            .map(|(at, _)| at)
    }

    fn give_back(&mut self, lane: Lane, rows: usize, columns: Vec<(usize, ArrayRef)>) {
        if self.end.is_some() {
            return;
        }
        let Some(at) = lane.batch.checked_sub(self.batches_before + 1) else {
            return;
        };
        while self.batches.len() <= at {
            self.batches.push_back(Batch {
                lanes_left: self.lanes.len(),
                ..Batch::default()
            });
        }
        if let Some(batch) = self.batches.get_mut(at) {
            batch.rows = rows;
            for (column, array) in columns {
                if batch.columns.len() <= column {
                    batch.columns.resize(column + 1, None);
                }
                batch.bytes += array.get_buffer_memory_size();
                if let Some(place) = batch.columns.get_mut(column) {
                    *place = Some(array);
                }
            }
            batch.lanes_left = batch.lanes_left.saturating_sub(1);
            if batch.lanes_left == 0 {
                self.rows_decoded += rows as u64;
                self.bytes_decoded += batch.bytes as u64;
            }
        }
        let number = lane.number;
        if let Some(place) = self.lanes.get_mut(number) {
            *place = Some(lane);
        }
    }
}
