//! Streams a plan's rows into files.
//!
//! Two lanes write at the same time, so that a large result has several files, in no
//! order. Writing compresses, so it happens on threads that may be busy for long.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::error::DataFusionError;
use tokio::task::JoinHandle;

use super::partition::split;
use super::{FileWriter, Target, Written};
use crate::engine::{Host, Objects};
use crate::sql::executor::Batches;
use crate::sql::failure::AthenaError;

/// Files being written at a time.
const LANES: usize = 2;

/// Rows after which a lane begins its next file.
const ROWS_PER_FILE: usize = 100_000;

/// As many partitions may be written by one statement.
const MAX_PARTITIONS: usize = 100;

/// Writes all rows. What is complete when something fails stays, as it does in Athena.
///
/// # Errors
/// What the rows or the files failed with.
pub(in crate::sql) async fn write_all(
    batches: &mut Batches,
    target: &Target,
    host: &Host,
) -> Result<Written, DataFusionError> {
    let prefix = file_prefix(host);
    let mut lanes: Vec<Work> = (0..lane_count(target))
        .map(|_| Work::Idle(Box::new(Lane::new(target, host, &prefix))))
        .collect();
    let mut next = 0;
    while let Some(batch) = batches.next().await? {
        let batch = batch?;
        if batch.num_rows() == 0 {
            continue;
        }
        let columns = batch.columns().to_vec();
        let Some(work) = lanes.get_mut(next) else {
            return Err(super::internal("no lane"));
        };
        let lane = std::mem::replace(work, Work::Taken).lane().await?;
        *work = Work::Busy(tokio::task::spawn_blocking(move || {
            let mut lane = lane;
            lane.write(&columns)?;
            Ok(lane)
        }));
        next = (next + 1) % lanes.len();
    }
    let mut written = Written::default();
    for work in lanes {
        let lane = work.lane().await?;
        let done = tokio::task::spawn_blocking(move || lane.finish())
            .await
            .map_err(|error| super::internal(error.to_string()))??;
        written.files.extend(done.files);
        written.rows += done.rows;
        for partition in done.partitions {
            if !written.partitions.contains(&partition) {
                written.partitions.push(partition);
            }
        }
    }
    Ok(written)
}

fn lane_count(target: &Target) -> usize {
    if target.packed || target.partitioned_by > 0 {
        1
    } else {
        LANES
    }
}

/// `20240515_101500_00123_abcde`, as Athena's engine names its queries.
fn file_prefix(host: &Host) -> String {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let id: String = host
        .execution_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let number = id
        .bytes()
        .fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 100_000);
    let tail: String = id.chars().take(5).collect();
    format!("{}_{number:05}_{tail}", now.format("%Y%m%d_%H%M%S"))
}

/// A lane at rest or at work.
enum Work {
    Idle(Box<Lane>),
    Busy(JoinHandle<Result<Box<Lane>, DataFusionError>>),
    Taken,
}

impl Work {
    async fn lane(self) -> Result<Box<Lane>, DataFusionError> {
        match self {
            Self::Idle(lane) => Ok(lane),
            Self::Busy(task) => task
                .await
                .map_err(|error| super::internal(error.to_string()))?,
            Self::Taken => Err(super::internal("a lane was lost")),
        }
    }
}

/// Writes one file at a time, or one for each partition.
struct Lane {
    target: Target,
    objects: Arc<dyn Objects>,
    prefix: String,
    open: BTreeMap<String, OpenFile>,
    written: Written,
}

struct OpenFile {
    writer: Box<dyn FileWriter>,
    temp: TempFile,
    rows: usize,
}

impl Lane {
    fn new(target: &Target, host: &Host, prefix: &str) -> Self {
        Self {
            target: target.clone(),
            objects: Arc::clone(&host.objects),
            prefix: prefix.to_owned(),
            open: BTreeMap::new(),
            written: Written::default(),
        }
    }

    fn write(&mut self, columns: &[ArrayRef]) -> Result<(), DataFusionError> {
        let rows = columns.first().map_or(0, |array| array.len());
        self.written.rows += i64::try_from(rows).unwrap_or(i64::MAX);
        if self.target.partitioned_by == 0 {
            return self.add("", columns);
        }
        for (partition, columns) in
            split(columns, &self.target.columns, self.target.partitioned_by)?
        {
            self.add(&partition, &columns)?;
        }
        Ok(())
    }

    fn add(&mut self, partition: &str, columns: &[ArrayRef]) -> Result<(), DataFusionError> {
        if !self.open.contains_key(partition) {
            if self.open.len() >= MAX_PARTITIONS {
                return Err(AthenaError::new(
                    "HIVE_TOO_MANY_OPEN_PARTITIONS",
                    format!(
                        "Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets"
                    ),
                )
                .into());
            }
            let file = self.begin()?;
            self.open.insert(partition.to_owned(), file);
        }
        let Some(file) = self.open.get_mut(partition) else {
            return Ok(());
        };
        file.writer.write(columns)?;
        file.rows += columns.first().map_or(0, |array| array.len());
        if file.rows >= ROWS_PER_FILE
            && let Some(file) = self.open.remove(partition)
        {
            self.publish(partition, file)?;
        }
        Ok(())
    }

    fn begin(&self) -> Result<OpenFile, DataFusionError> {
        let temp = TempFile(self.objects.temp_path());
        let file = File::create(&temp.0)?;
        let kept = self.target.columns.len() - self.target.partitioned_by;
        let writer = self
            .target
            .format
            .create(file, self.target.columns.get(..kept).unwrap_or_default())?;
        Ok(OpenFile {
            writer,
            temp,
            rows: 0,
        })
    }

    fn publish(&mut self, partition: &str, file: OpenFile) -> Result<(), DataFusionError> {
        file.writer.finish()?;
        let Target {
            bucket,
            folder,
            format,
            ..
        } = &self.target;
        let slash = if partition.is_empty() { "" } else { "/" };
        let key = format!(
            "{folder}{partition}{slash}{}_{}{}",
            self.prefix,
            uuid::Uuid::new_v4(),
            format.suffix()
        );
        self.objects.publish(&file.temp.0, bucket, &key)?;
        self.written.files.push(format!("s3://{bucket}/{key}"));
        if !partition.is_empty() && !self.written.partitions.iter().any(|name| name == partition) {
            self.written.partitions.push(partition.to_owned());
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, DataFusionError> {
        while let Some((partition, file)) = self.open.pop_first() {
            self.publish(&partition, file)?;
        }
        Ok(std::mem::take(&mut self.written))
    }
}

/// A file that goes with its writer, unless it was published.
struct TempFile(PathBuf);

impl Drop for TempFile {
    fn drop(&mut self) {
        // A published file has been moved away.
        drop(std::fs::remove_file(&self.0));
    }
}
