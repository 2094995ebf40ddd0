//! Lets exceptions go that nothing refers to.
//!
//! What compiled code may still use lies on the stack, in a global, in a table or in another exception. All of these
//! are searched for words that are addresses of exceptions. A number that only looks like one keeps an exception a
//! little longer, and nothing worse. A search is due when twice as many are there as the last one left, so that its
//! cost is spread over many throws.

use wasmc_contract::context::GlobalSlot;

use super::{Exceptions, Object};
use crate::call::activations;
use crate::store::StoreInner;
use crate::types::HeapType;
use crate::value::Slot;

/// Lets go what nothing refers to. From `stack_pointer` on, the stack holds all that the registers held that calls
/// preserve.
pub(crate) fn collect(store: &mut StoreInner, stack_pointer: u64) {
    let Some(end) = outermost_frame(store) else {
        // What runs is spread over threads, whose stacks cannot all be searched.
        store.exceptions.limit = store.exceptions.objects.len().saturating_mul(2).max(store.exceptions.limit);
        return;
    };
    let mut marks = Marks::new(&store.exceptions.objects);
    // Frames of hosts in between are searched too: what compiled code had in registers across its call of the host may
    // lie there.
    let stack_bytes = end.saturating_sub(stack_pointer);
    let mut word = stack_pointer & !7;
    while word < end {
        // SAFETY: the words between the stack pointer and the frame of an entry that is under way are mapped.
        marks.mark(unsafe { (word as *const u64).read_volatile() });
        word += 8;
    }
    for exposed in store.exceptions.exposed.borrow().iter() {
        marks.mark(exposed.address);
    }
    mark_globals(store, &mut marks);
    mark_tables(store, &mut marks);
    let marks = marks.finish(&store.exceptions.objects);
    let mut marked = marks.into_iter();
    store.exceptions.retain(|| marked.next().unwrap_or(true));
    let live = store.exceptions.objects.len();
    // A deep stack is searched less often.
    let rest = (stack_bytes / 64) as usize;
    store.exceptions.limit = Exceptions::LIMIT_MIN.max(live * 2).max(live + rest);
}

/// The frame of the outermost entry into compiled code, 0 if none is under way; `None` if not all are on this thread.
fn outermost_frame(store: &StoreInner) -> Option<u64> {
    if store.activation.is_null() {
        return Some(0);
    }
    // SAFETY: the context belongs to this thread while it uses the store.
    let mut frame = unsafe { &*store.shared.context() }.entry_frame_pointer;
    // SAFETY: the newest entry is under way, and so are those that led to it.
    for activation in unsafe { activations(store.activation) } {
        if activation.thread != crate::stack::thread_mark() {
            return None;
        }
        if !activation.previous.is_null() {
            frame = activation.entry_frame_pointer;
        }
    }
    Some(frame)
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
