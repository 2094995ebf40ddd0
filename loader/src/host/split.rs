//! Host functions as modules call them that were linked for JavaScript without 64-bit integers: a definition in, one with
//! each `i64` in two halves out.

use std::ffi::c_void;
use std::sync::{Arc, OnceLock};

use wasmc_contract::context::HostFunction;

use super::HostDefinition;
use crate::convention::HostArrayFunction;
use crate::types::ValueType;
use crate::value::Slot;

/// What [`call_split`] finds in its record.
struct Split {
    whole: Arc<HostDefinition>,
    array: HostArrayFunction,
    give_upper_half: Box<dyn Fn(u32) + Send + Sync>,
}

impl HostDefinition {
    /// The function `whole` with two `i32` in the place of each `i64` parameter, the lower half first, and the lower half in
    /// the place of an `i64` result, whose upper half `give_upper_half` is given; `None` if it takes no array.
    pub(crate) fn split_i64(whole: Arc<Self>, give_upper_half: impl Fn(u32) + Send + Sync + 'static) -> Option<Self> {
        let array = whole.array?;
        let mut parameters = Vec::with_capacity(whole.parameters.len() + 1);
        for value_type in &*whole.parameters {
            match value_type {
                ValueType::I64 => parameters.extend([ValueType::I32; 2]),
                other => parameters.push(*other),
            }
        }
        let lower = |value_type: &ValueType| if *value_type == ValueType::I64 { ValueType::I32 } else { *value_type };
        let results: Vec<ValueType> = whole.results.iter().map(lower).collect();
        let environment = Box::new(Split { whole, array, give_upper_half: Box::new(give_upper_half) });
        Some(Self {
            parameters: parameters.into(),
            results: results.into(),
            identity: OnceLock::new(),
            typed: 0,
            array: Some(call_split),
            environment: &raw const *environment as u64,
            owner: Some(environment),
        })
    }
}

/// Calls the whole function.
///
/// # Safety
///
/// As [`HostArrayFunction`]; the record's environment must be a [`Split`].
unsafe extern "C" fn call_split(host_function: *mut c_void, values: *mut c_void) {
    let (host_function, halves) = (host_function.cast::<HostFunction>(), values.cast::<Slot>());
    // SAFETY: compiled code passes its own record, whose definition keeps the environment.
    let (split, record) = unsafe { (&*((*host_function).environment as *const Split), *host_function) };
    let count = split.whole.parameters.len().max(split.whole.results.len());
    let mut few = [Slot::default(); 12];
    let mut many = Vec::new();
    let slots = if count <= few.len() {
        &mut few[..count]
    } else {
        many.resize(count, Slot::default());
        &mut many[..]
    };
    let mut next = 0;
    let mut half = || {
        // SAFETY: there is a slot for each parameter of the split type, of which as many are read.
        let slot = unsafe { *halves.add(next) };
        next += 1;
        slot
    };
    for (slot, value_type) in slots.iter_mut().zip(&*split.whole.parameters) {
        *slot = half();
        if *value_type == ValueType::I64 {
            slot.low = u64::from(slot.low as u32) | half().low << 32;
        }
    }
    let mut whole_record = HostFunction { environment: split.whole.environment, ..record };
    // SAFETY: a record as the whole function's own would be, in the same store, and values of its type.
    unsafe { (split.array)((&raw mut whole_record).cast(), slots.as_mut_ptr().cast()) };
    for (index, (slot, value_type)) in slots.iter().zip(&*split.whole.results).enumerate() {
        let mut given = *slot;
        if *value_type == ValueType::I64 {
            (split.give_upper_half)((slot.low >> 32) as u32);
            given.low = u64::from(slot.low as u32);
        }
        // SAFETY: there is a slot for each result.
        unsafe { *halves.add(index) = given };
    }
}
