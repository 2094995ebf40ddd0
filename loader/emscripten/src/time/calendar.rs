//! Times in numbers: seconds since 1970 to and from `struct tm`, in UTC and in the time zone of the system or of `TZ`.
//!
//! ```text
//! struct tm = sec:i32 min:i32 hour:i32 mday:i32 mon:i32 year:i32 wday:i32 yday:i32 isdst:i32 gmtoff:i32 zone:u32
//! ```

use std::sync::OnceLock;

use tz::TimeZone;
use wasmc_loader::{Caller, GuestMemory, HostError, TrapCode};

use crate::exports::needed;
use crate::thread::ThreadState;

const DAY_SECONDS: i64 = 86_400;

/// `struct tm`, but for the zone's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BrokenDown {
    pub(crate) second: i32,
    pub(crate) minute: i32,
    pub(crate) hour: i32,
    /// From 1.
    pub(crate) day: i32,
    /// From 0.
    pub(crate) month: i32,
    /// From 1900.
    pub(crate) year: i32,
    /// From Sunday, 0.
    pub(crate) weekday: i32,
    /// From 0.
    pub(crate) day_of_year: i32,
    /// Whether daylight saving time is in force; negative if that is not known.
    pub(crate) is_daylight: i32,
    /// Seconds east of UTC.
    pub(crate) offset_seconds: i32,
}

/// Where fields are that the host writes apart from the others.
const OFFSET_FIELD: u64 = 36;

impl BrokenDown {
    const FIELDS: usize = 10;

    pub(crate) fn read(memory: &GuestMemory<'_>, address: u32) -> Option<Self> {
        let mut fields = [0; Self::FIELDS];
        for (index, field) in fields.iter_mut().enumerate() {
            *field = memory.read_u32(u64::from(address) + 4 * index as u64)?.cast_signed();
        }
        let [second, minute, hour, day, month, year, weekday, day_of_year, is_daylight, offset_seconds] = fields;
        Some(Self { second, minute, hour, day, month, year, weekday, day_of_year, is_daylight, offset_seconds })
    }

    /// Writes all but the zone's offset and name.
    pub(crate) fn write(&self, memory: &GuestMemory<'_>, address: u32) -> Option<()> {
        let fields = [
            self.second,
            self.minute,
            self.hour,
            self.day,
            self.month,
            self.year,
            self.weekday,
            self.day_of_year,
            self.is_daylight,
        ];
        for (index, field) in fields.into_iter().enumerate() {
            memory.write_u32(u64::from(address) + 4 * index as u64, field.cast_unsigned())?;
        }
        Some(())
    }

    /// The time that is so many seconds after 1970 in UTC.
    pub(crate) fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        let (year, month, day) = date_of(days);
        Self {
            second: (rest % 60) as i32,
            minute: (rest / 60 % 60) as i32,
            hour: (rest / 3600) as i32,
            day: day as i32,
            month: month as i32,
            year: i32::try_from(year - 1900).unwrap_or(i32::MAX),
            weekday: (days + 4).rem_euclid(7) as i32,
            day_of_year: (days - days_until(year, 0, 1)) as i32,
            is_daylight: 0,
            offset_seconds: 0,
        }
    }

    /// The reverse; fields may be out of their ranges.
    pub(crate) fn to_seconds(self) -> i64 {
        let months = i64::from(self.year) * 12 + i64::from(self.month);
        let days = days_until(1900 + months.div_euclid(12), months.rem_euclid(12), self.day.into());
        days * DAY_SECONDS + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }
}

/// Whether a year of our calendar has 366 days.
pub(crate) fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970 to a date, whose month counts from 0 and whose day from 1 (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    // Years from March: the day that a leap year has more is then the last.
    let year = if month < 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The reverse: year, month from 0, day from 1.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// A program's time zone; read when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Zone(OnceLock<TimeZone>);

/// What holds at some time.
#[derive(Clone, Debug)]
struct Local {
    offset_seconds: i32,
    is_daylight: bool,
    name: String,
}

impl Zone {
    /// `variable` is the program's own `TZ`, if it was given one.
    fn zone(&self, variable: Option<&[u8]>) -> &TimeZone {
        self.0.get_or_init(|| {
            let own = variable.and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
            let zone = match own.or_else(|| std::env::var("TZ").ok()) {
                Some(text) if !text.is_empty() => TimeZone::from_posix_tz(&text),
                Some(_) => Ok(TimeZone::utc()),
                None => TimeZone::local(),
            };
            // What cannot be read is UTC, as in the C library.
            zone.unwrap_or_else(|_| TimeZone::utc())
        })
    }
}

fn local(thread: &ThreadState, seconds: i64) -> Local {
    let zone = thread.context.zone.zone(thread.context.posix.variable("TZ"));
    match zone.find_local_time_type(seconds) {
        Ok(found) => Local {
            offset_seconds: found.ut_offset(),
            is_daylight: found.is_dst(),
            name: found.time_zone_designation().to_owned(),
        },
        Err(_) => Local { offset_seconds: 0, is_daylight: false, name: "UTC".to_owned() },
    }
}

/// What holds in winter and in summer of a year: in standard and in daylight saving time, where that is known.
fn both(thread: &ThreadState, year: i64) -> (Local, Local) {
    let at = |month| local(thread, days_until(year, month, 1) * DAY_SECONDS);
    let (january, july) = (at(0), at(6));
    if january.is_daylight { (july, january) } else { (january, july) }
}

fn fault<T>(value: Option<T>) -> Result<T, HostError> {
    value.ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
}

fn memory<'a>(caller: &'a Caller<'_>) -> Result<GuestMemory<'a>, HostError> {
    caller.memory().ok_or_else(|| "the program has no memory".into())
}

/// `_gmtime_js`: a time in UTC. The zone's name is the C library's to write.
pub(crate) fn broken_down(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    seconds: i64,
    result: u32,
) -> Result<(), HostError> {
    fault(BrokenDown::from_seconds(seconds).write(&memory(caller)?, result))
}

/// The same for a 32-bit time at an address.
pub(crate) fn broken_down_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    time: u32,
    result: u32,
) -> Result<(), HostError> {
    let seconds = fault(memory(caller)?.read_u32(time.into()))?.cast_signed();
    broken_down(thread, caller, seconds.into(), result)
}

/// `_localtime_js`: a time as the local clock shows it.
pub(crate) fn local_broken_down(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    seconds: i64,
    result: u32,
) -> Result<(), HostError> {
    let local = local(thread, seconds);
    let mut shown = BrokenDown::from_seconds(seconds.saturating_add(local.offset_seconds.into()));
    shown.is_daylight = local.is_daylight.into();
    let memory = memory(caller)?;
    fault(shown.write(&memory, result))?;
    fault(memory.write_u32(u64::from(result) + OFFSET_FIELD, local.offset_seconds.cast_unsigned()))
}

/// The same for a 32-bit time at an address.
pub(crate) fn local_broken_down_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    time: u32,
    result: u32,
) -> Result<(), HostError> {
    let seconds = fault(memory(caller)?.read_u32(time.into()))?.cast_signed();
    local_broken_down(thread, caller, seconds.into(), result)
}

/// `_timegm_js`: the time in UTC that fields, which may be out of their ranges, stand for; they are put into them.
pub(crate) fn from_broken_down_utc(_: &ThreadState, caller: &mut Caller<'_>, fields: u32) -> Result<i64, HostError> {
    let memory = memory(caller)?;
    let seconds = fault(BrokenDown::read(&memory, fields))?.to_seconds();
    fault(BrokenDown::from_seconds(seconds).write(&memory, fields))?;
    Ok(seconds)
}

/// `_mktime_js`: the time that the local clock shows so. Where it shows it twice, or the fields say that daylight saving
/// time is in force and it is not, they decide; where it never does, the time is as far past the gap as they say.
pub(crate) fn from_broken_down(thread: &ThreadState, caller: &mut Caller<'_>, fields: u32) -> Result<i64, HostError> {
    let memory = memory(caller)?;
    let asked = fault(BrokenDown::read(&memory, fields))?;
    let shown = asked.to_seconds();
    let before = local(thread, shown.saturating_sub(DAY_SECONDS));
    let after = local(thread, shown.saturating_add(DAY_SECONDS));
    let is_shown = |candidate: &&Local| {
        let seconds = shown - i64::from(candidate.offset_seconds);
        local(thread, seconds).offset_seconds == candidate.offset_seconds
    };
    let fits = |candidate: &&Local| asked.is_daylight < 0 || (asked.is_daylight > 0) == candidate.is_daylight;
    let candidates = [&before, &after];
    let chosen = candidates
        .into_iter()
        .filter(is_shown)
        .find(fits)
        .or_else(|| candidates.into_iter().find(is_shown))
        .unwrap_or(&before);
    let mut seconds = shown - i64::from(chosen.offset_seconds);
    let found = local(thread, seconds);
    if asked.is_daylight >= 0 && (asked.is_daylight > 0) != found.is_daylight {
        let (standard, daylight) = both(thread, 1900 + i64::from(BrokenDown::from_seconds(shown).year));
        if standard.offset_seconds != daylight.offset_seconds {
            let wanted = if asked.is_daylight > 0 { daylight.offset_seconds } else { standard.offset_seconds };
            seconds += i64::from(found.offset_seconds - wanted);
        }
    }
    let local = local(thread, seconds);
    let mut shown = BrokenDown::from_seconds(seconds + i64::from(local.offset_seconds));
    shown.is_daylight = local.is_daylight.into();
    fault(shown.write(&memory, fields))?;
    fault(memory.write_u32(u64::from(fields) + OFFSET_FIELD, local.offset_seconds.cast_unsigned()))?;
    Ok(seconds)
}

/// The zone as `tzset` notes it: seconds west of UTC, whether there is daylight saving time, and two names.
fn zone_now(thread: &ThreadState) -> (i32, bool, [String; 2]) {
    let now = super::now(thread, super::REALTIME).unwrap_or(0) / super::NANOSECONDS;
    let year = 1900 + i64::from(BrokenDown::from_seconds(now as i64).year);
    let (standard, daylight) = both(thread, year);
    let has_daylight = standard.offset_seconds != daylight.offset_seconds;
    (-standard.offset_seconds, has_daylight, [standard.name, daylight.name])
}

/// `_tzset_js`: names go to two buffers of the C library, of 17 bytes each.
pub(crate) fn set_zone(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    west: u32,
    has_daylight: u32,
    standard: u32,
    daylight: u32,
) -> Result<(), HostError> {
    const NAME_BYTES_MAX: usize = 16;
    let (seconds_west, daylight_there, names) = zone_now(thread);
    let memory = memory(caller)?;
    fault(memory.write_u32(west.into(), seconds_west.cast_unsigned()))?;
    fault(memory.write_u32(has_daylight.into(), daylight_there.into()))?;
    for (name, address) in names.iter().zip([standard, daylight]) {
        let name = &name.as_bytes()[..name.len().min(NAME_BYTES_MAX)];
        fault(memory.write_bytes(address.into(), &[name, b"\0"].concat()))?;
    }
    Ok(())
}

/// The same in older releases: `names` is an array of two addresses, of memory that is never given back.
pub(crate) fn set_zone_32(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    west: u32,
    has_daylight: u32,
    names: u32,
) -> Result<(), HostError> {
    let (seconds_west, daylight_there, texts) = zone_now(thread);
    let malloc = needed(thread.exports(caller)?.malloc, "malloc")?;
    for (index, text) in texts.iter().enumerate() {
        let bytes = [text.as_bytes(), b"\0"].concat();
        let address = malloc.call(caller.store(), &[bytes.len() as u32])?;
        let memory = memory(caller)?;
        fault(memory.write_bytes(address.into(), &bytes))?;
        fault(memory.write_u32(u64::from(names) + 4 * index as u64, address))?;
    }
    let memory = memory(caller)?;
    fault(memory.write_u32(west.into(), seconds_west.cast_unsigned()))?;
    fault(memory.write_u32(has_daylight.into(), daylight_there.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_reverse() {
        for days in (-1_000_000..1_000_000).step_by(97) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_until(year, month, day), days, "{year}-{month}-{day}");
        }
        assert_eq!(date_of(0), (1970, 0, 1));
        assert_eq!(date_of(11_016), (2000, 1, 29));
    }

    #[test]
    fn fields_out_of_range_carry_over() {
        let fields =
            BrokenDown { year: 70, month: 13, day: 0, hour: -1, minute: 61, second: 3600, ..Default::default() };
        assert_eq!(BrokenDown::from_seconds(fields.to_seconds()).month, 0);
        assert_eq!(fields.to_seconds(), (365 + 30) * DAY_SECONDS - 3600 + 61 * 60 + 3600);
    }
}
