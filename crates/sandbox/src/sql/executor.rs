//! Where plans are executed.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::failure::AthenaError;

/// Planning recurses over the statement; what the tokens allow must fit. Only what is used
/// takes memory.
const STACK: usize = 256 << 20;

/// Threads that compute, apart from the caller's runtime: a plan may compute for long
/// between two batches, and would keep the caller's timers and sockets waiting.
#[derive(Debug)]
pub(super) struct Executor {
    /// Taken when dropped.
    runtime: Option<Runtime>,
}

impl Executor {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(super) fn new(threads: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("athena-sql")
            .thread_stack_size(STACK)
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Runs a future on these threads, whose stacks are large. Dropping this drops it.
    ///
    /// # Errors
    /// When it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, AthenaError> {
        let Some(runtime) = &self.runtime else {
            return Err(AthenaError::new(
                "GENERIC_INTERNAL_ERROR",
                "the engine is closed",
            ));
        };
        let mut task = AbortOnDrop(runtime.spawn(future));
        (&mut task.0).await.map_err(|error| internal(&error))
    }

    /// Executes a plan. The work ends when the batches are dropped.
    pub(super) fn execute(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
    ) -> Batches {
        let (sender, receiver) = mpsc::channel(1);
        let task = self
            .runtime
            .as_ref()
            .map(|runtime| runtime.spawn(send_batches(plan, context, sender)));
        Batches { receiver, task }
    }
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The batches of a plan, in order.
pub(super) struct Batches {
    receiver: mpsc::Receiver<Result<RecordBatch, DataFusionError>>,
    task: Option<JoinHandle<()>>,
}

impl Batches {
    /// The next batch, the plan's error, or the end.
    ///
    /// # Errors
    /// When the work panicked: what came so far is not the whole.
    pub(super) async fn next(
        &mut self,
    ) -> Result<Option<Result<RecordBatch, DataFusionError>>, AthenaError> {
        if let Some(batch) = self.receiver.recv().await {
            return Ok(Some(batch));
        }
        match self.task.take() {
            Some(task) => task.await.map(|()| None).map_err(|error| internal(&error)),
            None => Ok(None),
        }
    }
}

fn internal(error: &JoinError) -> AthenaError {
    AthenaError::new("GENERIC_INTERNAL_ERROR", error.to_string())
}

impl Drop for Executor {
    fn drop(&mut self) {
        // Waiting for threads is not allowed in async code, where engines are dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn send_batches(
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    sender: mpsc::Sender<Result<RecordBatch, DataFusionError>>,
) {
    let mut batches = match execute_stream(plan, context) {
        Ok(batches) => batches,
        Err(error) => {
            // Fails only if nobody wants to know.
            drop(sender.send(Err(error)).await);
            return;
        }
    };
    loop {
        let batch = tokio::select! {
            biased;
            () = sender.closed() => return,
            batch = batches.next() => batch,
        };
        let Some(batch) = batch else { return };
        if sender.send(batch).await.is_err() {
            return;
        }
    }
}
