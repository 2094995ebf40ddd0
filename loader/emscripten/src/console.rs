//! `emscripten_console_*` and what else writes lines to where a browser has its console: standard output and error.

use wasmc_loader::{Caller, GuestMemory, HostError};

use crate::process::{read_bytes, read_text};
use crate::thread::ThreadState;

const OUTPUT: u32 = 1;
const ERROR: u32 = 2;

/// `emscripten_log`'s flags: which of two streams a line goes to.
const FLAG_WARN: u32 = 2;
const FLAG_ERROR: u32 = 4;
/// Wider or more precise than this, nothing is written: a program could otherwise have its host write without an end.
const LENGTH_MAX: usize = 4096;
/// A line that is longer than this ends.
const TEXT_MAX: usize = 16 << 20;

/// Writes a line. As in a browser, nobody learns whether it could be written.
fn print(thread: &ThreadState, stream: u32, mut line: Vec<u8>) {
    line.push(b'\n');
    let _ = thread.context.posix.wasi().write_stream(stream, &line);
}

fn print_text(thread: &ThreadState, caller: &Caller<'_>, stream: u32, text: u32) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program has no memory")?;
    print(thread, stream, read_text(&memory, text).unwrap_or_default().into_bytes());
    Ok(())
}

/// `emscripten_console_log`, `emscripten_out` and the like: a line on standard output.
pub(crate) fn log(thread: &ThreadState, caller: &mut Caller<'_>, text: u32) -> Result<(), HostError> {
    print_text(thread, caller, OUTPUT, text)
}

/// `emscripten_console_error`, `emscripten_err` and the like: a line on standard error.
pub(crate) fn error(thread: &ThreadState, caller: &mut Caller<'_>, text: u32) -> Result<(), HostError> {
    print_text(thread, caller, ERROR, text)
}

/// `_emscripten_log_formatted`: a line whose flags say where it goes.
pub(crate) fn log_with_flags(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    flags: u32,
    text: u32,
) -> Result<(), HostError> {
    print_text(thread, caller, stream_of(flags), text)
}

/// `emscripten_log` of releases that leave formatting to the host.
pub(crate) fn log_formatted(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    flags: u32,
    pattern: u32,
    arguments: u32,
) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program has no memory")?;
    let pattern = read_bytes(&memory, pattern).unwrap_or_default();
    let line = Formatter { memory, next: arguments.into() }.format(&pattern);
    print(thread, stream_of(flags), line.ok_or("what is to be logged lies outside of the program's memory")?);
    Ok(())
}

fn stream_of(flags: u32) -> u32 {
    if flags & (FLAG_WARN | FLAG_ERROR) != 0 { ERROR } else { OUTPUT }
}

/// `emscripten_print_double`: a number as JavaScript writes it; how many bytes.
pub(crate) fn print_double(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    number: f64,
    buffer: u32,
    length: i32,
) -> Result<u32, HostError> {
    let text = number.to_string();
    let memory = caller.memory().ok_or("the program has no memory")?;
    if buffer == 0 {
        return Ok(text.len() as u32);
    }
    let Some(room) = usize::try_from(length).ok().and_then(|length| length.checked_sub(1)) else { return Ok(0) };
    let kept = &text.as_bytes()[..text.len().min(room)];
    memory
        .write_bytes(buffer.into(), &[kept, b"\0"].concat())
        .ok_or("a buffer lies outside of the program's memory")?;
    Ok(kept.len() as u32)
}

/// Writes what `printf` would, with arguments as C passes them to a function of any number.
struct Formatter<'a> {
    memory: GuestMemory<'a>,
    /// The address of the next argument.
    next: u64,
}

/// What stands between `%` and a conversion.
#[derive(Default)]
struct Directive {
    left: bool,
    plus: bool,
    space: bool,
    zeros: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    is_wide: bool,
}

impl Formatter<'_> {
    fn argument_32(&mut self) -> Option<u32> {
        let value = self.memory.read_u32(self.next)?;
        self.next += 4;
        Some(value)
    }

    fn argument_64(&mut self) -> Option<u64> {
        self.next = self.next.next_multiple_of(8);
        let value = self.memory.read_u64(self.next)?;
        self.next += 8;
        Some(value)
    }

    fn format(mut self, pattern: &[u8]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut rest = pattern;
        while let Some((first, tail)) = rest.split_first().filter(|_| text.len() < TEXT_MAX) {
            rest = tail;
            if *first != b'%' {
                text.push(*first);
                continue;
            }
            let directive = self.directive(&mut rest)?;
            let Some((conversion, tail)) = rest.split_first() else { break };
            rest = tail;
            self.convert(&mut text, &directive, *conversion)?;
        }
        Some(text)
    }

    fn directive(&mut self, rest: &mut &[u8]) -> Option<Directive> {
        let mut directive = Directive::default();
        let mut in_precision = false;
        while let Some((first, tail)) = rest.split_first() {
            match first {
                b'-' => directive.left = true,
                b'+' => directive.plus = true,
                b' ' => directive.space = true,
                b'#' => directive.alternate = true,
                b'.' => {
                    in_precision = true;
                    directive.precision = Some(0);
                }
                b'*' if in_precision => {
                    let precision = usize::try_from(self.argument_32()?.cast_signed()).ok();
                    directive.precision = precision.map(|precision| precision.min(LENGTH_MAX));
                }
                b'*' => {
                    let width = self.argument_32()?.cast_signed();
                    directive.left |= width < 0;
                    directive.width = (width.unsigned_abs() as usize).min(LENGTH_MAX);
                }
                b'0' if !in_precision && directive.width == 0 => directive.zeros = true,
                digit @ b'0'..=b'9' => {
                    let number = if in_precision { directive.precision.get_or_insert(0) } else { &mut directive.width };
                    *number = (*number * 10 + usize::from(digit - b'0')).min(LENGTH_MAX);
                }
                b'l' => directive.is_wide = tail.first() == Some(&b'l') || directive.is_wide,
                b'j' => directive.is_wide = true,
                b'h' | b'z' | b't' | b'L' => {}
                _ => break,
            }
            *rest = tail;
        }
        Some(directive)
    }

    fn convert(&mut self, text: &mut Vec<u8>, directive: &Directive, conversion: u8) -> Option<()> {
        let mut integer = |is_signed: bool| -> Option<u64> {
            Some(match (directive.is_wide, is_signed) {
                (true, _) => self.argument_64()?,
                (false, true) => i64::from(self.argument_32()?.cast_signed()).cast_unsigned(),
                (false, false) => self.argument_32()?.into(),
            })
        };
        let (sign, digits) = match conversion {
            b'd' | b'i' => {
                let value = integer(true)?.cast_signed();
                (sign(directive, value < 0), whole(directive, &value.unsigned_abs().to_string()))
            }
            b'u' => ("", whole(directive, &integer(false)?.to_string())),
            b'x' => (prefix(directive, "0x"), whole(directive, &format!("{:x}", integer(false)?))),
            b'X' => (prefix(directive, "0X"), whole(directive, &format!("{:X}", integer(false)?))),
            b'o' => (prefix(directive, "0"), whole(directive, &format!("{:o}", integer(false)?))),
            b'p' => ("0x", format!("{:x}", self.argument_32()?)),
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let value = f64::from_bits(self.argument_64()?);
                let digits = real(directive, value.abs(), conversion.to_ascii_lowercase());
                let digits = if conversion.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
                (sign(directive, value.is_sign_negative() && !value.is_nan()), digits)
            }
            b'c' => {
                let byte = self.argument_32()? as u8;
                pad(text, directive, &[byte]);
                return Some(());
            }
            b's' => {
                let address = self.argument_32()?;
                let bytes = if address == 0 { b"(null)".to_vec() } else { read_bytes(&self.memory, address)? };
                let kept = &bytes[..bytes.len().min(directive.precision.unwrap_or(usize::MAX))];
                pad(text, directive, kept);
                return Some(());
            }
            other => {
                text.push(other);
                return Some(());
            }
        };
        let zeros =
            directive.zeros && !directive.left && directive.precision.is_none_or(|_| b"eEfFgG".contains(&conversion));
        let missing = directive.width.saturating_sub(sign.len() + digits.len());
        let filled = if zeros { format!("{sign}{}{digits}", "0".repeat(missing)) } else { format!("{sign}{digits}") };
        pad(text, directive, filled.as_bytes());
        Some(())
    }
}

fn pad(text: &mut Vec<u8>, directive: &Directive, bytes: &[u8]) {
    let spaces = vec![b' '; directive.width.saturating_sub(bytes.len())];
    let parts = if directive.left { [bytes, &*spaces] } else { [&*spaces, bytes] };
    text.extend(parts.concat());
}

fn sign(directive: &Directive, is_negative: bool) -> &'static str {
    match (is_negative, directive.plus, directive.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    }
}

fn prefix(directive: &Directive, prefix: &'static str) -> &'static str {
    if directive.alternate { prefix } else { "" }
}

/// At least as many digits as the precision says.
fn whole(directive: &Directive, digits: &str) -> String {
    format!("{digits:0>width$}", width = directive.precision.unwrap_or(1))
}

/// A number that is not negative, in the form of a conversion.
fn real(directive: &Directive, value: f64, conversion: u8) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan" } else { "inf" }.to_owned();
    }
    let precision = directive.precision.unwrap_or(6);
    let scientific = |digits: usize| {
        let text = format!("{value:.digits$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        (mantissa.to_owned(), exponent)
    };
    let with_exponent = |mantissa: &str, exponent: i32| {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
    };
    match conversion {
        b'f' => format!("{value:.precision$}"),
        b'e' => {
            let (mantissa, exponent) = scientific(precision);
            with_exponent(&mantissa, exponent)
        }
        _ => {
            let significant = precision.max(1);
            let (mantissa, exponent) = scientific(significant - 1);
            let trimmed = |text: String| match text.contains('.') && !directive.alternate {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            };
            if exponent < -4 || exponent >= significant as i32 {
                return with_exponent(&trimmed(mantissa), exponent);
            }
            let decimals = usize::try_from(significant as i32 - 1 - exponent).unwrap_or(0);
            trimmed(format!("{value:.decimals$}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directive_makes_a_host_write_without_an_end() {
        for (width, precision) in [(LENGTH_MAX, None), (0, Some(LENGTH_MAX)), (LENGTH_MAX, Some(LENGTH_MAX))] {
            let directive = Directive { width, precision, ..Directive::default() };
            for conversion in [b'e', b'f', b'g'] {
                assert!(real(&directive, 0.0001, conversion).len() <= 2 * LENGTH_MAX);
            }
            assert!(whole(&directive, "7").len() <= LENGTH_MAX);
        }
    }

    #[test]
    fn reals_are_written_as_c_writes_them() {
        let text = |value, conversion| real(&Directive::default(), value, conversion);
        assert_eq!(text(1.5, b'g'), "1.5");
        assert_eq!(text(1e10, b'g'), "1e+10");
        assert_eq!(text(0.000_012_345, b'g'), "1.2345e-05");
        assert_eq!(text(123_456.0, b'g'), "123456");
        assert_eq!(text(1_234_567.0, b'g'), "1.23457e+06");
        assert_eq!(text(2.0, b'f'), "2.000000");
        assert_eq!(text(0.0, b'e'), "0.000000e+00");
    }
}
