//! `strptime` for releases whose C library leaves it to the host, in the locale "C" (POSIX).

use wasmc_loader::{Caller, HostError, TrapCode};

use super::calendar::BrokenDown;
use super::format::{DAYS, MONTHS};
use crate::process::read_bytes;
use crate::thread::ThreadState;

/// `strptime`: reads a time as `pattern` says; where the text after it starts, or 0 if it is none.
pub(crate) fn parse(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    text: u32,
    pattern: u32,
    fields: u32,
) -> Result<u32, HostError> {
    const OUT: HostError = HostError::Trap(TrapCode::MemoryOutOfBounds);
    let memory = caller.memory().ok_or("the program has no memory")?;
    let bytes = read_bytes(&memory, text).ok_or(OUT)?;
    let pattern = read_bytes(&memory, pattern).ok_or(OUT)?;
    let mut reader =
        Reader { rest: &bytes, time: BrokenDown::read(&memory, fields).ok_or(OUT)?, found: Found::default() };
    if reader.read(&pattern).is_none() {
        return Ok(0);
    }
    let read = bytes.len() - reader.rest.len();
    reader.finish().write(&memory, fields).ok_or(OUT)?;
    Ok(text + read as u32)
}

/// `strptime_l`: there is one locale.
pub(crate) fn parse_in_locale(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    text: u32,
    pattern: u32,
    fields: u32,
    _locale: u32,
) -> Result<u32, HostError> {
    parse(thread, caller, text, pattern, fields)
}

/// What is put together at the end, or says which other fields were read.
#[derive(Debug, Default)]
struct Found {
    century: Option<i32>,
    year_of_century: Option<i32>,
    is_afternoon: Option<bool>,
    date: bool,
    day_of_year: bool,
}

struct Reader<'a> {
    rest: &'a [u8],
    time: BrokenDown,
    found: Found,
}

impl Reader<'_> {
    fn read(&mut self, pattern: &[u8]) -> Option<()> {
        let mut pattern = pattern.iter().copied();
        while let Some(byte) = pattern.next() {
            match byte {
                space if space.is_ascii_whitespace() => self.skip_space(),
                b'%' => {
                    let mut conversion = pattern.next()?;
                    if matches!(conversion, b'E' | b'O') {
                        conversion = pattern.next()?;
                    }
                    self.convert(conversion)?;
                }
                other => self.literal(other)?,
            }
        }
        Some(())
    }

    fn convert(&mut self, conversion: u8) -> Option<()> {
        match conversion {
            b'a' | b'A' => self.time.weekday = self.name(&DAYS)?,
            b'b' | b'B' | b'h' => {
                self.time.month = self.name(&MONTHS)?;
                self.found.date = true;
            }
            b'C' => self.found.century = Some(self.number(2, 0, 99)?),
            b'd' | b'e' => {
                self.time.day = self.number(2, 1, 31)?;
                self.found.date = true;
            }
            b'H' | b'k' => self.time.hour = self.number(2, 0, 23)?,
            b'I' | b'l' => self.time.hour = self.number(2, 1, 12)?,
            b'j' => {
                self.time.day_of_year = self.number(3, 1, 366)? - 1;
                self.found.day_of_year = true;
            }
            b'm' => {
                self.time.month = self.number(2, 1, 12)? - 1;
                self.found.date = true;
            }
            b'M' => self.time.minute = self.number(2, 0, 59)?,
            b'S' => self.time.second = self.number(2, 0, 60)?,
            b'u' => self.time.weekday = self.number(1, 1, 7)? % 7,
            b'w' => self.time.weekday = self.number(1, 0, 6)?,
            b'U' | b'W' | b'V' | b'g' => drop(self.number(2, 0, 99)?),
            b'G' => drop(self.number(4, 0, 9999)?),
            b'p' => {
                self.skip_space();
                let half = self.rest.get(..2)?.to_ascii_uppercase();
                self.found.is_afternoon = Some(match &*half {
                    b"AM" => false,
                    b"PM" => true,
                    _ => return None,
                });
                self.rest = &self.rest[2..];
            }
            b'y' => self.found.year_of_century = Some(self.number(2, 0, 99)?),
            b'Y' => {
                self.time.year = self.number(4, 0, 9999)? - 1900;
                self.found.date = true;
            }
            b'n' | b't' => self.skip_space(),
            b'%' => self.literal(b'%')?,
            b'z' => self.zone_offset()?,
            b'Z' => {
                let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                self.rest = &self.rest[letters..];
            }
            b'c' => self.read(b"%a %b %e %H:%M:%S %Y")?,
            b'D' | b'x' => self.read(b"%m/%d/%y")?,
            b'F' => self.read(b"%Y-%m-%d")?,
            b'r' => self.read(b"%I:%M:%S %p")?,
            b'R' => self.read(b"%H:%M")?,
            b'T' | b'X' => self.read(b"%H:%M:%S")?,
            _ => return None,
        }
        Some(())
    }

    fn skip_space(&mut self) {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.rest = &self.rest[count..];
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == byte).then_some(())
    }

    /// A number of up to so many digits, within bounds.
    fn number(&mut self, digits: usize, minimum: i32, maximum: i32) -> Option<i32> {
        self.skip_space();
        let count = self.rest.iter().take(digits).take_while(|byte| byte.is_ascii_digit()).count();
        let value: i32 = std::str::from_utf8(&self.rest[..count]).ok()?.parse().ok()?;
        self.rest = &self.rest[count..];
        (minimum..=maximum).contains(&value).then_some(value)
    }

    /// The index of a name that comes next, in full or by its first three letters, in letters of any size.
    fn name(&mut self, names: &[&str]) -> Option<i32> {
        self.skip_space();
        let starts =
            |name: &str| self.rest.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()));
        let (index, length) = names.iter().enumerate().find_map(|(index, name)| {
            [name, &name[..3]].into_iter().find(|name| starts(name)).map(|name| (index, name.len()))
        })?;
        self.rest = &self.rest[length..];
        i32::try_from(index).ok()
    }

    /// A sign, two digits of hours, two of minutes.
    fn zone_offset(&mut self) -> Option<()> {
        let (sign, rest) = self.rest.split_first()?;
        let sign = match sign {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.rest = rest;
        let (hours, minutes) = (self.number(2, 0, 24)?, self.number(2, 0, 59)?);
        self.time.offset_seconds = sign * (hours * 3600 + minutes * 60);
        Some(())
    }

    /// All fields, with those that follow from others.
    fn finish(mut self) -> BrokenDown {
        if let Some(is_afternoon) = self.found.is_afternoon {
            self.time.hour = self.time.hour % 12 + if is_afternoon { 12 } else { 0 };
        }
        match (self.found.century, self.found.year_of_century) {
            (Some(century), year) => self.time.year = century * 100 + year.unwrap_or(0) - 1900,
            // POSIX's window: 1969 to 2068.
            (None, Some(year)) => self.time.year = if year < 69 { year + 100 } else { year },
            (None, None) => {}
        }
        let has_date = self.found.date || self.found.century.is_some() || self.found.year_of_century.is_some();
        if self.found.day_of_year && !self.found.date {
            let date = BrokenDown { month: 0, day: self.time.day_of_year + 1, ..self.time };
            let date = BrokenDown::from_seconds(date.to_seconds());
            (self.time.month, self.time.day, self.time.weekday) = (date.month, date.day, date.weekday);
        } else if has_date && (1..=31).contains(&self.time.day) {
            let date = BrokenDown::from_seconds(self.time.to_seconds());
            (self.time.weekday, self.time.day_of_year) = (date.weekday, date.day_of_year);
        }
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, pattern: &str) -> Option<(BrokenDown, String)> {
        let mut reader = Reader { rest: text.as_bytes(), time: BrokenDown::default(), found: Found::default() };
        reader.read(pattern.as_bytes())?;
        let rest = String::from_utf8_lossy(reader.rest).into_owned();
        Some((reader.finish(), rest))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (time, rest) = read("Fri Feb 13 23:31:30 2009, and more", "%c").expect("a time");
        assert_eq!(time.to_seconds(), 1_234_567_890);
        assert_eq!((time.weekday, time.day_of_year, &*rest), (5, 43, ", and more"));
        let (time, _) = read("12:05:09 am", "%r").expect("a time");
        assert_eq!((time.hour, time.minute, time.second), (0, 5, 9));
        let (time, _) = read("68 366", "%y %j").expect("a time");
        assert_eq!((time.year, time.month, time.day), (168, 11, 31));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (text, pattern) in [("24:00", "%H:%M"), ("Foo", "%a"), ("1x", "%d-"), ("", "%Y"), ("13", "%I")] {
            assert!(read(text, pattern).is_none(), "{text:?} as {pattern:?}");
        }
    }
}
