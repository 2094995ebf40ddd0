//! `wasmc_failure` and `wasmc_tag`: why calls did not return, as C programs look at it, throw it and pass it on.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;

use loader::{ExceptionReference, HostError, Linker, Outcome, Tag, TagType, Uncaught};

use crate::CValue;
use crate::call::{from_value, to_value};
use crate::linker::read_types;
use crate::store::CStore;
use crate::text::{read, report};

/// Why a call did not return, or what is to be thrown.
pub(crate) enum CFailure {
    /// Never [`Outcome::Returned`].
    Outcome(Outcome),
    Exception(ExceptionReference),
}

thread_local! {
    /// What the host function that runs on this thread is about to fail with.
    static RAISED: Cell<Option<HostError>> = const { Cell::new(None) };
}

/// What a host function returns that fails with [`RAISED`]: known by its address.
static RAISED_TEXT: [u8; 7] = *b"raised\0";

/// Calls a host function; why it failed, if it did.
///
/// # Safety
///
/// What `function` returns must be null or a text that stays valid.
pub(crate) unsafe fn failing(function: impl FnOnce() -> *const c_char) -> Result<(), HostError> {
    // A host function that waits for this one may have raised already.
    let earlier = RAISED.take();
    let text = function();
    let raised = RAISED.replace(earlier);
    if text.is_null() {
        return Ok(());
    }
    if text == RAISED_TEXT.as_ptr().cast() {
        return Err(raised.unwrap_or_else(nothing));
    }
    // SAFETY: the caller's promise.
    Err(HostError::Message(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()))
}

/// For `wasmc_raise` with nothing to raise.
fn nothing() -> HostError {
    HostError::Message("a host function raised, but nothing had failed".to_owned())
}

impl CFailure {
    fn exception(&self) -> Option<ExceptionReference> {
        match self {
            Self::Exception(exception) | Self::Outcome(Outcome::Threw(Uncaught { exception, .. })) => Some(*exception),
            Self::Outcome(_) => None,
        }
    }

    /// What a person reads.
    fn text(&self) -> String {
        match self {
            Self::Outcome(outcome) => describe(outcome),
            Self::Exception(_) => "an exception that was not thrown yet".to_owned(),
        }
    }

    fn into_error(self) -> HostError {
        match self {
            Self::Outcome(Outcome::Trapped(report)) => HostError::Raised(report),
            Self::Outcome(Outcome::Exited(status)) => HostError::Exit(status),
            Self::Exception(exception) | Self::Outcome(Outcome::Threw(Uncaught { exception, .. })) => {
                HostError::Exception(exception)
            }
            Self::Outcome(Outcome::Returned(_)) => nothing(),
        }
    }
}

const NOTHING_FAILED: &str = "nothing failed";

/// What a person reads of an outcome that is no success.
pub(crate) fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => report.to_string(),
        Outcome::Exited(status) => format!("the program ended with status {status}"),
        Outcome::Returned(_) => NOTHING_FAILED.to_owned(),
    }
}

/// Why the last `wasmc_call` returned false; null if it did not.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_take_failure(store: *mut CStore) -> *mut CFailure {
    // SAFETY: the header asks for a store of `wasmc_store_new`.
    let failure = unsafe { (*store).failure.take() };
    failure.map_or(null_mut(), |failure| Box::into_raw(Box::new(failure)))
}

/// Frees a failure; null is fine.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_failure_free(failure: *mut CFailure) {
    if !failure.is_null() {
        // SAFETY: the header asks for a failure of this API.
        drop(unsafe { Box::from_raw(failure) });
    }
}

/// What a person reads; freed by `wasmc_text_free`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_failure_text(failure: *const CFailure) -> *mut c_char {
    // SAFETY: the header asks for null or a failure of this API.
    let text = unsafe { failure.as_ref() }.map_or_else(|| NOTHING_FAILED.to_owned(), CFailure::text);
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default().into_raw()
}

/// Whether it is an exception of this tag; if so, leaves what it carries in `values`, unless that is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_failure_catch(
    store: *const CStore,
    failure: *const CFailure,
    tag: *const Tag,
    values: *mut CValue,
) -> bool {
    // SAFETY: the header's requirements on each.
    let (store, failure, tag) = unsafe { (&(*store).store, failure.as_ref(), tag.as_ref()) };
    let (Some(exception), Some(tag)) = (failure.and_then(CFailure::exception), tag) else { return false };
    let (Ok(own), Ok(fields)) = (exception.tag(store), exception.fields(store)) else { return false };
    if own != *tag {
        return false;
    }
    if !values.is_null() {
        for (index, field) in fields.iter().enumerate() {
            // SAFETY: the header asks for null or room for as many values as the tag's exceptions carry.
            unsafe { values.add(index).write(from_value(field)) };
        }
    }
    true
}

/// Has the host function that runs fail in this way once it returns the text that this gives. Takes the failure.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_raise(failure: *mut CFailure) -> *const c_char {
    let error = if failure.is_null() {
        nothing()
    } else {
        // SAFETY: the header asks for null or a failure of this API, which C gives away.
        unsafe { Box::from_raw(failure) }.into_error()
    };
    RAISED.set(Some(error));
    RAISED_TEXT.as_ptr().cast()
}

/// A new exception, to be thrown by `wasmc_raise`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_exception_new(
    store: *mut CStore,
    tag: *const Tag,
    values: *const CValue,
    error: *mut *mut c_char,
) -> *mut CFailure {
    // SAFETY: the header's requirements on both.
    let (store, tag) = unsafe { (&mut (*store).store, tag.as_ref()) };
    let Some(tag) = tag else {
        // SAFETY: `error` is null or valid, by the header.
        unsafe { report(error, "the tag is null") };
        return null_mut();
    };
    let types = tag.tag_type().function.parameters;
    let field = |(index, value_type)| {
        // SAFETY: the header asks for as many values as the tag's exceptions carry.
        to_value(unsafe { *values.add(index) }, value_type).ok_or("references cannot be passed from C".to_owned())
    };
    let fields = types.into_iter().enumerate().map(field).collect::<Result<Vec<_>, _>>();
    let made = fields.and_then(|fields| ExceptionReference::new(store, tag, &fields).map_err(|it| it.to_string()));
    match made {
        Ok(exception) => Box::into_raw(Box::new(CFailure::Exception(exception))),
        Err(failure) => {
            // SAFETY: `error` is null or valid, by the header.
            unsafe { report(error, failure) };
            null_mut()
        }
    }
}

/// A new tag, whose exceptions carry values of these types; null if a type is none of `wasmc_type`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_tag_new(store: *mut CStore, types: *const c_int, count: usize) -> *mut Tag {
    // SAFETY: the header's requirements on both.
    let (store, types) = unsafe { (&mut (*store).store, read_types(types, count)) };
    let Some(parameters) = types else { return null_mut() };
    let tag_type = TagType { function: loader::FunctionType { parameters, results: Vec::new() } };
    Box::into_raw(Box::new(Tag::new(store, &tag_type)))
}

/// The tag that an instance exports; null if it does not.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_tag_of(store: *const CStore, instance: *const c_void, name: *const c_char) -> *mut Tag {
    // SAFETY: the header's requirements on both.
    let (store, name) = unsafe { (&*store, read(name)) };
    let exported = name.and_then(|name| store.find(instance)?.export(&store.store, name)?.tag());
    exported.map_or(null_mut(), |tag| Box::into_raw(Box::new(tag)))
}

/// Frees a tag's handle; null is fine. The tag itself stays.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_tag_free(tag: *mut Tag) {
    if !tag.is_null() {
        // SAFETY: the header asks for a tag of this API.
        drop(unsafe { Box::from_raw(tag) });
    }
}

/// Defines the tag that modules import as `module` `name`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_linker_tag(
    linker: *mut Linker,
    module: *const c_char,
    name: *const c_char,
    tag: *const Tag,
    error: *mut *mut c_char,
) -> bool {
    // SAFETY: the header's requirements on each.
    let (linker, names, tag) = unsafe { (&mut *linker, read(module).zip(read(name)), tag.as_ref()) };
    let defined = match (names, tag) {
        (Some((module, name)), Some(tag)) => linker.define(module, name, *tag).map_err(|failure| failure.to_string()),
        (None, _) => Err("a name is not UTF-8".to_owned()),
        (_, None) => Err("the tag is null".to_owned()),
    };
    if let Err(failure) = &defined {
        // SAFETY: `error` is null or valid, by the header.
        unsafe { report(error, failure) };
    }
    defined.is_ok()
}
