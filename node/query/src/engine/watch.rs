//! A node of a plan that passes rows on and looks at them, to end a query before it takes what it may not.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties};
use futures::StreamExt as _;

/// Looks at one batch after another; an error ends the query.
pub(super) type Look = Box<dyn FnMut(&RecordBatch) -> Result<()> + Send>;

/// What looks at the rows of a node.
pub(super) trait Watch: fmt::Debug + Send + Sync {
    /// Begins to look, before the node below starts.
    ///
    /// # Errors
    /// When there is nothing to count by.
    fn start(&self, context: &TaskContext) -> Result<Look>;
}

/// Passes rows on.
#[derive(Debug)]
pub(super) struct WatchExec {
    input: Arc<dyn ExecutionPlan>,
    watch: Arc<dyn Watch>,
}

impl WatchExec {
    /// Puts a watch above a node.
    pub(super) fn above(input: Arc<dyn ExecutionPlan>, watch: Arc<dyn Watch>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self { input, watch })
    }
}

impl DisplayAs for WatchExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchExec")
    }
}

impl ExecutionPlan for WatchExec {
    fn name(&self) -> &'static str {
        "WatchExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => Ok(Self::above(input, Arc::clone(&self.watch))),
            _ => internal_err!("a watch has one input"),
        }
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut look = self.watch.start(&context)?;
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        let watched = rows.map(move |batch| batch.and_then(|batch| look(&batch).map(|()| batch)));
        // Some operators ask for the next batch within the call that gave them the last, and so deeper each time.
        Ok(make_cooperative(Box::pin(RecordBatchStreamAdapter::new(schema, watched))))
    }
}

/// Running a plan that is watched, for the tests of those who do.
#[cfg(test)]
pub(super) mod testing {
    use datafusion::error::DataFusionError;
    use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool};
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::physical_plan::execute_stream;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use futures::TryStreamExt as _;

    use super::*;

    /// Bytes that a query may take.
    const MEMORY: usize = 8 << 20;
    /// Bytes that a sort keeps for its merge.
    const MERGE: usize = 1 << 20;

    /// Puts watches into a plan.
    pub(in crate::engine) type Watched = fn(Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>>;

    /// Runs a statement with its plan watched; returns rows and the bytes still reserved, or the error's text.
    pub(in crate::engine) fn run(sql: &str, watched: Watched) -> Result<(usize, usize), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pool: Arc<dyn MemoryPool> = Arc::new(FairSpillPool::new(MEMORY));
        let ran: Result<usize> = runtime.block_on(async {
            let environment = RuntimeEnvBuilder::new().with_memory_pool(Arc::clone(&pool)).build_arc()?;
            let config = SessionConfig::new().with_target_partitions(1).with_sort_spill_reservation_bytes(MERGE);
            let context = SessionContext::new_with_config_rt(config, environment);
            let plan = watched(context.sql(sql).await?.create_physical_plan().await?)?;
            let mut stream = execute_stream(plan, context.task_ctx())?;
            let mut rows = 0;
            while let Some(batch) = stream.try_next().await? {
                rows += batch.num_rows();
            }
            Ok(rows)
        });
        let rows = ran.map_err(|error: DataFusionError| error.strip_backtrace())?;
        Ok((rows, pool.reserved()))
    }
}
