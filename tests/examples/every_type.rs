//! Values of every type Athena has, and how the examples print them.

/// A column of every type, with two of its values; a third row is all NULL.
pub const EVERY_TYPE: &[(&str, [&str; 2])] = &[
    ("boolean", ["true", "false"]),
    ("tinyint", ["1", "-128"]),
    ("smallint", ["2", "-32768"]),
    ("integer", ["3", "-2147483648"]),
    ("bigint", ["4", "-9223372036854775808"]),
    ("real", ["0.1", "-3.4028235E38"]),
    ("double", ["2.5E-8", "-Infinity"]),
    ("decimal(5,3)", ["0.005", "-99.999"]),
    ("decimal(38,0)", ["0", DECIMAL]),
    ("char(3)", ["ab ", "NUL"]),
    ("varchar", ["Zürich \"1\"", ""]),
    ("varbinary", ["de ad be ef", ""]),
    ("date", ["2024-02-29", "0001-01-01"]),
    ("time(3)", ["12:34:56.789", "00:00:00.000"]),
    ("timestamp(3)", ["2024-02-29 12:34:56.789", REFORM]),
    (
        "timestamp(9)",
        ["2024-02-29 12:34:56.123456789", BEFORE_1970],
    ),
    (
        "timestamp(3) with time zone",
        ["1999-12-31 23:59:59.999 UTC", BERLIN],
    ),
    ("interval year to month", ["1-2", "-0-3"]),
    (
        "interval day to second",
        ["2 03:04:05.678", "-0 12:00:00.000"],
    ),
    ("uuid", [UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    ("json", ["{\"a\":[1,null]}", "null"]),
    ("ipaddress", ["10.0.0.1", "2001:db8::1"]),
    ("array", ["[1, 2]", "[]"]),
    ("map", ["{a=1}", "{}"]),
    ("row", ["{x=1, y=two}", "{x=null}"]),
];

const DECIMAL: &str = "-99999999999999999999999999999999999999";
const REFORM: &str = "1582-10-04 00:00:00.001";
const BEFORE_1970: &str = "1969-12-31 23:59:59.999999999";
const BERLIN: &str = "2024-07-01 12:00:00.000 Europe/Berlin";
const UUID: &str = "12151fd2-7586-11e9-8f9e-2a86e4085a59";

/// A value as the examples print it, where that is not as Athena writes it.
pub fn printed(value: &str) -> &str {
    match value {
        "-3.4028235E38" => "-3.4028235e+38",
        "2.5E-8" => "2.5e-08",
        "de ad be ef" => "deadbeef",
        BERLIN => "2024-07-01 10:00:00.000 UTC",
        _ => value,
    }
}
