//! `emscripten_math_*`: the functions of JavaScript's `Math`, and random numbers.

use wasmc_loader::{Caller, HostError, TrapCode};

use crate::thread::ThreadState;

macro_rules! one_argument {
    ($($name:ident: $apply:expr;)*) => {$(
        pub(crate) fn $name(_: &ThreadState, _: &mut Caller<'_>, number: f64) -> Result<f64, HostError> {
            Ok(($apply)(number))
        }
    )*};
}

one_argument! {
    cbrt: f64::cbrt;
    sign: |number: f64| if number == 0.0 || number.is_nan() { number } else { number.signum() };
    sqrt: f64::sqrt;
    exp: f64::exp;
    expm1: f64::exp_m1;
    log: f64::ln;
    log1p: f64::ln_1p;
    log10: f64::log10;
    log2: f64::log2;
    // JavaScript rounds halves up, and keeps the sign of what becomes zero.
    round: |number: f64| if number.fract() == -0.5 { number.ceil() } else { number.round() };
    acos: f64::acos;
    acosh: f64::acosh;
    asin: f64::asin;
    asinh: f64::asinh;
    atan: f64::atan;
    atanh: f64::atanh;
    cos: f64::cos;
    cosh: f64::cosh;
    sin: f64::sin;
    sinh: f64::sinh;
    tan: f64::tan;
    tanh: f64::tanh;
}

pub(crate) fn pow(_: &ThreadState, _: &mut Caller<'_>, base: f64, exponent: f64) -> Result<f64, HostError> {
    // JavaScript's differs from C's where the base is one and the exponent is no number that can be reached.
    let is_unknown = base.abs() == 1.0 && exponent.is_infinite() || exponent.is_nan();
    Ok(if is_unknown { f64::NAN } else { base.powf(exponent) })
}

pub(crate) fn fmod(_: &ThreadState, _: &mut Caller<'_>, number: f64, divisor: f64) -> Result<f64, HostError> {
    Ok(number % divisor)
}

pub(crate) fn atan2(_: &ThreadState, _: &mut Caller<'_>, y: f64, x: f64) -> Result<f64, HostError> {
    Ok(y.atan2(x))
}

/// The length of a vector of `count` numbers at an address.
pub(crate) fn hypot(_: &ThreadState, caller: &mut Caller<'_>, count: u32, numbers: u32) -> Result<f64, HostError> {
    let memory = caller.memory().ok_or("the program has no memory")?;
    let mut length = 0.0_f64;
    for index in 0..u64::from(count) {
        let bits = memory.read_u64(u64::from(numbers) + 8 * index);
        length = length.hypot(f64::from_bits(bits.ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?));
    }
    Ok(length)
}

/// From 0 on, below 1.
pub(crate) fn random(thread: &ThreadState, _: &mut Caller<'_>) -> Result<f64, HostError> {
    Ok((thread.context.posix.wasi().random_u64() >> 11) as f64 / (1_u64 << 53) as f64)
}

/// The same with the precision of a `float`.
pub(crate) fn random_single(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<f32, HostError> {
    random(thread, caller).map(|number| number as f32)
}
