//! When an exception ends: a date, which counts to its end in UTC, or a time as RFC 3339 has it.

use jiff::{SignedDuration, Timestamp};

/// The first moment at which it counts no more, or what is wrong with the text.
pub(super) fn read(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let remedy = "write a date, as in 2027-06-30, or a time with its zone, as in 2027-06-30T12:00:00Z";
    // A civil time has a date too, and nobody could say which moment it means.
    if text.len() != "2027-06-30".len() {
        return Err(format!("`{text}` is no time to expire at: {remedy}"));
    }
    let begin: Timestamp = format!("{text}T00:00:00Z")
        .parse()
        .map_err(|error| format!("`{text}` is no date: {error}; {remedy}"))?;
    begin
        .checked_add(SignedDuration::from_hours(24))
        .map_err(|error| format!("`{text}` is too far away: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_counts_to_its_end() {
        for (text, expected) in [
            ("2027-06-30", "2027-07-01T00:00:00Z"),
            ("2027-06-30T12:00:00Z", "2027-06-30T12:00:00Z"),
            ("2027-06-30T12:00:00+02:00", "2027-06-30T10:00:00Z"),
        ] {
            assert_eq!(read(text).expect(text).to_string(), expected);
        }
        for text in ["", "never", "2027-06-31", "2027-06-30T12:00:00", "30.06.2027"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
