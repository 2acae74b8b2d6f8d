//! Binding of values to the `?` parameters of a statement.

use std::ffi::c_char;

use arrow::array::{Array, StructArray};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow::record_batch::RecordBatch;
use athena_core::session::Value;
use athena_core::{Error, Result};

use crate::boundary::{invalid, run, utf8};
use crate::error::athena_error;
use crate::statement::athena_statement;
use crate::status::athena_status;

/// What one step of a time value counts.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum athena_time_unit {
    /// Seconds.
    Second = 0,
    /// Thousandths of a second.
    Millisecond = 1,
    /// Millionths of a second.
    Microsecond = 2,
    /// Billionths of a second.
    Nanosecond = 3,
}

/// Binds NULL to parameter `index`, counted from 0.
///
/// Holds for all athena_statement_bind functions: a bound value stays for later executions
/// until it is bound anew or cleared; the index is compared with the SQL text only when the
/// statement is executed. Errors: INVALID_ARGUMENT (bad value), INVALID_STATE while a query
/// runs. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_null(
    statement: *mut athena_statement,
    index: usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_null", out_error, || {
        handle!(statement).statement.bind(index, Value::Null)
    })
}

/// Binds a boolean: 0 is false, any other value true. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_bool(
    statement: *mut athena_statement,
    index: usize,
    value: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_bool", out_error, || {
        handle!(statement)
            .statement
            .bind(index, Value::Boolean(value != 0))
    })
}

/// Binds an integer, as Athena's bigint. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_int64(
    statement: *mut athena_statement,
    index: usize,
    value: i64,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_int64", out_error, || {
        handle!(statement)
            .statement
            .bind(index, Value::Int64(value))
    })
}

/// Binds a floating-point number, as Athena's double; NaN and infinities included.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_double(
    statement: *mut athena_statement,
    index: usize,
    value: f64,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_double", out_error, || {
        handle!(statement)
            .statement
            .bind(index, Value::Float64(value))
    })
}

/// Binds a decimal written as digits, such as "-12.50"; at most 38 digits, which keep their
/// scale. `value` is NUL-terminated and borrowed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_decimal(
    statement: *mut athena_statement,
    index: usize,
    value: *const c_char,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_decimal", out_error, || {
        handle!(statement)
            .statement
            .bind(index, decimal(text!(value))?)
    })
}

/// Binds text, as Athena's varchar: `length` bytes of UTF-8 at `value`, which are copied
/// and need no NUL. NULL with length 0 is the empty text. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_text(
    statement: *mut athena_statement,
    index: usize,
    value: *const c_char,
    length: usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_text", out_error, || {
        let statement = handle!(statement);
        let value = value.cast::<u8>();
        let value = utf8(bytes!(value, length), "value")?;
        statement
            .statement
            .bind(index, Value::Text(value.to_owned()))
    })
}

/// Binds bytes, as Athena's varbinary: `length` bytes at `value`, which are copied. NULL
/// with length 0 is the empty value. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_binary(
    statement: *mut athena_statement,
    index: usize,
    value: *const u8,
    length: usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_binary", out_error, || {
        handle!(statement)
            .statement
            .bind(index, Value::Binary(bytes!(value, length).to_vec()))
    })
}

/// Binds a date as days since 1970-01-01. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_date(
    statement: *mut athena_statement,
    index: usize,
    days: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_date", out_error, || {
        handle!(statement).statement.bind(index, Value::Date(days))
    })
}

/// Binds a time of day: `value` counts from midnight in `unit`, an athena_time_unit, which
/// also fixes the precision. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_time(
    statement: *mut athena_statement,
    index: usize,
    value: i64,
    unit: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_time", out_error, || {
        handle!(statement).statement.bind(
            index,
            Value::Time {
                value,
                unit: time_unit(unit)?,
            },
        )
    })
}

/// Binds a timestamp without zone: `value` counts from 1970-01-01 00:00:00 in `unit`, an
/// athena_time_unit, which also fixes the precision. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_timestamp(
    statement: *mut athena_statement,
    index: usize,
    value: i64,
    unit: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_timestamp", out_error, || {
        handle!(statement).statement.bind(
            index,
            Value::Timestamp {
                value,
                unit: time_unit(unit)?,
                utc: false,
            },
        )
    })
}

/// Binds an instant, as Athena's timestamp with time zone UTC: `value` counts from
/// 1970-01-01 00:00:00 UTC in `unit`, an athena_time_unit. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_timestamp_utc(
    statement: *mut athena_statement,
    index: usize,
    value: i64,
    unit: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_timestamp_utc", out_error, || {
        handle!(statement).statement.bind(
            index,
            Value::Timestamp {
                value,
                unit: time_unit(unit)?,
                utc: true,
            },
        )
    })
}

/// Binds all parameters at once from an Arrow record batch of one row: column 0 to
/// parameter 0 and so on. Values bound before are forgotten.
///
/// `array` is a struct array and `schema` its type, as a record batch is exported. Both are
/// moved from, whether the call succeeds or fails: the library releases them, and their
/// `release` is NULL afterwards. Only if the call fails for a NULL argument they stay the
/// caller's.
///
/// Errors: INVALID_ARGUMENT (released already, not a struct, not one row), NOT_IMPLEMENTED
/// (a nested type, or another without a literal), INVALID_STATE while a query runs.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_bind_arrow(
    statement: *mut athena_statement,
    array: *mut FFI_ArrowArray,
    schema: *mut FFI_ArrowSchema,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_bind_arrow", out_error, || {
        let statement = handle!(statement);
        handle!(array);
        handle!(schema);
        // SAFETY: not NULL; the caller passes an exported array, which is moved from.
        let array = unsafe { FFI_ArrowArray::from_raw(array) };
        // SAFETY: not NULL; the caller passes an exported schema, which is moved from.
        let schema = unsafe { FFI_ArrowSchema::from_raw(schema) };
        statement.statement.bind_batch(&one_row(array, &schema)?)
    })
}

/// Forgets all bound values. Errors: INVALID_STATE while a query runs. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_clear_bindings(
    statement: *mut athena_statement,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_clear_bindings", out_error, || {
        handle!(statement).statement.clear_bindings()
    })
}

/// The record batch of one row that C exported.
fn one_row(array: FFI_ArrowArray, schema: &FFI_ArrowSchema) -> Result<RecordBatch> {
    if array.is_released() || schema.release().is_none() {
        return Err(invalid("array or schema was released already"));
    }
    let data_type = DataType::try_from(schema).map_err(|error| unreadable("schema", error))?;
    let DataType::Struct(fields) = &data_type else {
        return Err(invalid(format!(
            "array is of type {data_type}; a record batch is exported as a struct"
        )));
    };
    if fields.len() != array.num_children() {
        return Err(invalid(format!(
            "schema has {} columns, but array has {}",
            fields.len(),
            array.num_children()
        )));
    }
    // SAFETY: the caller promises that array and schema follow the Arrow C data interface.
    let data = unsafe { from_ffi(array, schema) }.map_err(|error| unreadable("array", error))?;
    let rows = StructArray::from(data);
    if rows.len() != 1 || rows.null_count() != 0 {
        return Err(invalid(format!(
            "array has {} rows, {} of them NULL; give exactly one that is not",
            rows.len(),
            rows.null_count()
        )));
    }
    Ok(RecordBatch::from(rows))
}

fn unreadable(name: &str, error: ArrowError) -> Error {
    invalid(format!("{name} cannot be read: {error}")).with_source(error)
}

fn time_unit(number: i32) -> Result<TimeUnit> {
    const UNITS: [(athena_time_unit, TimeUnit); 4] = [
        (athena_time_unit::Second, TimeUnit::Second),
        (athena_time_unit::Millisecond, TimeUnit::Millisecond),
        (athena_time_unit::Microsecond, TimeUnit::Microsecond),
        (athena_time_unit::Nanosecond, TimeUnit::Nanosecond),
    ];
    let found = UNITS.iter().find(|(unit, _)| *unit as i32 == number);
    found.map(|(_, unit)| *unit).ok_or_else(|| {
        invalid(format!(
            "unit is {number}; give a value of athena_time_unit, 0 to 3"
        ))
    })
}

/// Reads `[+-]digits[.digits]`; the error does not quote the value.
fn decimal(text: &str) -> Result<Value> {
    let malformed = || invalid("value is no decimal such as \"-12.50\" of at most 38 digits");
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let (mut unscaled, mut count, mut scale) = (0_i128, 0_u8, None::<u8>);
    for &byte in digits {
        match (byte, scale) {
            (b'0'..=b'9', _) if count < 38 => {
                unscaled = unscaled * 10 + i128::from(byte - b'0');
                count += 1;
                scale = scale.map(|scale| scale + 1);
            }
            (b'.', None) => scale = Some(0),
            _ => return Err(malformed()),
        }
    }
    if count == 0 {
        return Err(malformed());
    }
    Ok(Value::Decimal {
        unscaled: if negative { -unscaled } else { unscaled },
        scale: scale.unwrap_or(0),
    })
}
