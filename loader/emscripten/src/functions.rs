//! The table of all functions: names, and the body for each signature that a name had in some release.
//!
//! A release without 64-bit integers at the border splits each `i64` parameter in two (`Linker::split_i64`); that needs no
//! row of its own.

use std::sync::Arc;

use wasmc_loader::{Caller, DefineError, FunctionType, GuestMemory, HostError, Linker, Value, ValueType};
use wasmc_wasi::Errno;

use crate::body::{Body, System};
use crate::event_loop::{main_loop, timers};
use crate::system::{descriptors, files, maps, names, process as about_process, sockets, status, wait};
use crate::thread::ThreadState;
use crate::threads::futex;
use crate::{MODULE, console, detect, dynamic, exception, math, memory, process, threads, time, trace};

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
            let (parameters, results) = match name {
                $(stringify!($name) => [$(types_of(&table!(@$kind $family::$function ($($type),*) $(-> $result)?))),+][0],)*
                _ => return None,
            };
            Some(FunctionType::new(parameters, results))
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

/// A body's parameters and results.
type Types = (&'static [ValueType], &'static [ValueType]);

const fn types_of<B: Body>(_: &B) -> Types {
    (B::PARAMETERS, B::RESULTS)
}

/// Defines `name` by `body`, if that has the type `wanted`, as it is or with each `i64` split in two.
fn try_define<B: Body>(
    body: B,
    linker: &mut Linker,
    thread: &Arc<ThreadState>,
    name: &str,
    wanted: &FunctionType,
) -> Result<bool, DefineError> {
    let fit = fit((B::PARAMETERS, B::RESULTS), wanted);
    if fit == Fit::No {
        return Ok(false);
    }
    body.define(linker, name, thread)?;
    if fit == Fit::Split {
        split(linker, name, thread);
    }
    Ok(true)
}

/// How a body fits an import.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    /// With each `i64` in two halves.
    Split,
    No,
}

// These two are not generic, so that they are there once and not for each signature.

#[inline(never)]
fn fit((parameters, results): Types, wanted: &FunctionType) -> Fit {
    if wanted.parameters == parameters && wanted.results == results {
        Fit::Whole
    } else if is_split(parameters, &wanted.parameters) && is_split_result(results, &wanted.results) {
        Fit::Split
    } else {
        Fit::No
    }
}

#[inline(never)]
fn split(linker: &mut Linker, name: &str, thread: &Arc<ThreadState>) {
    let thread = Arc::clone(thread);
    linker.split_i64(MODULE, name, move |high| thread.set_upper_half(high));
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
    emscripten_runtime_keepalive_check: call process::is_kept_alive() -> u32;
    emscripten_exit_with_live_runtime: call process::exit_with_live_runtime();
    emscripten_unwind_to_js_event_loop: call process::leave_for_events();

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

    // Numbers as JavaScript has them.
    emscripten_math_cbrt: call math::cbrt(f64) -> f64;
    emscripten_math_sign: call math::sign(f64) -> f64;
    emscripten_math_sqrt: call math::sqrt(f64) -> f64;
    emscripten_math_exp: call math::exp(f64) -> f64;
    emscripten_math_expm1: call math::expm1(f64) -> f64;
    emscripten_math_log: call math::log(f64) -> f64;
    emscripten_math_log1p: call math::log1p(f64) -> f64;
    emscripten_math_log10: call math::log10(f64) -> f64;
    emscripten_math_log2: call math::log2(f64) -> f64;
    emscripten_math_round: call math::round(f64) -> f64;
    emscripten_math_acos: call math::acos(f64) -> f64;
    emscripten_math_acosh: call math::acosh(f64) -> f64;
    emscripten_math_asin: call math::asin(f64) -> f64;
    emscripten_math_asinh: call math::asinh(f64) -> f64;
    emscripten_math_atan: call math::atan(f64) -> f64;
    emscripten_math_atanh: call math::atanh(f64) -> f64;
    emscripten_math_cos: call math::cos(f64) -> f64;
    emscripten_math_cosh: call math::cosh(f64) -> f64;
    emscripten_math_sin: call math::sin(f64) -> f64;
    emscripten_math_sinh: call math::sinh(f64) -> f64;
    emscripten_math_tan: call math::tan(f64) -> f64;
    emscripten_math_tanh: call math::tanh(f64) -> f64;
    emscripten_math_pow: call math::pow(f64, f64) -> f64;
    emscripten_math_fmod: call math::fmod(f64, f64) -> f64;
    emscripten_math_atan2: call math::atan2(f64, f64) -> f64;
    emscripten_math_hypot: call math::hypot(u32, u32) -> f64;
    emscripten_math_random: call math::random() -> f64;
    emscripten_random: call math::random_single() -> f32;
    emscripten_print_double: call console::print_double(f64, u32, i32) -> u32;

    // The console.
    emscripten_console_log: call console::log(u32);
    emscripten_console_trace: call console::log(u32);
    emscripten_out: call console::log(u32);
    _emscripten_out: call console::log(u32);
    emscripten_console_warn: call console::error(u32);
    emscripten_console_error: call console::error(u32);
    emscripten_err: call console::error(u32);
    _emscripten_err: call console::error(u32);
    emscripten_dbg: call console::error(u32);
    _emscripten_dbg: call console::error(u32);
    emscripten_log: call console::log_formatted(u32, u32, u32);
    _emscripten_log_formatted: call console::log_with_flags(u32, u32);
    emscripten_log_js: call console::log_with_flags(u32, u32);

    // What a program asks about itself and its system.
    emscripten_has_asyncify: call process::has_asyncify() -> u32;
    emscripten_is_main_browser_thread: call process::is_first_thread() -> u32;
    emscripten_is_main_runtime_thread: call process::is_first_thread() -> u32;
    emscripten_supports_offscreencanvas: call process::no() -> u32;
    emscripten_debugger: call process::nothing();
    warnLegacyFunction: call process::nothing(), call process::nothing_of(u32);
    _emscripten_get_progname: call process::own_name(u32, u32);
    emscripten_get_module_name: call process::module_name(u32, u32) -> u32;
    getloadavg: call process::load_average(u32, i32) -> i32;
    emscripten_return_address: call trace::unknown(u32) -> u32;
    emscripten_stack_snapshot: call trace::here() -> u32;
    emscripten_stack_unwind_buffer: call trace::unwind(u32, u32, u32) -> u32;
    emscripten_pc_get_function: call trace::unknown(u32) -> u32;
    emscripten_pc_get_file: call trace::unknown(u32) -> u32;
    emscripten_pc_get_line: call trace::unknown(u32) -> u32;
    emscripten_pc_get_column: call trace::unknown(u32) -> u32;
    _emscripten_sanitizer_get_option: call trace::options(u32) -> u32;
    _emscripten_sanitizer_use_colors: call process::no() -> u32;
    segfault: call process::bad_access();
    alignfault: call process::bad_access();

    // What is to come.
    emscripten_async_call: call timers::call_later(u32, u32, i32);
    emscripten_set_timeout: call timers::set_timeout(u32, f64, u32) -> u32;
    emscripten_clear_timeout: call timers::clear(u32);
    emscripten_set_timeout_loop: call timers::set_timeout_loop(u32, f64, u32);
    emscripten_set_interval: call timers::set_interval(u32, f64, u32) -> u32;
    emscripten_clear_interval: call timers::clear(u32);
    emscripten_set_immediate: call timers::set_immediate(u32, u32) -> u32;
    emscripten_clear_immediate: call timers::clear(u32);
    emscripten_set_immediate_loop: call timers::set_immediate_loop(u32, u32);
    emscripten_queue_microtask: call timers::queue_microtask(u32, u32);
    emscripten_request_animation_frame: call timers::request_frame(u32, u32) -> u32;
    emscripten_cancel_animation_frame: call timers::clear(u32);
    emscripten_request_animation_frame_loop: call timers::request_frames(u32, u32);
    _setitimer_js: call timers::set_interval_timer(u32, f64) -> i32;
    alarm: call timers::alarm(u32) -> u32;
    emscripten_set_main_loop: call main_loop::set(u32, i32, u32);
    emscripten_set_main_loop_arg: call main_loop::set_with_argument(u32, u32, i32, u32);
    emscripten_set_main_loop_timing: call main_loop::set_timing(u32, i32) -> u32;
    emscripten_get_main_loop_timing: call main_loop::timing(u32, u32);
    emscripten_cancel_main_loop: call main_loop::cancel();
    emscripten_pause_main_loop: call main_loop::pause();
    emscripten_resume_main_loop: call main_loop::resume();
    emscripten_set_main_loop_expected_blockers: call main_loop::expect_blockers(i32);
    _emscripten_push_main_loop_blocker: call main_loop::push_blocker(u32, u32, u32);
    _emscripten_push_uncounted_main_loop_blocker: call main_loop::push_blocker(u32, u32, u32);

    // Threads.
    __pthread_create_js: call threads::create(u32, u32, u32, u32) -> i32;
    __emscripten_init_main_thread_js: call threads::init_first(u32);
    _emscripten_init_main_thread_js: call threads::init_first(u32);
    __emscripten_thread_cleanup: call threads::clean_up(u32);
    _emscripten_thread_cleanup: call threads::clean_up(u32);
    _emscripten_thread_set_strongref: call threads::ignore(u32);
    _emscripten_thread_exit_joinable: call threads::ignore(u32);
    _emscripten_thread_mailbox_await: call threads::ignore(u32);
    emscripten_check_blocking_allowed: call threads::allow_blocking();
    _emscripten_default_pthread_stack_size: call threads::default_stack_bytes() -> u32;
    emscripten_has_threading_support: call threads::are_supported() -> u32;
    emscripten_num_logical_cores: call threads::core_count() -> u32;
    _emscripten_notify_thread_queue: call threads::notify_queue(u32, u32) -> u32;
    _emscripten_notify_proxying_queue: call threads::notify_proxying_queue(u32, u32, u32, u32) -> u32;
    _emscripten_notify_task_queue: call threads::notify_task_queue(u32, u32, u32, u32),
        call threads::notify_task_queue_and_return(u32, u32, u32, u32) -> u32;
    _emscripten_notify_mailbox_postmessage: call threads::notify_mailbox(u32, u32),
        call threads::notify_mailbox_of_first(u32, u32, u32);
    _emscripten_notify_mailbox: call threads::notify_mailbox_of_first(u32, u32, u32);
    emscripten_receive_on_main_thread_js: call threads::call_javascript(u32, u32, u32) -> f64;
    _emscripten_receive_on_main_thread_js: call threads::call_javascript_for(u32, u32, u32, u32) -> f64,
        call threads::call_javascript_by_address(u32, u32, u32, u32, u32) -> f64;
    emscripten_futex_wait: call futex::wait(u32, u32, f64) -> i32;
    emscripten_futex_wake: call futex::wake(u32, i32) -> i32;
    pthread_kill: call threads::kill(u32, i32) -> u32;
    __call_main: call threads::call_main(u32, u32), call threads::call_main_and_return(u32, u32) -> i32;

    // Libraries that are loaded while the program runs.
    _dlopen_js: call dynamic::open(u32) -> u32;
    _dlsym_js: call dynamic::look_up(u32, u32) -> u32, call dynamic::look_up_for_threads(u32, u32, u32) -> u32;
    _dlsym_catchup_js: call dynamic::catch_up(u32, u32) -> u32;
    _emscripten_dlsync_threads: call dynamic::follow_in_all();
    _emscripten_dlsync_threads_async: call dynamic::follow_in_all_for(u32, u32, u32);
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

    // System calls: files by name.
    __syscall_open: system files::open(u32, u32, u32);
    __syscall_openat: system files::open_at(i32, u32, u32, u32);
    __syscall_mkdir: system files::make_directory(u32, u32);
    __syscall_mkdirat: system files::make_directory_at(i32, u32, u32);
    __syscall_mknod: system files::make_node(u32, u32, u32);
    __syscall_mknodat: system files::make_node_at(i32, u32, u32, u32);
    __syscall_rmdir: system files::remove_directory(u32);
    __syscall_unlink: system files::unlink(u32);
    __syscall_unlinkat: system files::unlink_at(i32, u32, u32);
    __syscall_rename: system files::rename(u32, u32);
    __syscall_renameat: system files::rename_at(i32, u32, i32, u32);
    __syscall_link: system files::link(u32, u32);
    __syscall_linkat: system files::link_at(i32, u32, i32, u32, u32);
    __syscall_symlink: system files::symlink(u32, u32);
    __syscall_symlinkat: system files::symlink_at(u32, i32, u32);
    __syscall_readlink: system files::read_link(u32, u32, u32);
    __syscall_readlinkat: system files::read_link_at(i32, u32, u32, u32);
    __syscall_chmod: system files::change_mode(u32, u32);
    __syscall_fchmodat: system files::change_mode_at_old(i32, u32, u32, u32);
    __syscall_fchmodat2: system files::change_mode_at(i32, u32, u32, u32);
    __syscall_chown32: system files::change_owner(u32, u32, u32);
    __syscall_lchown32: system files::change_link_owner(u32, u32, u32);
    __syscall_fchownat: system files::change_owner_at(i32, u32, u32, u32, u32);
    __syscall_access: system files::access(u32, u32);
    __syscall_faccessat: system files::access_at(i32, u32, u32, u32);
    __syscall_truncate64: system files::truncate(u32, i64);
    __syscall_chdir: system files::change_directory(u32);
    __syscall_fchdir: system files::change_directory_to(u32);
    __syscall_getcwd: system files::working_directory(u32, u32);

    // What is known of files.
    __syscall_stat64: system status::status(u32, u32);
    __syscall_lstat64: system status::link_status(u32, u32);
    __syscall_fstat64: system status::descriptor_status(u32, u32);
    __syscall_fstatat64: system status::status_at(i32, u32, u32, u32);
    __syscall_newfstatat: system status::status_at(i32, u32, u32, u32);
    __syscall_utimensat: system status::set_times(i32, u32, u32, u32);
    __syscall_statfs64: system status::room(u32, u32, u32);
    __syscall_fstatfs64: system status::descriptor_room(u32, u32, u32);
    __syscall_getdents64: system status::entries(u32, u32, u32);

    // Open descriptors.
    __syscall_dup: system descriptors::duplicate(u32);
    __syscall_dup2: system descriptors::duplicate_to_any(u32, u32);
    __syscall_dup3: system descriptors::duplicate_to(u32, u32, u32);
    __syscall_fcntl64: system descriptors::control(u32, u32, u32);
    __syscall_flock: system descriptors::lock(u32, u32);
    __syscall_ioctl: system descriptors::device_control(u32, u32, u32);
    __syscall_pipe: system descriptors::pipe(u32);
    __syscall_pipe2: system descriptors::pipe_with_flags(u32, u32);
    __syscall_fchmod: system descriptors::change_mode(u32, u32);
    __syscall_fchown32: system descriptors::change_owner(u32, u32, u32);
    __syscall_ftruncate64: system descriptors::truncate(u32, i64);
    __syscall_fallocate: system descriptors::allocate(u32, u32, i64, i64);
    __syscall_fadvise64: system descriptors::advise(u32, i64, i64, u32);
    __syscall_fadvise64_64: system descriptors::advise(u32, i64, i64, u32);
    __syscall_fdatasync: system descriptors::sync_data(u32);
    __syscall_poll: call wait::poll(u32, u32, i32) -> i32;
    __syscall__newselect: call wait::select(i32, u32, u32, u32, u32) -> i32;

    // Files in memory.
    _mmap_js: call maps::map_file(u32, u32, u32, u32, u64, u32, u32) -> i32,
        call maps::map_file_of_words(u32, u32, u32, u32, u32, u32, u32) -> i32;
    _munmap_js: call maps::unmap_file(u32, u32, u32, u32, u32, u64) -> i32,
        call maps::unmap_file_of_words(u32, u32, u32, u32, u32, u32) -> i32;
    _msync_js: call maps::sync_file(u32, u32, u32, u32, u32, u64) -> i32,
        call maps::sync_file_of_words(u32, u32, u32, u32, u32, u32) -> i32,
        call maps::sync_file_old(u32, u32, u32, u32) -> i32;

    // Sockets.
    __syscall_socket: system sockets::socket(u32, u32, u32, u32, u32, u32);
    __syscall_bind: system sockets::bind(u32, u32, u32, u32, u32, u32);
    __syscall_connect: system sockets::connect(u32, u32, u32, u32, u32, u32);
    __syscall_listen: system sockets::listen(u32, u32, u32, u32, u32, u32);
    __syscall_accept4: system sockets::accept(u32, u32, u32, u32, u32, u32);
    __syscall_getsockname: system sockets::local_address(u32, u32, u32, u32, u32, u32);
    __syscall_getpeername: system sockets::peer_address(u32, u32, u32, u32, u32, u32);
    __syscall_recvfrom: system sockets::receive(u32, u32, u32, u32, u32, u32);
    __syscall_sendto: system sockets::send(u32, u32, u32, u32, u32, u32);
    __syscall_recvmsg: system sockets::receive_message(u32, u32, u32, u32, u32, u32);
    __syscall_sendmsg: system sockets::send_message(u32, u32, u32, u32, u32, u32);
    __syscall_shutdown: system sockets::shut_down(u32, u32, u32, u32, u32, u32);
    __syscall_getsockopt: system sockets::option(u32, u32, u32, u32, u32, u32);
    __syscall_setsockopt: system sockets::set_option(u32, u32, u32, u32, u32, u32);
    getaddrinfo: call names::addresses(u32, u32, u32, u32) -> i32;
    getnameinfo: call names::name(u32, u32, u32, u32, u32, u32, u32) -> i32;
    gethostbyname: call names::host_by_name(u32) -> u32;
    gethostbyname_r: call names::host_by_name_into(u32, u32, u32, u32, u32, u32) -> i32;
    gethostbyaddr: call names::host_by_address(u32, u32, u32) -> u32;
    getprotobyname: call names::protocol_by_name(u32) -> u32;
    getprotobynumber: call names::protocol_by_number(u32) -> u32;
    getprotoent: call names::next_protocol() -> u32;
    setprotoent: call names::start_protocols(u32);
    endprotoent: call names::end_protocols();
    _emscripten_lookup_name: call names::look_up(u32) -> u32;

    // The process.
    __syscall_getpid: system about_process::process();
    __syscall_getppid: system about_process::parent();
    __syscall_getpgid: system about_process::group(u32);
    __syscall_getsid: system about_process::group(u32);
    __syscall_getpgrp: system about_process::process();
    __syscall_getuid32: system about_process::nothing();
    __syscall_geteuid32: system about_process::nothing();
    __syscall_getgid32: system about_process::nothing();
    __syscall_getegid32: system about_process::nothing();
    __syscall_getresuid32: system about_process::users(u32, u32, u32);
    __syscall_getresgid32: system about_process::users(u32, u32, u32);
    __syscall_getgroups32: system about_process::groups(u32, u32);
    __syscall_umask: system about_process::umask(u32);
    __syscall_uname: system about_process::system_name(u32);
    __syscall_sync: system about_process::nothing();
    __syscall_prlimit64: system about_process::limits(u32, u32, u32, u32);
    __syscall_ugetrlimit: system about_process::old_limits(u32, u32);
    __syscall_setrlimit: system about_process::nothing_of_two(u32, u32);
    __syscall_madvise: system about_process::nothing_of_three(u32, u32, u32);
    __syscall_mprotect: system about_process::nothing_of_three(u32, u32, u32);
    __syscall_mlock: system about_process::nothing_of_two(u32, u32);
    __syscall_munlock: system about_process::nothing_of_two(u32, u32);
}
