//! Typed closures as C functions: one shim for each closure's type, made by the Rust compiler, which compiled code
//! calls without boxing or dispatch.

use std::borrow::Cow;
use std::ffi::c_void;
use std::sync::OnceLock;

use wasmc_contract::context::HostFunction;

use super::{Caller, HostDefinition, HostError, fail};
use crate::types::ValueType;
use crate::value::Slot;

/// A Rust type that stands for a value type.
pub trait HostValue: Copy + Send + 'static {
    /// The value type.
    const TYPE: ValueType;
    /// From the low bits of a value's slot.
    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;
    /// To the low bits of a value's slot.
    #[doc(hidden)]
    fn to_bits(self) -> u64;
}

macro_rules! values {
    ($($type:ty: $value_type:ident, $from:expr, $to:expr;)*) => {$(
        impl HostValue for $type {
            const TYPE: ValueType = ValueType::$value_type;

            #[inline]
            fn from_bits(bits: u64) -> Self {
                ($from)(bits)
            }

            #[inline]
            fn to_bits(self) -> u64 {
                ($to)(self)
            }
        }

        impl HostResults for $type {
            const TYPES: &'static [ValueType] = &[ValueType::$value_type];
            type Returned = $type;
            const NOTHING: $type = 0 as $type;

            #[inline]
            fn returned(self) -> Result<$type, HostError> {
                Ok(self)
            }

            #[inline]
            unsafe fn store(self, slots: *mut c_void) -> Result<(), HostError> {
                // SAFETY: the caller's promise: there is a slot for each result.
                unsafe { *slots.cast::<Slot>() = Slot { low: HostValue::to_bits(self), high: 0 } };
                Ok(())
            }
        }
    )*};
}

/// What a host function may return: nothing, a value, a tuple of values, or a result of these with a [`HostError`].
pub trait HostResults: Sized {
    /// The value types.
    const TYPES: &'static [ValueType];
    /// What the C function returns: the value, if there is exactly one.
    #[doc(hidden)]
    type Returned;
    /// What it returns when it failed.
    #[doc(hidden)]
    const NOTHING: Self::Returned;
    /// The value that the C function returns.
    #[doc(hidden)]
    fn returned(self) -> Result<Self::Returned, HostError>;
    /// Stores the values in slots.
    ///
    /// # Safety
    ///
    /// There must be as many slots as values.
    #[doc(hidden)]
    unsafe fn store(self, slots: *mut c_void) -> Result<(), HostError>;
}

values! {
    i32: I32, |bits| bits as i32, |value: i32| u64::from(value.cast_unsigned());
    u32: I32, |bits| bits as u32, u64::from;
    i64: I64, u64::cast_signed, i64::cast_unsigned;
    u64: I64, std::convert::identity, std::convert::identity;
    f32: F32, |bits| f32::from_bits(bits as u32), |value: f32| u64::from(value.to_bits());
    f64: F64, f64::from_bits, f64::to_bits;
}

impl<R: HostResults> HostResults for Result<R, HostError> {
    const TYPES: &'static [ValueType] = R::TYPES;
    type Returned = R::Returned;
    const NOTHING: R::Returned = R::NOTHING;

    #[inline]
    fn returned(self) -> Result<R::Returned, HostError> {
        self?.returned()
    }

    #[inline]
    unsafe fn store(self, slots: *mut c_void) -> Result<(), HostError> {
        // SAFETY: the caller's promise.
        unsafe { self?.store(slots) }
    }
}

macro_rules! tuples {
    ($($($name:ident $index:tt),*;)*) => {$(
        impl<$($name: HostValue),*> HostResults for ($($name,)*) {
            const TYPES: &'static [ValueType] = &[$($name::TYPE),*];
            type Returned = ();
            const NOTHING: () = ();

            #[inline]
            fn returned(self) -> Result<(), HostError> {
                Ok(())
            }

            #[inline]
            unsafe fn store(self, slots: *mut c_void) -> Result<(), HostError> {
                let _slots = slots.cast::<Slot>();
                // SAFETY: the caller's promise: there is a slot for each result.
                $(unsafe { *_slots.add($index) = Slot { low: HostValue::to_bits(self.$index), high: 0 } };)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    ;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// A closure that can be a host function: it takes `&mut Caller<'_>` and up to twelve values. `P` and `R` are the
/// parameters' and the results' types, which the compiler finds.
pub trait IntoHostFunction<P, R>: Send + Sync + 'static {
    /// The definition.
    #[doc(hidden)]
    fn into_definition(self) -> HostFunctionDefinition;
}

/// A host function, apart from any store.
#[doc(hidden)]
pub struct HostFunctionDefinition(pub(crate) HostDefinition);

/// Runs `call` for the function in `host_function` and notes if it failed.
///
/// # Safety
///
/// `host_function` must be a record, of a store that is running it, whose environment is an `F`.
#[inline]
unsafe fn run<F: 'static, T>(
    host_function: *mut c_void,
    nothing: T,
    call: impl FnOnce(&F, &mut Caller<'_>) -> Result<T, HostError>,
) -> T {
    let host_function = host_function.cast::<HostFunction>();
    // SAFETY: the caller's promise; the definition that owns the closure is kept by the record.
    let (closure, mut caller) = unsafe { (&*((*host_function).environment as *const F), Caller::new(host_function)) };
    let outcome = call(closure, &mut caller);
    caller.check_store(host_function);
    match outcome {
        Ok(value) => value,
        Err(error) => {
            fail(caller.store(), error);
            nothing
        }
    }
}

macro_rules! closures {
    ($($($name:ident $argument:ident $index:tt),*;)*) => {$(
        impl<Closure, $($name,)* R> IntoHostFunction<($($name,)*), R> for Closure
        where
            Closure: Fn(&mut Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
            $($name: HostValue,)*
            R: HostResults + 'static,
        {
            fn into_definition(self) -> HostFunctionDefinition {
                /// At most one result: returned as C returns it.
                ///
                /// # Safety
                ///
                /// Called by a trampoline for this type, with a record whose environment is a `Closure`.
                unsafe extern "C" fn single<Closure, $($name,)* R>(host: *mut c_void, $($argument: $name),*) -> R::Returned
                where
                    Closure: Fn(&mut Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
                    $($name: HostValue,)*
                    R: HostResults + 'static,
                {
                    // SAFETY: the caller's promise.
                    unsafe { run::<Closure, _>(host, R::NOTHING, |closure, caller| closure(caller, $($argument),*).returned()) }
                }
                /// More results: stored where the last argument points to.
                ///
                /// # Safety
                ///
                /// As `single`; `slots` must have room for the results.
                unsafe extern "C" fn multiple<Closure, $($name,)* R>(host: *mut c_void, $($argument: $name,)* slots: *mut c_void)
                where
                    Closure: Fn(&mut Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
                    $($name: HostValue,)*
                    R: HostResults + 'static,
                {
                    // SAFETY: the caller's promise.
                    unsafe { run::<Closure, _>(host, (), |closure, caller| closure(caller, $($argument),*).store(slots)) }
                }
                /// Arguments and results in an array.
                ///
                /// # Safety
                ///
                /// As `single`; `slots` must hold the arguments and have room for the results.
                unsafe extern "C" fn array<Closure, $($name,)* R>(host: *mut c_void, slots: *mut c_void)
                where
                    Closure: Fn(&mut Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
                    $($name: HostValue,)*
                    R: HostResults + 'static,
                {
                    // SAFETY: the caller's promise.
                    $(let $argument = $name::from_bits(unsafe { (*slots.cast::<Slot>().add($index)).low });)*
                    // SAFETY: the caller's promise.
                    unsafe { run::<Closure, _>(host, (), |closure, caller| closure(caller, $($argument),*).store(slots)) }
                }
                let typed = if R::TYPES.len() > 1 {
                    multiple::<Closure, $($name,)* R> as *const () as u64
                } else {
                    single::<Closure, $($name,)* R> as *const () as u64
                };
                let environment = Box::new(self);
                HostFunctionDefinition(HostDefinition {
                    parameters: Cow::Borrowed(&[$($name::TYPE),*]),
                    results: Cow::Borrowed(R::TYPES),
                    identity: OnceLock::new(),
                    typed,
                    array: Some(array::<Closure, $($name,)* R>),
                    environment: &raw const *environment as u64,
                    owner: Some(environment),
                })
            }
        }
    )*};
}

closures! {
    ;
    A a 0;
    A a 0, B b 1;
    A a 0, B b 1, C c 2;
    A a 0, B b 1, C c 2, D d 3;
    A a 0, B b 1, C c 2, D d 3, E e 4;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10;
    A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11;
}
