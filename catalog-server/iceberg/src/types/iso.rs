//! Dates and times as ISO 8601 writes them, in the forms that the spec names. Only whether they are: no value is made.

/// `2017-11-16`.
pub(super) fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    (1..=days(year, month)).contains(&day)
}

/// `22:31`, `22:31:08` or `22:31:08.123456`, with at most so many digits behind the point.
pub(super) fn is_time(text: &str, fraction_digits: usize) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<Option<u32>> = clock.split(':').map(|part| digits(part, 2)).collect();
    let sound = match parts.as_slice() {
        [Some(0..=23), Some(0..=59)] => fraction.is_none(),
        [Some(0..=23), Some(0..=59), Some(0..=59)] => true,
        _ => false,
    };
    let short = |text: &str| (1..=fraction_digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    sound && fraction.is_none_or(short)
}

/// `2017-11-16T22:31:08.123456`.
pub(super) fn is_timestamp(text: &str, fraction_digits: usize) -> bool {
    text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time, fraction_digits))
}

/// A timestamp without its offset, and whether that is UTC's.
pub(super) fn split_offset(text: &str) -> Option<(&str, bool)> {
    if let Some(local) = text.strip_suffix('Z') {
        return Some((local, true));
    }
    let time = text.find('T')?;
    let sign = text.get(time..)?.find(['+', '-'])? + time;
    let (local, offset) = text.split_at(sign);
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    match (digits(hours, 2)?, digits(minutes, 2)?) {
        (hours @ 0..=18, minutes @ 0..=59) => Some((local, hours == 0 && minutes == 0)),
        _ => None,
    }
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_time, is_timestamp, split_offset};

    #[test]
    fn february_has_29_days_in_leap_years() {
        for (date, expected) in [
            ("2024-02-29", true),
            ("2023-02-29", false),
            ("1900-02-29", false),
            ("2000-02-29", true),
            ("2024-04-31", false),
            ("2024-13-01", false),
            ("2024-00-01", false),
            ("2024-1-01", false),
            ("2024-01-00", false),
            ("２０２４-01-01", false),
            ("", false),
        ] {
            assert_eq!(is_date(date), expected, "{date}");
        }
    }

    #[test]
    fn times_have_at_most_the_digits_that_the_type_keeps() {
        for (time, expected) in [
            ("00:00", true),
            ("23:59:59.999999", true),
            ("23:59:59.9999999", false),
            ("23:59:60", false),
            ("23:60", false),
            ("23:59.5", false),
            ("23:59:59.", false),
            ("23", false),
        ] {
            assert_eq!(is_time(time, 6), expected, "{time}");
        }
        assert!(is_timestamp("2024-02-29T23:59:59.123456789", 9));
        assert!(!is_timestamp("2024-02-29", 9));
    }

    #[test]
    fn offsets_are_cut_off() {
        assert_eq!(split_offset("2024-02-29T23:59Z"), Some(("2024-02-29T23:59", true)));
        assert_eq!(split_offset("2024-02-29T23:59+00:00"), Some(("2024-02-29T23:59", true)));
        assert_eq!(split_offset("2024-02-29T23:59-07:30"), Some(("2024-02-29T23:59", false)));
        for none in ["2024-02-29", "2024-02-29T23:59", "2024-02-29T23:59+19:00", "2024-02-29T23:59+7", ""] {
            assert_eq!(split_offset(none), None, "{none}");
        }
    }
}
