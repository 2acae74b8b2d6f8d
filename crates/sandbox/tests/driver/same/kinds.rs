//! The types that are not nested, and how values of theirs are drawn.

use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, StringArray, Time32MillisecondArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::IntervalMonthDayNano;
use fastrand::Rng;

/// Values of one type: each as SQL, and all as they must be read.
pub struct Values {
    pub sql: Vec<String>,
    pub array: ArrayRef,
}

/// A type, and how so many values of it are drawn; whether some are NULL.
type Draw = Rc<dyn Fn(&mut Rng, usize, bool) -> Values>;

#[derive(Clone)]
pub struct Kind {
    pub sql_type: String,
    pub nested: bool,
    draw: Draw,
}

impl Kind {
    pub fn new(
        sql_type: &str,
        nested: bool,
        draw: impl Fn(&mut Rng, usize, bool) -> Values + 'static,
    ) -> Self {
        Self {
            sql_type: sql_type.to_owned(),
            nested,
            draw: Rc::new(draw),
        }
    }

    /// A type that is not nested, of whose values `value` draws one.
    pub fn simple<T: 'static>(
        sql_type: &str,
        value: impl Fn(&mut Rng) -> T + 'static,
        sql: impl Fn(&T) -> String + 'static,
        array: impl Fn(Vec<Option<T>>) -> ArrayRef + 'static,
    ) -> Self {
        let name = sql_type.to_owned();
        Self::new(sql_type, false, move |rng, count, nullable| {
            let values: Vec<Option<T>> = (0..count)
                .map(|_| (!nullable || rng.u8(..5) > 0).then(|| value(rng)))
                .collect();
            let text = |value: &Option<T>| match value {
                Some(value) => format!("CAST({} AS {name})", sql(value)),
                None => format!("CAST(NULL AS {name})"),
            };
            Values {
                sql: values.iter().map(text).collect(),
                array: array(values),
            }
        })
    }

    /// So many values, some of them NULL.
    pub fn draw(&self, rng: &mut Rng, count: usize) -> Values {
        (self.draw)(rng, count, true)
    }

    /// So many values, none of them NULL.
    pub fn draw_keys(&self, rng: &mut Rng, count: usize) -> Values {
        (self.draw)(rng, count, false)
    }
}

/// One of the extremes, or anything.
pub fn extreme<T: Copy>(rng: &mut Rng, extremes: &[T], any: T) -> T {
    match rng.usize(..extremes.len() * 3) {
        index if index < extremes.len() => extremes[index],
        _ => any,
    }
}

/// Text that needs every rule of CSV, JSON and SQL.
pub fn text(rng: &mut Rng) -> String {
    const PARTS: [&str; 16] = [
        "a", "\"", ",", "\n", "\r\n", "ü", "🦀", " ", "'", "null", "\\", "\t", "{", "]", "=", ":",
    ];
    let length = rng.usize(..6);
    (0..length).map(|_| rng.choice(PARTS).unwrap()).collect()
}

pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub fn strings(values: Vec<Option<String>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn day(days: i32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::TimeDelta::days(days.into())
}

/// Days of the years 1 to 9999.
pub fn any_day(rng: &mut Rng) -> i32 {
    let any = rng.i32(-719_162..2_932_896);
    extreme(rng, &[-719_162, 2_932_896, 0, -1], any)
}

pub fn any_millis(rng: &mut Rng) -> i64 {
    i64::from(any_day(rng)) * 86_400_000 + rng.i64(0..86_400_000)
}

/// `2001-08-22 03:04:05.321`, with so many digits of the second's fraction.
pub fn moment(time: chrono::NaiveDateTime, digits: usize) -> String {
    let text = time.format("%Y-%m-%d %H:%M:%S%.9f").to_string();
    text[..text.len() - 9 + digits].to_owned()
}

fn utc(nanos: i128) -> chrono::NaiveDateTime {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap();
    let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap();
    let time = chrono::DateTime::from_timestamp(seconds, rest).unwrap();
    time.naive_utc()
}

pub fn all() -> Vec<Kind> {
    let mut kinds = integers();
    kinds.extend(floats());
    kinds.extend([(38, 9), (38, 38), (5, 5), (18, 0)].map(|(p, s)| decimal(p, s)));
    kinds.extend(texts());
    kinds.extend(times());
    kinds.extend(intervals());
    kinds
}

fn integers() -> Vec<Kind> {
    macro_rules! integer {
        ($sql_type:literal, $native:ident, $array:ident) => {
            Kind::simple(
                $sql_type,
                |rng| {
                    let any = rng.$native(..) >> rng.u32(..$native::BITS);
                    extreme(rng, &[$native::MIN, $native::MAX, 0], any)
                },
                |value| format!("'{value}'"),
                |values| Arc::new($array::from(values)),
            )
        };
    }
    vec![
        Kind::simple("boolean", Rng::bool, bool::to_string, |values| {
            Arc::new(BooleanArray::from(values))
        }),
        integer!("tinyint", i8, Int8Array),
        integer!("smallint", i16, Int16Array),
        integer!("integer", i32, Int32Array),
        integer!("bigint", i64, Int64Array),
    ]
}

fn floats() -> [Kind; 2] {
    let special = |text: String| match &*text {
        "inf" => "infinity()".to_owned(),
        "-inf" => "-infinity()".to_owned(),
        "NaN" => "nan()".to_owned(),
        _ => format!("'{text}'"),
    };
    [
        Kind::simple(
            "real",
            |rng| {
                let any = f32::from_bits(rng.u32(..) & 0xff7f_ffff);
                let extremes = [f32::MAX, f32::MIN_POSITIVE, -0.0, 0.1, f32::NAN];
                extreme(rng, &extremes, any)
            },
            move |value| special(format!("{value:E}")),
            |values| Arc::new(Float32Array::from(values)),
        ),
        Kind::simple(
            "double",
            |rng| {
                let any = (rng.f64() - 0.5) * 10_f64.powi(rng.i32(-300..300));
                let extremes = [f64::MAX, 5e-324, -0.0, f64::NEG_INFINITY, f64::NAN];
                extreme(rng, &extremes, any)
            },
            move |value| special(format!("{value:E}")),
            |values| Arc::new(Float64Array::from(values)),
        ),
    ]
}

fn decimal(precision: u8, scale: u8) -> Kind {
    Kind::simple(
        &format!("decimal({precision},{scale})"),
        move |rng| {
            let most = 10_i128.pow(precision.into()) - 1;
            let any = i128::try_from(rng.u128(..) >> rng.u8(1..127)).unwrap() % most;
            let any = if rng.bool() { any } else { -any };
            extreme(rng, &[most, -most, 0, 1, -1], any)
        },
        move |value| {
            let scale = usize::from(scale);
            let sign = if *value < 0 { "-" } else { "" };
            let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let point = if scale == 0 { "" } else { "." };
            format!("DECIMAL '{sign}{whole}{point}{fraction}'")
        },
        move |values| {
            let array = Decimal128Array::from(values);
            let scale = i8::try_from(scale).unwrap();
            Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
        },
    )
}

/// JSON as Athena prints it: without blanks, names in order.
fn json(rng: &mut Rng, depth: usize) -> String {
    let string = |text: String| serde_json::Value::String(text).to_string();
    match rng.u8(..if depth == 0 { 5 } else { 7 }) {
        0 => "null".to_owned(),
        1 => rng.bool().to_string(),
        2 => rng.i64(..).to_string(),
        3 => "1.5".to_owned(),
        4 => string(text(rng)),
        5 => {
            let items: Vec<_> = (0..rng.usize(..3)).map(|_| json(rng, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let names = [("", "k\"1"), ("A", "b"), ("a", "ü")];
            let (one, two) = rng.choice(names).unwrap();
            let member = |name: &str, value| format!("{}:{value}", string(name.to_owned()));
            let (one, two) = (
                member(one, json(rng, depth - 1)),
                member(two, json(rng, depth - 1)),
            );
            format!("{{{one},{two}}}")
        }
    }
}

/// An address as Athena prints it: the longest run of zeros is left out.
fn address(rng: &mut Rng) -> String {
    if rng.bool() {
        return std::net::Ipv4Addr::from(rng.u32(..)).to_string();
    }
    let any = rng.u128(..) & rng.u128(..);
    let zeros = u128::MAX << rng.u32(16..112);
    let any = extreme(rng, &[0, 1, u128::MAX, 1 << 127, any & zeros], any);
    std::net::Ipv6Addr::from(any).to_string()
}

fn texts() -> Vec<Kind> {
    vec![
        Kind::simple("varchar", text, |value| quoted(value), strings),
        Kind::simple("varchar(30)", text, |value| quoted(value), strings),
        Kind::simple(
            "char(4)",
            |rng| format!("{:<4}", rng.choice(["a b", "", "ü", "abcd"]).unwrap()),
            |value| quoted(value.trim_end()),
            strings,
        ),
        Kind::simple(
            "varbinary",
            |rng| (0..rng.usize(..5)).map(|_| rng.u8(..)).collect::<Vec<u8>>(),
            |bytes| {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                format!("X'{digits}'")
            },
            |values| {
                let values: Vec<Option<&[u8]>> = values.iter().map(Option::as_deref).collect();
                Arc::new(BinaryArray::from(values))
            },
        ),
        Kind::simple(
            "uuid",
            |rng| rng.u128(..).to_be_bytes(),
            |bytes| quoted(&uuid::Uuid::from_bytes(*bytes).to_string()),
            |values| {
                let array =
                    FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16);
                Arc::new(array.unwrap())
            },
        ),
        Kind::simple(
            "json",
            |rng| json(rng, 3),
            |value| format!("JSON {}", quoted(value)),
            strings,
        ),
        Kind::simple("ipaddress", address, |value| quoted(value), strings),
    ]
}

fn times() -> Vec<Kind> {
    let of_day =
        |micros: i64, digits| moment(utc(i128::from(micros) * 1000), digits)[11..].to_owned();
    vec![
        Kind::simple(
            "date",
            any_day,
            |days| format!("'{}'", day(*days)),
            |values| Arc::new(Date32Array::from(values)),
        ),
        Kind::simple(
            "time(3)",
            |rng| rng.i32(0..86_400_000),
            move |millis| format!("TIME '{}'", of_day(i64::from(*millis) * 1000, 3)),
            |values| Arc::new(Time32MillisecondArray::from(values)),
        ),
        Kind::simple(
            "time(6)",
            |rng| rng.i64(0..86_400_000_000),
            move |micros| format!("TIME '{}'", of_day(*micros, 6)),
            |values| Arc::new(Time64MicrosecondArray::from(values)),
        ),
        Kind::simple(
            "timestamp(3)",
            any_millis,
            |millis| {
                format!(
                    "TIMESTAMP '{}'",
                    moment(utc(i128::from(*millis) * 1_000_000), 3)
                )
            },
            |values| Arc::new(TimestampMillisecondArray::from(values)),
        ),
        Kind::simple(
            "timestamp(6)",
            |rng| any_millis(rng) * 1000 + rng.i64(0..1000),
            |micros| format!("TIMESTAMP '{}'", moment(utc(i128::from(*micros) * 1000), 6)),
            |values| Arc::new(TimestampMicrosecondArray::from(values)),
        ),
        Kind::simple(
            "timestamp(9)",
            |rng| {
                let any = rng.i64(i64::MIN + 1..);
                extreme(rng, &[i64::MIN + 1, i64::MAX, 0, -1], any)
            },
            |nanos| format!("TIMESTAMP '{}'", moment(utc((*nanos).into()), 9)),
            |values| Arc::new(TimestampNanosecondArray::from(values)),
        ),
    ]
}

fn intervals() -> [Kind; 2] {
    fn array(values: Vec<Option<i32>>, value: fn(i32) -> IntervalMonthDayNano) -> ArrayRef {
        let values = values.into_iter().map(|number| number.map(value));
        Arc::new(values.collect::<IntervalMonthDayNanoArray>())
    }
    [
        Kind::simple(
            "interval year to month",
            |rng| rng.i32(-500..500),
            |months| format!("INTERVAL '{months}' MONTH"),
            |values| array(values, |months| IntervalMonthDayNano::new(months, 0, 0)),
        ),
        Kind::simple(
            "interval day to second",
            |rng| rng.i32(-500..500),
            |days| format!("INTERVAL '{days}' DAY"),
            |values| array(values, |days| IntervalMonthDayNano::new(0, days, 0)),
        ),
    ]
}
