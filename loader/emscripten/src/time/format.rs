//! `strftime` for releases whose C library leaves it to the host, in the locale "C" (C11 7.27.3.5, POSIX's additions).

use wasmc_loader::{Caller, HostError, TrapCode};

use super::calendar::BrokenDown;
use crate::process::{read_bytes, read_text};
use crate::thread::ThreadState;

pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const ZONE_NAME_FIELD: u64 = 40;

/// `strftime`: writes a time as `pattern` says; how many bytes, or 0 if there is no room for them and a NUL.
pub(crate) fn format(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    buffer: u32,
    length: u32,
    pattern: u32,
    fields: u32,
) -> Result<u32, HostError> {
    const OUT: HostError = HostError::Trap(TrapCode::MemoryOutOfBounds);
    let memory = caller.memory().ok_or("the program has no memory")?;
    let pattern = read_bytes(&memory, pattern).ok_or(OUT)?;
    let time = BrokenDown::read(&memory, fields).ok_or(OUT)?;
    let zone = memory.read_u32(u64::from(fields) + ZONE_NAME_FIELD).and_then(|address| read_text(&memory, address));
    let mut text = Vec::new();
    write(&mut text, &pattern, &time, zone.as_deref().unwrap_or("GMT"));
    if text.len() >= length as usize {
        return Ok(0);
    }
    text.push(0);
    memory.write_bytes(buffer.into(), &text).ok_or(OUT)?;
    Ok(text.len() as u32 - 1)
}

/// `strftime_l`: there is one locale.
pub(crate) fn format_in_locale(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    buffer: u32,
    length: u32,
    pattern: u32,
    fields: u32,
    _locale: u32,
) -> Result<u32, HostError> {
    format(thread, caller, buffer, length, pattern, fields)
}

/// `__asctime_r`: writes a time as `asctime` does; gives the buffer.
pub(crate) fn format_as_asctime(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    fields: u32,
    buffer: u32,
) -> Result<u32, HostError> {
    const OUT: HostError = HostError::Trap(TrapCode::MemoryOutOfBounds);
    /// What the C library's buffer has room for.
    const LENGTH_MAX: usize = 25;
    let memory = caller.memory().ok_or("the program has no memory")?;
    let time = BrokenDown::read(&memory, fields).ok_or(OUT)?;
    let mut text = Vec::new();
    write(&mut text, b"%a %b %e %H:%M:%S %Y\n", &time, "");
    text.truncate(LENGTH_MAX);
    text.push(0);
    memory.write_bytes(buffer.into(), &text).ok_or(OUT)?;
    Ok(buffer)
}

fn write(text: &mut Vec<u8>, pattern: &[u8], time: &BrokenDown, zone: &str) {
    let mut bytes = pattern.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            text.push(byte);
            continue;
        }
        let mut next = bytes.next();
        let pad = next.filter(|byte| b"-_0".contains(byte));
        if pad.is_some() {
            next = bytes.next();
        }
        // Other digits and other eras: the locale has none.
        if matches!(next, Some(b'E' | b'O')) {
            next = bytes.next();
        }
        match next {
            Some(conversion) => convert(text, conversion, pad, time, zone),
            None => text.push(b'%'),
        }
    }
}

fn convert(text: &mut Vec<u8>, conversion: u8, pad: Option<u8>, time: &BrokenDown, zone: &str) {
    let year = 1900 + i64::from(time.year);
    let name = |names: &[&'static str], index: i32, length: usize| {
        let name = usize::try_from(index).ok().and_then(|index| names.get(index));
        name.map_or("-", |name| &name[..name.len().min(length)])
    };
    let mut number = |value: i64, width: usize, default: u8| match pad.unwrap_or(default) {
        b'-' => text.extend(value.to_string().bytes()),
        b'_' => text.extend(format!("{value:width$}").bytes()),
        _ => text.extend(format!("{value:0width$}").bytes()),
    };
    match conversion {
        b'C' => number(year.div_euclid(100), 2, b'0'),
        b'd' => number(time.day.into(), 2, b'0'),
        b'e' => number(time.day.into(), 2, b'_'),
        b'g' => number(week(time).0.rem_euclid(100), 2, b'0'),
        b'G' => number(week(time).0, 4, b'0'),
        b'H' => number(time.hour.into(), 2, b'0'),
        b'I' => number((i64::from(time.hour) + 11).rem_euclid(12) + 1, 2, b'0'),
        b'j' => number(i64::from(time.day_of_year) + 1, 3, b'0'),
        b'm' => number(i64::from(time.month) + 1, 2, b'0'),
        b'M' => number(time.minute.into(), 2, b'0'),
        b's' => number(time.to_seconds() - i64::from(time.offset_seconds), 1, b'0'),
        b'S' => number(time.second.into(), 2, b'0'),
        b'u' => number(if time.weekday == 0 { 7 } else { time.weekday.into() }, 1, b'0'),
        b'U' => number((i64::from(time.day_of_year) + 7 - i64::from(time.weekday)) / 7, 2, b'0'),
        b'V' => number(week(time).1, 2, b'0'),
        b'w' => number(time.weekday.into(), 1, b'0'),
        b'W' => number((i64::from(time.day_of_year) + 7 - (i64::from(time.weekday) + 6) % 7) / 7, 2, b'0'),
        b'y' => number(year.rem_euclid(100), 2, b'0'),
        b'Y' if year >= 10_000 => text.extend(format!("+{year}").bytes()),
        b'Y' => number(year, 4, b'0'),
        b'a' => text.extend(name(&DAYS, time.weekday, 3).bytes()),
        b'A' => text.extend(name(&DAYS, time.weekday, usize::MAX).bytes()),
        b'b' | b'h' => text.extend(name(&MONTHS, time.month, 3).bytes()),
        b'B' => text.extend(name(&MONTHS, time.month, usize::MAX).bytes()),
        b'p' => text.extend(if time.hour >= 12 { "PM" } else { "AM" }.bytes()),
        b'n' => text.push(b'\n'),
        b't' => text.push(b'\t'),
        b'%' => text.push(b'%'),
        b'z' if time.is_daylight >= 0 => {
            let minutes = time.offset_seconds / 60;
            text.extend(format!("{:+05}", minutes / 60 * 100 + minutes % 60).bytes());
        }
        b'Z' if time.is_daylight >= 0 => text.extend(zone.bytes()),
        b'z' | b'Z' => {}
        b'c' => write(text, b"%a %b %e %H:%M:%S %Y", time, zone),
        b'D' | b'x' => write(text, b"%m/%d/%y", time, zone),
        b'F' => write(text, b"%Y-%m-%d", time, zone),
        b'r' => write(text, b"%I:%M:%S %p", time, zone),
        b'R' => write(text, b"%H:%M", time, zone),
        b'T' | b'X' => write(text, b"%H:%M:%S", time, zone),
        other => text.extend([b'%', other]),
    }
}

/// The year and the number of the week (ISO 8601): weeks start on Mondays, and the first is that with the year's first
/// Thursday.
fn week(time: &BrokenDown) -> (i64, i64) {
    let year = 1900 + i64::from(time.year);
    let weekday = (i64::from(time.weekday) + 6) % 7;
    let number = (i64::from(time.day_of_year) - weekday + 10).div_euclid(7);
    let weeks = |year: i64| {
        let days = if super::calendar::is_leap_year(year) { 366 } else { 365 };
        // The weekday of that year's first of January, from a Monday of our own year on.
        let first = |offset: i64| (weekday - i64::from(time.day_of_year) + offset).rem_euclid(7);
        let start = match year - (1900 + i64::from(time.year)) {
            0 => first(0),
            _ => first(-days),
        };
        if start == 3 || (start == 2 && days == 366) { 53 } else { 52 }
    };
    if number < 1 {
        (year - 1, weeks(year - 1))
    } else if number > weeks(year) {
        (year + 1, 1)
    } else {
        (year, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: i64, pattern: &str) -> String {
        let mut text = Vec::new();
        write(&mut text, pattern.as_bytes(), &BrokenDown::from_seconds(seconds), "UTC");
        String::from_utf8(text).expect("ASCII")
    }

    #[test]
    fn all_conversions() {
        // 2009-02-13, a Friday.
        let all =
            "%a %A %b %B %C %d %D %e %F %g %G %H %I %j %m %M %p %R %s %S %T %u %U %V %w %W %y %Y %z %Z %% %_d %-d";
        let expected = "Fri Friday Feb February 20 13 02/13/09 13 2009-02-13 09 2009 23 11 044 02 31 PM 23:31 1234567890 \
                        30 23:31:30 5 06 07 5 06 09 2009 +0000 UTC % 13 13";
        assert_eq!(text(1_234_567_890, all), expected);
    }

    #[test]
    fn weeks_at_the_borders_of_years() {
        const DAY: i64 = 86_400;
        // 2005-01-01 was a Saturday, of the last week of 2004; 2008-12-29 a Monday, of the first one of 2009.
        assert_eq!(text(1_104_537_600, "%G-W%V-%u"), "2004-W53-6");
        assert_eq!(text(1_230_508_800, "%G-W%V-%u"), "2009-W01-1");
        assert_eq!(text(1_230_508_800 - DAY, "%G-W%V-%u"), "2008-W52-7");
    }
}
