//! Lets exceptions go that nothing refers to.
//!
//! What compiled code may still use lies on the stack, in a global, in a table or in another exception. All of these
//! are searched for words that are addresses of exceptions. A number that only looks like one keeps an exception a
//! little longer, and nothing worse. A search is due when twice as many are there as the last one left, so that its
//! cost is spread over many throws.

use wasmc_contract::context::GlobalSlot;

use super::{Exceptions, Object};
use crate::store::StoreInner;
use crate::types::HeapType;
use crate::value::Slot;

/// Lets go what nothing refers to. `stack_pointer` is where the running code's stack ends; `None` if a host function
/// runs, or no code at all.
pub(super) fn collect(store: &mut StoreInner, stack_pointer: Option<u64>) {
    let mut marks = Marks::new(&store.exceptions.objects);
    let mut stack_bytes = 0;
    for (start, end) in stacks(store, stack_pointer) {
        stack_bytes += end.saturating_sub(start);
        let mut word = start & !7;
        while word < end {
            // SAFETY: the words between a running frame's stack pointer and the entry that led to it are mapped.
            marks.mark(unsafe { (word as *const u64).read_volatile() });
            word += 8;
        }
    }
    for exposed in store.exceptions.exposed.borrow().iter() {
        marks.mark(exposed.address);
    }
    mark_globals(store, &mut marks);
    mark_tables(store, &mut marks);
    let marks = marks.finish(&store.exceptions.objects);
    let mut marked = marks.into_iter();
    store.exceptions.objects.retain(|_| marked.next().unwrap_or(true));
    let live = store.exceptions.objects.len();
    // A deep stack is searched less often.
    let rest = (stack_bytes / 64) as usize;
    store.exceptions.limit = Exceptions::LIMIT_MIN.max(live * 2).max(live + rest);
}

/// The stacks of all entries into compiled code that are under way, from their ends to their entries.
fn stacks(store: &StoreInner, stack_pointer: Option<u64>) -> Vec<(u64, u64)> {
    let mut stacks = Vec::new();
    if store.activation.is_null() {
        return stacks;
    }
    // SAFETY: the context belongs to this thread while it uses the store.
    let context = unsafe { &*store.shared.context() };
    stacks.push((stack_pointer.unwrap_or(context.exit_frame_pointer), context.entry_frame_pointer));
    let mut next = store.activation;
    // SAFETY: activations are on the stack, below the code that runs, and so alive.
    while let Some(activation) = unsafe { next.as_ref() } {
        if activation.previous.is_null() {
            break;
        }
        stacks.push((activation.exit_frame_pointer, activation.entry_frame_pointer));
        next = activation.previous;
    }
    stacks
}

fn mark_globals(store: &StoreInner, marks: &mut Marks) {
    for global in &store.globals {
        marks.mark(global.low);
    }
    for instance in &store.instances {
        let inner = &instance.image.inner;
        let defined = inner.metadata.globals.len() as u32 - inner.metadata.header.imported_globals;
        for nth in 0..defined {
            let slot = instance.context() as u64 + u64::from(inner.layout.defined_global(nth));
            // SAFETY: the layout has a slot for each defined global.
            marks.mark(unsafe { (*(slot as *const GlobalSlot)).low });
        }
    }
}

fn mark_tables(store: &StoreInner, marks: &mut Marks) {
    for table in &store.tables {
        if matches!(table.element_type().heap, HeapType::Exn | HeapType::NoExn) {
            // SAFETY: a definition lives as long as its table, and says where the elements are.
            let definition = unsafe { *table.definition() };
            for index in 0..definition.length {
                // SAFETY: there are as many elements.
                marks.mark(unsafe { *(definition.base as *const u64).add(index as usize) });
            }
        }
    }
}

/// Which exceptions were found.
struct Marks {
    /// Addresses, ascending, with the object's position.
    addresses: Vec<(u64, usize)>,
    marked: Vec<bool>,
    /// Those whose fields are still to be looked at.
    pending: Vec<usize>,
}

impl Marks {
    fn new(objects: &[Object]) -> Self {
        let mut addresses: Vec<(u64, usize)> =
            objects.iter().enumerate().map(|(index, object)| (object.address(), index)).collect();
        addresses.sort_unstable();
        Self { addresses, marked: vec![false; objects.len()], pending: Vec::new() }
    }

    /// Marks the exception at `word`, if there is one.
    fn mark(&mut self, word: u64) {
        let (Some(first), Some(last)) = (self.addresses.first(), self.addresses.last()) else { return };
        if word < first.0 || word > last.0 {
            return;
        }
        if let Ok(place) = self.addresses.binary_search_by_key(&word, |(address, _)| *address) {
            let index = self.addresses[place].1;
            if !std::mem::replace(&mut self.marked[index], true) {
                self.pending.push(index);
            }
        }
    }

    /// Marks what marked ones carry; whether each is marked.
    fn finish(mut self, objects: &[Object]) -> Vec<bool> {
        while let Some(index) = self.pending.pop() {
            let fields: &[Slot] = &objects[index].slots()[1..];
            fields.iter().for_each(|field| self.mark(field.low));
        }
        self.marked
    }
}
