//! Where plans are executed.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

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
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Executes a plan and sends its batches. The work ends when nobody receives.
    pub(super) fn execute(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
    ) -> mpsc::Receiver<Result<RecordBatch, DataFusionError>> {
        let (sender, receiver) = mpsc::channel(1);
        if let Some(runtime) = &self.runtime {
            runtime.spawn(send_batches(plan, context, sender));
        }
        receiver
    }
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
