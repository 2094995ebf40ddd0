//! Durations and sizes as people write them: a number and a unit.

use std::fmt;
use std::str::FromStr;

/// A span of time: `10s`, `500ms`, `2m`, `1h`; seconds if no unit is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub std::time::Duration);

/// A number of bytes: `65536`, `64K`, `512MiB`, `2G`. All units are powers of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// A number without a sign, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

impl FromStr for Duration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, unit) = split(text);
        let number: f64 = number.parse().map_err(|_| "expected a number and a unit, as in 10s or 500ms")?;
        let seconds = match unit {
            "us" | "µs" => number / 1e6,
            "ms" => number / 1e3,
            "s" | "" => number,
            "m" | "min" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err("unknown unit; units are us, ms, s, m and h"),
        };
        std::time::Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| "too long")
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, unit) = split(text);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return Err("unknown unit; units are K, M, G and T"),
        };
        let number: f64 = number.parse().map_err(|_| "expected a number and a unit, as in 64M or 2G")?;
        let bytes = number * (1_u64 << shift) as f64;
        // Beyond 2^53 a float is not exact, and no machine has as much.
        if bytes < 9e15 { Ok(Self(bytes as u64)) } else { Err("too large") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_units() {
        let duration = |text: &str| text.parse::<Duration>().map(|duration| duration.0);
        assert_eq!(duration("500ms"), Ok(std::time::Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(std::time::Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(std::time::Duration::from_secs(120)));
        assert!(duration("-1s").is_err());
        assert!(duration("1d").is_err());
        let size = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(size("65536"), Ok(65536));
        assert_eq!(size("64K"), Ok(65536));
        assert_eq!(size("1.5MiB"), Ok(3 << 19));
        assert!(size("9999999999T").is_err());
    }
}
