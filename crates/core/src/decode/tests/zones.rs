//! Local times of named zones, against what Java makes of them, as Athena does.

use super::decode_column;
use arrow::array::AsArray;
use arrow::datatypes::TimestampMillisecondType;

/// The instant of a local time.
fn instant(local: &str, zone: &str) -> String {
    let text = format!("{local}.000 {zone}");
    let array = decode_column("timestamp(3) with time zone", &[Some(&text)]).unwrap();
    let millis = array.as_primitive::<TimestampMillisecondType>().value(0);
    let utc = chrono::DateTime::from_timestamp_millis(millis).unwrap();
    utc.naive_utc().to_string()
}

#[test]
fn clocks_change_for_ever_as_they_do_now() {
    for (local, zone, utc) in [
        (
            "2099-02-28 23:59:59",
            "America/New_York",
            "2099-03-01 04:59:59",
        ),
        (
            "2099-07-01 12:00:00",
            "America/New_York",
            "2099-07-01 16:00:00",
        ),
        (
            "2100-01-15 12:00:00",
            "America/New_York",
            "2100-01-15 17:00:00",
        ),
        (
            "2100-07-01 12:00:00",
            "America/New_York",
            "2100-07-01 16:00:00",
        ),
        (
            "2150-03-08 01:59:59",
            "America/New_York",
            "2150-03-08 06:59:59",
        ),
        (
            "2150-03-08 03:00:00",
            "America/New_York",
            "2150-03-08 07:00:00",
        ),
        (
            "2150-11-01 00:59:59",
            "America/New_York",
            "2150-11-01 04:59:59",
        ),
        (
            "2150-11-01 02:00:00",
            "America/New_York",
            "2150-11-01 07:00:00",
        ),
        (
            "9999-12-31 23:59:59",
            "America/New_York",
            "+10000-01-01 04:59:59",
        ),
        (
            "2400-02-29 12:00:00",
            "Europe/Berlin",
            "2400-02-29 11:00:00",
        ),
        (
            "2400-03-26 01:59:59",
            "Europe/Berlin",
            "2400-03-26 00:59:59",
        ),
        (
            "2400-03-26 03:00:00",
            "Europe/Berlin",
            "2400-03-26 01:00:00",
        ),
        (
            "9999-06-30 00:00:00",
            "Europe/Berlin",
            "9999-06-29 22:00:00",
        ),
        (
            "2500-01-01 00:00:00",
            "Australia/Sydney",
            "2499-12-31 13:00:00",
        ),
        (
            "2500-07-01 00:00:00",
            "Australia/Sydney",
            "2500-06-30 14:00:00",
        ),
        (
            "9999-12-31 23:59:59",
            "Australia/Sydney",
            "9999-12-31 12:59:59",
        ),
        (
            "3000-01-01 00:00:00",
            "Australia/Lord_Howe",
            "2999-12-31 13:00:00",
        ),
        (
            "2222-08-01 00:00:00",
            "America/Santiago",
            "2222-08-01 04:00:00",
        ),
        (
            "2222-12-01 00:00:00",
            "America/Santiago",
            "2222-12-01 03:00:00",
        ),
        (
            "2300-07-01 00:00:00",
            "Africa/Casablanca",
            "2300-06-30 23:00:00",
        ),
        ("2300-07-01 00:00:00", "Asia/Kolkata", "2300-06-30 18:30:00"),
    ] {
        assert_eq!(instant(local, zone), utc, "{local} {zone}");
    }
}

#[test]
fn before_there_were_zones_each_place_had_its_own_time() {
    let utc = instant("1800-01-01 00:00:00", "America/Los_Angeles");
    assert_eq!(utc, "1800-01-01 07:52:58");
}

#[test]
fn a_local_time_that_is_left_out_is_none_in_far_years_either() {
    for local in ["2150-03-08 02:30:00", "9999-03-14 02:30:00"] {
        let text = format!("{local}.000 America/New_York");
        assert!(decode_column("timestamp(3) with time zone", &[Some(&text)]).is_err());
    }
}
