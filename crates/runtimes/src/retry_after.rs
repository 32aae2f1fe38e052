//! `Retry-After`, in the two forms that HTTP gives it.

/// No wait is believed to be longer than this, seconds.
pub const LONGEST: u64 = 86_400;

/// Reads `Retry-After` (RFC 9110, 10.2.3): whole seconds, or the date at which to come again,
/// seen from `now` (Unix seconds). Whole seconds, at most [`LONGEST`]; `None` for anything else.
pub fn parse(header: &str, now: f64) -> Option<u64> {
    let text = header.trim();
    if text.len() > 64 {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long wait.
        return Some(text.parse().unwrap_or(LONGEST).min(LONGEST));
    }
    let wait = (date(text)? as f64 - now).ceil();
    Some(wait.clamp(0.0, LONGEST as f64) as u64)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that is still written, as Unix seconds.
fn date(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let mut next = || words.next();
    let (day, month, year) = (next()?, next()?, next()?);
    let (time, zone) = (next()?, next()?);
    if zone != "GMT" || year.len() != 4 {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let (day, year) = (below(day, 32)?, below(year, 10_000)?);
    let mut clock = time.split(':');
    let mut part = |limit| below(clock.next()?, limit);
    let (hour, minute, second) = (part(24)?, part(60)?, part(61)?);
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn below(text: &str, limit: i64) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n < limit)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. The year is taken to begin in March,
/// so that a leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - DAYS_BEFORE_1970
}

/// From March 1st of the year 0.
const DAYS_BEFORE_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(parse(" 7 ", 0.0), Some(7));
        assert_eq!(parse("0", 0.0), Some(0));
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770.5),
            Some(7)
        );
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:10 GMT", 0.0), Some(10));
        assert_eq!(
            parse("Tue, 29 Feb 2028 00:00:00 GMT", 1_835_395_195.0),
            Some(5)
        );
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", 2e9), Some(0));
    }

    #[test]
    fn no_wait_is_longer_than_a_day() {
        assert_eq!(parse("99999999999999999999999", 0.0), Some(LONGEST));
        assert_eq!(parse("Fri, 31 Dec 9999 23:59:59 GMT", 0.0), Some(LONGEST));
    }

    #[test]
    fn what_is_neither_is_nothing() {
        for text in [
            "",
            "-1",
            "1.5",
            "soon",
            "7 s",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            ", ",
        ] {
            assert_eq!(parse(text, 0.0), None, "{text}");
        }
    }
}
