//! The table of all functions: names, and the body for each signature that a name had in some release.
//!
//! A release without 64-bit integers at the border splits each `i64` parameter in two (`Linker::split_i64`); that needs no
//! row of its own.

use std::sync::Arc;

use wasmc_loader::{Caller, DefineError, FunctionType, GuestMemory, HostError, Linker, Value, ValueType};
use wasmc_wasi::Errno;

use crate::body::{Body, System};
use crate::thread::ThreadState;
use crate::{MODULE, detect, dynamic, exception, memory, process, time};

/// Whether, and how, a function was defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defined {
    Yes,
    /// There is such a name, but no body of the type that is asked for.
    OtherType,
    /// There is no such name.
    No,
}

macro_rules! table {
    ($($name:ident: $($kind:ident $family:ident :: $function:ident ($($type:ty),*) $(-> $result:ty)?),+;)*) => {
        /// The names that have a body.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// The type that `name` has in the first release that its row knows; `None` if there is no such name.
        pub(crate) fn function_type(name: &str) -> Option<FunctionType> {
            match name {
                $(stringify!($name) => {
                    [$(type_of(&table!(@$kind $family::$function ($($type),*) $(-> $result)?))),+].into_iter().next()
                })*
                _ => None,
            }
        }

        /// Defines `name` with the body that fits `wanted`.
        pub(crate) fn define(
            linker: &mut Linker,
            thread: &Arc<ThreadState>,
            name: &str,
            wanted: &FunctionType,
        ) -> Result<Defined, DefineError> {
            match name {
                _ if detect::is_catch(name) => define_catch(linker, thread, name, wanted),
                $(stringify!($name) => {
                    $(if try_define(table!(@$kind $family::$function ($($type),*) $(-> $result)?), linker, thread, name, wanted)? {
                        return Ok(Defined::Yes);
                    })+
                    Ok(Defined::OtherType)
                })*
                _ => Ok(Defined::No),
            }
        }
    };
    (@call $family:ident :: $function:ident ($($type:ty),*)) => {
        $family::$function as fn(&ThreadState, &mut Caller<'_>, $($type),*) -> Result<(), HostError>
    };
    (@call $family:ident :: $function:ident ($($type:ty),*) -> $result:ty) => {
        $family::$function as fn(&ThreadState, &mut Caller<'_>, $($type),*) -> Result<$result, HostError>
    };
    (@system $family:ident :: $function:ident ($($type:ty),*)) => {
        System($family::$function as fn(&ThreadState, &GuestMemory<'_>, $($type),*) -> Result<i32, Errno>)
    };
}

fn type_of<B: Body>(_: &B) -> FunctionType {
    FunctionType::new(B::PARAMETERS, B::RESULTS)
}

/// Defines `name` by `body`, if that has the type `wanted`, as it is or with each `i64` split in two.
fn try_define<B: Body>(
    body: B,
    linker: &mut Linker,
    thread: &Arc<ThreadState>,
    name: &str,
    wanted: &FunctionType,
) -> Result<bool, DefineError> {
    if wanted.parameters == B::PARAMETERS && wanted.results == B::RESULTS {
        body.define(linker, name, thread)?;
        return Ok(true);
    }
    if !is_split(B::PARAMETERS, &wanted.parameters) || !is_split_result(B::RESULTS, &wanted.results) {
        return Ok(false);
    }
    body.define(linker, name, thread)?;
    let thread = Arc::clone(thread);
    linker.split_i64(MODULE, name, move |high| thread.set_upper_half(high));
    Ok(true)
}

/// Defines one of `__cxa_find_matching_catch_*`, which take as many types as the place catches.
fn define_catch(
    linker: &mut Linker,
    thread: &Arc<ThreadState>,
    name: &str,
    wanted: &FunctionType,
) -> Result<Defined, DefineError> {
    if wanted.parameters.iter().any(|parameter| *parameter != ValueType::I32) || wanted.results != [ValueType::I32] {
        return Ok(Defined::OtherType);
    }
    let thread = Arc::clone(thread);
    let find = move |caller: &mut Caller<'_>, arguments: &[Value], results: &mut [Value]| {
        let types: Vec<u32> = arguments
            .iter()
            .map(|argument| match argument {
                Value::I32(address) => address.cast_unsigned(),
                _ => 0,
            })
            .collect();
        results[0] = Value::I32(exception::find_catch(&thread, caller, &types)?.cast_signed());
        Ok(())
    };
    linker.array_function(MODULE, name, wanted.clone(), find)?;
    Ok(Defined::Yes)
}

/// Whether `split` is `whole` with two `i32` in the place of each `i64`.
pub(crate) fn is_split(whole: &[ValueType], split: &[ValueType]) -> bool {
    let parts = whole.iter().flat_map(|value_type| match value_type {
        ValueType::I64 => [Some(ValueType::I32), Some(ValueType::I32)],
        other => [Some(*other), None],
    });
    parts.flatten().eq(split.iter().copied())
}

/// Whether `split` is `whole` with the lower half in the place of an `i64`.
fn is_split_result(whole: &[ValueType], split: &[ValueType]) -> bool {
    whole.len() == split.len()
        && std::iter::zip(whole, split)
            .all(|pair| pair.0 == pair.1 || (*pair.0 == ValueType::I64 && *pair.1 == ValueType::I32))
}

table! {
    // Memory.
    emscripten_resize_heap: call memory::resize_heap(u32) -> u32;
    emscripten_get_heap_max: call memory::heap_max() -> u32;
    emscripten_memcpy_big: call memory::copy(u32, u32, u32), call memory::copy_and_return(u32, u32, u32) -> u32;
    emscripten_memcpy_js: call memory::copy(u32, u32, u32);
    _emscripten_memcpy_js: call memory::copy(u32, u32, u32);
    emscripten_notify_memory_growth: call memory::notice_growth(u32);
    getTempRet0: call memory::upper_half() -> u32;
    setTempRet0: call memory::set_upper_half(u32);

    // The program's end.
    abort: call process::abort();
    _abort_js: call process::abort();
    __assert_fail: call process::assert_fail(u32, u32, u32, u32);
    exit: call process::exit(i32);
    emscripten_force_exit: call process::force_exit(i32);
    __handle_stack_overflow: call process::stack_overflow(u32);
    __call_sighandler: call process::call_signal_handler(u32, u32);
    _emscripten_runtime_keepalive_clear: call process::clear_keepalive();
    emscripten_runtime_keepalive_push: call process::push_keepalive();
    emscripten_runtime_keepalive_pop: call process::pop_keepalive();
    emscripten_exit_with_live_runtime: call process::exit_with_live_runtime();
    emscripten_unwind_to_js_event_loop: call process::exit_with_live_runtime();

    system: call process::system(u32) -> i32;
    _emscripten_system: call process::system(u32) -> i32;
    getentropy: call process::entropy(u32, u32) -> i32;

    // Time.
    emscripten_get_now: call time::monotonic_milliseconds() -> f64;
    _emscripten_get_now: call time::monotonic_milliseconds() -> f64;
    emscripten_get_now_res: call time::resolution_nanoseconds() -> f64;
    _emscripten_get_now_res: call time::resolution_nanoseconds() -> f64;
    emscripten_get_now_is_monotonic: call time::is_monotonic() -> u32;
    _emscripten_get_now_is_monotonic: call time::is_monotonic() -> u32;
    emscripten_date_now: call time::wall_milliseconds() -> f64;
    _emscripten_date_now: call time::wall_milliseconds() -> f64;
    emscripten_performance_now: call time::monotonic_milliseconds() -> f64;
    emscripten_sleep: call time::sleep(u32);
    emscripten_thread_sleep: call time::sleep_fraction(f64);
    _gmtime_js: call time::broken_down_32(u32, u32), call time::broken_down(i64, u32);
    _localtime_js: call time::local_broken_down_32(u32, u32), call time::local_broken_down(i64, u32);
    _mktime_js: call time::from_broken_down(u32) -> i64;
    _timegm_js: call time::from_broken_down_utc(u32) -> i64;
    _tzset_js: call time::set_zone_32(u32, u32, u32), call time::set_zone(u32, u32, u32, u32);
    time: call time::time_32(u32) -> u32;
    difftime: call time::difference_32(i32, i32) -> f64;
    clock: call time::cpu_microseconds() -> u32;
    clock_gettime: call time::clock_32(u32, u32) -> i32;
    __clock_gettime: call time::clock_32(u32, u32) -> i32;
    clock_getres: call time::resolution_32(u32, u32) -> i32;
    timespec_get: call time::timespec_32(u32, u32) -> u32;
    gettimeofday: call time::time_of_day_32(u32, u32) -> i32, call time::time_of_day_alone_32(u32) -> i32;
    ftime: call time::ftime_32(u32) -> i32;
    dysize: call time::days_of_year(i32) -> i32;
    strftime: call time::format(u32, u32, u32, u32) -> u32;
    strftime_l: call time::format_in_locale(u32, u32, u32, u32, u32) -> u32;
    strptime: call time::parse(u32, u32, u32) -> u32;
    strptime_l: call time::parse_in_locale(u32, u32, u32, u32) -> u32;
    __asctime_r: call time::format_as_asctime(u32, u32) -> u32;

    // Libraries that are loaded while the program runs.
    _dlopen_js: call dynamic::open(u32) -> u32;
    _dlsym_js: call dynamic::look_up(u32, u32) -> u32, call dynamic::look_up_for_threads(u32, u32, u32) -> u32;
    _dlsym_catchup_js: call dynamic::catch_up(u32, u32) -> u32;
    _emscripten_dlopen_js: call dynamic::open_later(u32, u32, u32),
        call dynamic::open_later_with_data(u32, u32, u32, u32);

    // Jumps and C++ exceptions that are thrown through `invoke_*`.
    _emscripten_throw_longjmp: call exception::throw_jump();
    emscripten_longjmp: call exception::long_jump(u32, u32);
    emscripten_longjmp_jmpbuf: call exception::long_jump(u32, u32);
    __cxa_allocate_exception: call exception::allocate(u32) -> u32;
    __cxa_free_exception: call exception::free(u32);
    __cxa_increment_exception_refcount: call exception::add_reference(u32);
    __cxa_decrement_exception_refcount: call exception::drop_reference(u32);
    __cxa_throw: call exception::throw(u32, u32, u32);
    __cxa_rethrow: call exception::rethrow();
    __cxa_begin_catch: call exception::begin_catch(u32) -> u32;
    __cxa_end_catch: call exception::end_catch();
    __cxa_get_exception_ptr: call exception::caught_object(u32) -> u32;
    __cxa_uncaught_exceptions: call exception::uncaught_count() -> u32;
    __cxa_uncaught_exception: call exception::is_unwinding() -> u32;
    __cxa_call_unexpected: call exception::call_unexpected(u32);
    __cxa_current_primary_exception: call exception::current() -> u32;
    __cxa_current_exception_type: call exception::current_type() -> u32;
    __cxa_rethrow_primary_exception: call exception::rethrow_other(u32);
    __resumeException: call exception::resume(u32);
    llvm_eh_typeid_for: call exception::type_identity(u32) -> u32;
}
