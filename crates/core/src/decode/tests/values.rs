//! The text of each type, at its edges. Expected values are as arrow itself prints them.

use super::*;
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float32Type, Float64Type, IntervalMonthDayNanoType};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Decodes one value, both from CSV and from a page.
fn decode_one(athena_type: &str, text: &str) -> Result<ArrayRef> {
    decode_column(athena_type, &[Some(text)])
}

fn printed(athena_type: &str, text: &str) -> String {
    let mut array = decode_one(athena_type, text).unwrap();
    if let DataType::Timestamp(unit, Some(_)) = array.data_type() {
        // Arrow prints named zones only with a database of them.
        array = cast(&array, &DataType::Timestamp(*unit, Some("+00:00".into()))).unwrap();
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(&array, &options).unwrap();
    formatter.value(0).to_string()
}

#[test]
fn values_are_exact() {
    for (athena_type, text, expected) in [
        ("boolean", "true", "true"),
        ("boolean", "false", "false"),
        ("tinyint", "-128", "-128"),
        ("tinyint", "127", "127"),
        ("smallint", "-32768", "-32768"),
        ("integer", "2147483647", "2147483647"),
        ("integer", "-2147483648", "-2147483648"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("bigint", "-9223372036854775808", "-9223372036854775808"),
        ("bigint", "-0", "0"),
        ("bigint", "0000000000000000042", "42"),
        ("decimal(18,2)", "-0.05", "-0.05"),
        ("decimal(18,2)", "1.50", "1.50"),
        ("decimal(18,2)", "1.5", "1.50"),
        ("decimal(18,2)", "1", "1.00"),
        ("decimal(18,2)", "1.5000", "1.50"),
        (
            "decimal(18,2)",
            "9999999999999999.99",
            "9999999999999999.99",
        ),
        ("decimal(3,3)", "0.999", "0.999"),
        ("decimal(5,0)", "-99999", "-99999"),
        (
            "decimal(38,0)",
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999999",
        ),
        (
            "decimal(38,38)",
            "-0.99999999999999999999999999999999999999",
            "-0.99999999999999999999999999999999999999",
        ),
        (
            "decimal(38,18)",
            "-12345678901234567890.123456789012345678",
            "-12345678901234567890.123456789012345678",
        ),
        (
            "decimal(38,19)",
            "1234567890123456789.1234567890123456789",
            "1234567890123456789.1234567890123456789",
        ),
        ("varchar", "größe", "größe"),
        ("char(4)", "a   ", "a   "),
        ("json", "{\"a\":\"b\"}", "{\"a\":\"b\"}"),
        ("array(varchar)", "[a, b]", "[a, b]"),
        (
            "time(3) with time zone",
            "12:34:56.789+00:00",
            "12:34:56.789+00:00",
        ),
        ("varbinary", "", ""),
        ("varbinary", "00", "00"),
        ("varbinary", "31 32 fF", "3132ff"),
        (
            "uuid",
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
            "12151fd2758611e98f9e2a86e4085a59",
        ),
        ("date", "1970-01-01", "1970-01-01"),
        ("date", "1969-12-31", "1969-12-31"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "0000-02-29", "0000-02-29"),
        ("date", "9999-12-31", "9999-12-31"),
        ("date", "+12345-01-31", "+12345-01-31"),
        ("date", "12345-01-31", "+12345-01-31"),
        ("date", "-0001-12-31", "-0001-12-31"),
        ("date", "-0400-02-29", "-0400-02-29"),
        ("time(0)", "23:59:59", "23:59:59"),
        ("time(3)", "00:00:00.001", "00:00:00.001"),
        ("time(6)", "12:34:56.789", "12:34:56.789"),
        ("time(9)", "12:34:56.123456789", "12:34:56.123456789"),
        ("timestamp(0)", "2017-01-01 00:00:01", "2017-01-01T00:00:01"),
        (
            "timestamp(0)",
            "2017-01-01 00:00:01.000",
            "2017-01-01T00:00:01",
        ),
        (
            "timestamp(3)",
            "1969-12-31 23:59:59.999",
            "1969-12-31T23:59:59.999",
        ),
        (
            "timestamp(3)",
            "2017-01-01 00:00:00.100000",
            "2017-01-01T00:00:00.100",
        ),
        (
            "timestamp(3)",
            "-0044-03-15 12:00:00.000",
            "-0044-03-15T12:00:00",
        ),
        (
            "timestamp(6)",
            "2017-01-01 00:00:00.789123",
            "2017-01-01T00:00:00.789123",
        ),
        (
            "timestamp(6)",
            "0001-01-01 00:00:00.000001",
            "0001-01-01T00:00:00.000001",
        ),
        (
            "timestamp(6)",
            "+12345-01-01 00:00:00.5",
            "+12345-01-01T00:00:00.500",
        ),
        (
            "timestamp(9)",
            "1677-09-21 00:12:43.145224192",
            "1677-09-21T00:12:43.145224192",
        ),
        (
            "timestamp(9)",
            "2262-04-11 23:47:16.854775807",
            "2262-04-11T23:47:16.854775807",
        ),
        (
            "timestamp(12)",
            "2000-01-01 00:00:00.123456789000",
            "2000-01-01T00:00:00.123456789",
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 UTC",
            "2001-08-22T03:04:05.321Z",
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 America/Los_Angeles",
            "2001-08-22T10:04:05.321Z",
        ),
        (
            "timestamp(3) with time zone",
            "2001-01-22 03:04:05.321 America/Los_Angeles",
            "2001-01-22T11:04:05.321Z",
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 +09:00",
            "2001-08-21T18:04:05.321Z",
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 UTC-03:30",
            "2001-08-22T06:34:05.321Z",
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 Z",
            "2001-08-22T03:04:05.321Z",
        ),
        // Clocks went back from 2 to 1 o'clock: the first of the two.
        (
            "timestamp(3) with time zone",
            "2023-11-05 01:30:00.000 America/New_York",
            "2023-11-05T05:30:00Z",
        ),
        (
            "timestamp(6) with time zone",
            "2001-08-22 03:04:05.000001 Asia/Kathmandu",
            "2001-08-21T21:19:05.000001Z",
        ),
    ] {
        assert_eq!(
            printed(athena_type, text),
            expected,
            "{athena_type} {text:?}"
        );
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let too_long = "9".repeat(40);
    for (athena_type, texts) in [
        ("boolean", &["", "True", "1", "truee", "tru"][..]),
        (
            "tinyint",
            &[
                "128", "-129", "", "-", "+1", "1.0", " 1", "1 ", "0x1", "1\"", "1,2",
            ],
        ),
        ("smallint", &["32768", "-32769"]),
        ("integer", &["2147483648", "-2147483649", "1e3", "１"]),
        (
            "bigint",
            &[
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
            ],
        ),
        ("bigint", &["12345678a", "1234567-", "--1", "\0"]),
        (
            "double",
            &[
                "", "nan", "inf", "-inf", "+1.0", "1e999", "-NaN", "Infinit", "0x1p3", "1.0f",
                "1,5", ".",
            ],
        ),
        ("real", &["3.5e38", "abc"]),
        (
            "decimal(5,2)",
            &[
                "1000.00", "-1000.00", "1.001", "", "-", ".", ".5", "1.", "1.2.3", "1e2", "--1",
                &too_long,
            ],
        ),
        (
            "decimal(38,0)",
            &["100000000000000000000000000000000000000"],
        ),
        (
            "decimal(38,38)",
            &["1.00000000000000000000000000000000000000"],
        ),
        (
            "varbinary",
            &["1", "123", "31 ", " 31", "3132", "31  32", "3g", "31,32"],
        ),
        (
            "uuid",
            &[
                "",
                "12151fd2-7586-11e9-8f9e-2a86e4085a5",
                "12151fd2758611e98f9e2a86e4085a59",
                "12151fd2-7586-11e9-8f9e-2a86e4085a5g",
            ],
        ),
        (
            "date",
            &[
                "2023-02-29",
                "1900-02-29",
                "2024-04-31",
                "2024-00-01",
                "2024-13-01",
                "2024-01-00",
                "2024-1-01",
            ],
        ),
        (
            "date",
            &[
                "24-01-01",
                "2024/01/01",
                "2024-01-01x",
                "2024-01-01 00:00:00",
                "",
                "5881581-01-01",
                "99999999999-01-01",
                "2024-01-0:",
                "20x4-01-01",
            ],
        ),
        (
            "time(3)",
            &[
                "24:00:00.000",
                "12:60:00",
                "12:00:60",
                "12:00",
                "12:00:00.",
                "12:00:00.0001",
                "12-00-00",
            ],
        ),
        ("timestamp(0)", &["2017-01-01 00:00:00.001"]),
        (
            "timestamp(3)",
            &[
                "2017-01-01 00:00:00.0001",
                "2017-01-01",
                "2017-01-01T00:00:00.000",
                "2017-01-01 00:00:00.000 UTC",
                "2017-01-01 00:00:00,000",
            ],
        ),
        ("timestamp(6)", &["2017-01-01 00:00:00.1234567"]),
        (
            "timestamp(9)",
            &[
                "1677-09-21 00:12:43.145224191",
                "2262-04-11 23:47:16.854775808",
                "0001-01-01 00:00:00",
            ],
        ),
        (
            "timestamp(3) with time zone",
            &[
                "2001-08-22 03:04:05.321",
                "2001-08-22 03:04:05.321 ",
                "2001-08-22 03:04:05.321 Mars/Olympus",
                "2001-08-22 03:04:05.321 +25:00",
                "2001-08-22 03:04:05.321 +0900",
                "2001-08-22 03:04:05.321 +09:",
                "2001-08-22 03:04:05.321 +",
            ],
        ),
        // Clocks went from 2 to 3 o'clock: there was no such time.
        (
            "timestamp(3) with time zone",
            &["2023-03-12 02:30:00.000 America/New_York"],
        ),
        (
            "interval year to month",
            &[
                "1",
                "1-12",
                "-",
                "1-",
                "-1",
                "178956971-0",
                "99999999999999999999-1",
            ],
        ),
        (
            "interval day to second",
            &[
                "1",
                "1 24:00:00.000",
                "00:00:00.000",
                "2147483648 00:00:00.000",
                "1 00:00:00.0000000001",
            ],
        ),
    ] {
        for text in texts {
            let Err(error) = decode_one(athena_type, text) else {
                panic!("{athena_type} {text:?} was accepted");
            };
            assert!(
                error.message().contains("row 0: the value"),
                "{athena_type} {text:?}: {error}"
            );
        }
    }
}

#[test]
fn floating_point_numbers_are_read_as_java_writes_them() {
    for text in [
        "0.0",
        "-0.0",
        "0.5",
        "1.0E20",
        "1.0E-7",
        "0.30000000000000004",
        "NaN",
        "Infinity",
        "-Infinity",
        "4.9E-324",
        "2.2250738585072014E-308",
        "1.7976931348623157E308",
        "9007199254740993.0",
        "-123456.789",
        "1.0E23",
        "8.41E21",
        "5",
        "1e5",
    ] {
        let expected: f64 = text.parse().unwrap();
        let array = decode_one("double", text).unwrap();
        let value = array.as_primitive::<Float64Type>().value(0);
        assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
    }
    // The last two round differently by way of a double.
    for text in [
        "3.4028235E38",
        "1.4E-45",
        "-0.1",
        "1.00000017881393432617187499",
        "7.038531E-26",
    ] {
        let expected: f32 = text.parse().unwrap();
        let array = decode_one("real", text).unwrap();
        let value = array.as_primitive::<Float32Type>().value(0);
        assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
    }
}

#[test]
fn intervals_carry_their_sign_through() {
    for (athena_type, text, expected) in [
        ("interval year to month", "1-0", (12, 0, 0)),
        ("interval year to month", "0-3", (3, 0, 0)),
        ("interval year to month", "-1-11", (-23, 0, 0)),
        ("interval day to second", "2 00:00:00.000", (0, 2, 0)),
        (
            "interval day to second",
            "-2 03:00:00.001",
            (0, -2, -10_800_001_000_000),
        ),
        (
            "interval day to second",
            "0 23:59:59.999999999",
            (0, 0, 86_399_999_999_999),
        ),
    ] {
        let array = decode_one(athena_type, text).unwrap();
        let value = array.as_primitive::<IntervalMonthDayNanoType>().value(0);
        assert_eq!(
            (value.months, value.days, value.nanoseconds),
            expected,
            "{text}"
        );
    }
}

#[test]
fn every_type_gives_the_array_its_field_says_and_takes_null() {
    for (athena_type, text) in [
        ("boolean", "true"),
        ("tinyint", "1"),
        ("smallint", "1"),
        ("integer", "1"),
        ("bigint", "1"),
        ("real", "1.0"),
        ("double", "1.0"),
        ("decimal(38,3)", "1.000"),
        ("char(1)", "a"),
        ("varchar", "a"),
        ("varbinary", "61"),
        ("date", "2000-01-01"),
        ("time(3)", "00:00:00.000"),
        ("time(6)", "00:00:00.000000"),
        ("time(9)", "00:00:00"),
        ("time(3) with time zone", "00:00:00.000+01:00"),
        ("timestamp(0)", "2000-01-01 00:00:00"),
        ("timestamp(3)", "2000-01-01 00:00:00.000"),
        ("timestamp(6)", "2000-01-01 00:00:00"),
        ("timestamp(9)", "2000-01-01 00:00:00"),
        ("timestamp(0) with time zone", "2000-01-01 00:00:00 UTC"),
        ("timestamp(3) with time zone", "2000-01-01 00:00:00 UTC"),
        ("timestamp(6) with time zone", "2000-01-01 00:00:00 UTC"),
        ("timestamp(9) with time zone", "2000-01-01 00:00:00 UTC"),
        ("interval year to month", "0-1"),
        ("interval day to second", "1 00:00:00.000"),
        ("json", "null"),
        ("uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
        ("ipaddress", "10.0.0.1"),
        ("array", "[]"),
        ("map", "{}"),
        ("row", "{}"),
        ("unknown", "x"),
        ("HyperLogLog", "01 02"),
    ] {
        // decode_column builds record batches, which compares each array's type to its field's.
        let array = decode_column(athena_type, &[None, Some(text), None]).unwrap();
        let nulls: Vec<_> = (0..3).map(|row| array.is_null(row)).collect();
        assert_eq!(nulls, [true, false, true], "{athena_type}");
        assert_ne!(*array.data_type(), DataType::Null);
    }
}

#[test]
fn every_day_of_two_calendar_cycles_is_counted() {
    let first = chrono::NaiveDate::from_ymd_opt(-400, 1, 1).unwrap();
    let texts: Vec<String> = first
        .iter_days()
        .take(800 * 366)
        .map(|day| day.to_string())
        .collect();
    let values: Vec<_> = texts.iter().map(|text| Some(text.as_str())).collect();
    let array = decode_column("date", &values).unwrap();
    let start = first
        .signed_duration_since(chrono::NaiveDate::default())
        .num_days();
    let counted = array
        .as_primitive::<Date32Type>()
        .values()
        .iter()
        .map(|day| i64::from(*day));
    assert!(counted.eq(start..start + 800 * 366));
}
