//! The threads that a script starts: each runs directives of its own, in a store of its own, and shares memories.

use std::collections::BTreeMap;
use std::thread::{Scope, ScopedJoinHandle};

use wast::WastThread;

use super::Report;
use super::runner::{Runner, id_text};

/// The threads that a script has started and not waited for, by name.
#[derive(Default)]
pub(super) struct Threads<'scope> {
    running: BTreeMap<String, ScopedJoinHandle<'scope, Report>>,
}

impl<'scope> Threads<'scope> {
    /// Starts `thread`, which shares a module of `parent`'s if it says so.
    pub(super) fn start<'env>(
        &mut self,
        scope: &'scope Scope<'scope, 'env>,
        parent: &Runner<'env>,
        thread: WastThread<'env>,
    ) -> Result<(), String> {
        let mut runner = Runner::new(parent.text(), parent.options())?;
        if let Some(module) = thread.shared_module {
            runner.share(parent, module)?;
        }
        let name = id_text(thread.name);
        let run = move || {
            let mut report = Report::default();
            runner.run(thread.directives, &mut report);
            report
        };
        self.running.insert(name, scope.spawn(run));
        Ok(())
    }

    /// Waits for all threads.
    pub(super) fn wait_for_all(&mut self, report: &mut Report) -> Result<(), String> {
        while let Some(name) = self.running.keys().next().cloned() {
            self.wait(&name, report)?;
        }
        Ok(())
    }

    /// Waits for the thread with this name, and adds what came of it to `report`.
    pub(super) fn wait(&mut self, name: &str, report: &mut Report) -> Result<(), String> {
        let thread = self.running.remove(name).ok_or_else(|| format!("no thread ${name} is running"))?;
        let done = thread.join().map_err(|_| format!("thread ${name} panicked"))?;
        report.passed += done.passed;
        report.skipped += done.skipped;
        report.failures.extend(done.failures);
        Ok(())
    }
}
