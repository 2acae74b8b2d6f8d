//! Every type as it travels in a file, and in every form that writers give it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, ListArray, MapArray,
    RecordBatch, StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, TimeUnit, TimestampMillisecondType};
use athena_core::ErrorKind;
use athena_sandbox::Fixture;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type, Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::{
    batch, describe, described, files, int64, parquet, parquet_with, unloading, unloads, utf8,
};
use crate::support::{cell, columns, connect, drain, query, rows};

/// Each type, a value as CSV has it, and how it travels.
fn travels() -> Vec<(&'static str, &'static str, ArrayRef)> {
    let text = |value: &str| utf8(&[Some(value), None]);
    let millis =
        |value| -> ArrayRef { Arc::new(TimestampMillisecondArray::from(vec![Some(value), None])) };
    let decimal = Decimal128Array::from(vec![Some(-5), None]).with_precision_and_scale(18, 2);
    vec![
        (
            "boolean",
            "true",
            Arc::new(BooleanArray::from(vec![Some(true), None])),
        ),
        (
            "tinyint",
            "-128",
            Arc::new(Int8Array::from(vec![Some(-128), None])),
        ),
        (
            "smallint",
            "-32768",
            Arc::new(Int16Array::from(vec![Some(-32768), None])),
        ),
        (
            "integer",
            "-7",
            Arc::new(Int32Array::from(vec![Some(-7), None])),
        ),
        (
            "bigint",
            "9",
            Arc::new(arrow::array::Int64Array::from(vec![Some(9), None])),
        ),
        (
            "real",
            "1.17549435E-38",
            Arc::new(Float32Array::from(vec![Some(f32::MIN_POSITIVE), None])),
        ),
        (
            "double",
            "-0.0",
            Arc::new(Float64Array::from(vec![Some(-0.0), None])),
        ),
        ("decimal(18,2)", "-0.05", Arc::new(decimal.unwrap())),
        ("char(5)", "ab   ", text("ab")),
        ("varchar", "a \"b\",\nc", text("a \"b\",\nc")),
        ("varchar(3)", "", text("")),
        (
            "varbinary",
            "31 32 33",
            Arc::new(BinaryArray::from(vec![Some(b"123".as_slice()), None])),
        ),
        (
            "date",
            "2017-01-02",
            Arc::new(Date32Array::from(vec![Some(17168), None])),
        ),
        ("time(3)", "12:34:56.789", text("12:34:56.789")),
        ("time(6)", "12:34:56.789012", text("12:34:56.789012")),
        (
            "time(3) with time zone",
            "12:34:56.789+01:00",
            text("12:34:56.789+01:00"),
        ),
        (
            "timestamp(0)",
            "2017-01-01 00:00:01",
            millis(1_483_228_801_000),
        ),
        (
            "timestamp(3)",
            "2017-01-01 00:00:00.001",
            millis(1_483_228_800_001),
        ),
        (
            "timestamp(6)",
            "2017-01-01 00:00:00.000001",
            text("2017-01-01 00:00:00.000001"),
        ),
        (
            "timestamp(9)",
            "2017-01-01 00:00:00.000000001",
            text("2017-01-01 00:00:00.000000001"),
        ),
        (
            "timestamp(3) with time zone",
            "2001-08-22 03:04:05.321 America/Los_Angeles",
            millis(998_474_645_321),
        ),
        (
            "timestamp(6) with time zone",
            "2001-08-22 03:04:05.321000 America/Los_Angeles",
            text("2001-08-22 10:04:05.321000 UTC"),
        ),
        ("interval year to month", "-1-3", text("-1-3")),
        (
            "interval day to second",
            "2 00:00:00.001",
            text("2 00:00:00.001"),
        ),
        ("json", "{\"x\":1}", text("{\"x\":1}")),
        (
            "uuid",
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
            text("12151fd2-7586-11e9-8f9e-2a86e4085a59"),
        ),
        ("ipaddress", "10.0.0.1", text("10.0.0.1")),
    ]
}

#[test]
fn every_type_comes_back_as_from_csv() {
    let travels = travels();
    let names: Vec<String> = (0..travels.len()).map(|n| format!("C {n}")).collect();
    let list: Vec<(&str, &str)> = names
        .iter()
        .zip(&travels)
        .map(|(name, (sql_type, _, _))| (name.as_str(), *sql_type))
        .collect();
    let sandbox = described("SELECT all", &list);
    let values = travels.iter().map(|(_, value, _)| cell(value)).collect();
    let nulls = vec![None; list.len()];
    sandbox.fixture(
        "SELECT all",
        Fixture::rows(columns(&list), vec![values, nulls]),
    );
    let written = batch(travels.into_iter().map(|(_, _, array)| array).collect());
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let properties = WriterProperties::builder().set_compression(compression);
        unloads(&sandbox, files([parquet_with(&written, properties)]));
        let unloaded = query(&unloading(&sandbox, ""), "SELECT all").unwrap();
        let from_csv = query(&connect(&sandbox), "SELECT all").unwrap();
        // What a result's ColumnInfo tells is vaguer than a description in one case only.
        let (left, right) = (unloaded.schema(), from_csv.schema());
        for (left, right) in left.fields().iter().zip(right.fields()) {
            if left.metadata()["ATHENA:type"] != "timestamp(0)" {
                assert_eq!(left, right);
            }
        }
        let (unloaded, from_csv) = (drain(&unloaded).unwrap(), drain(&from_csv).unwrap());
        for (index, (_, sql_type)) in list.iter().enumerate() {
            if *sql_type != "timestamp(0)" {
                assert_eq!(
                    unloaded[0].column(index),
                    from_csv[0].column(index),
                    "{sql_type}"
                );
            }
        }
        assert_eq!(rows(&unloaded)[0][16], "2017-01-01T00:00:01");
    }
}

/// What comes of `sql_type` when a file holds `array`.
fn restored(sql_type: &str, array: ArrayRef) -> athena_core::Result<ArrayRef> {
    let sandbox = described("SELECT x", &[("x", sql_type)]);
    unloads(&sandbox, files([parquet(&batch(vec![array]))]));
    let stream = query(&unloading(&sandbox, ""), "SELECT x")?;
    let batches = drain(&stream)?;
    assert_eq!(batches[0].schema(), stream.schema());
    Ok(Arc::clone(batches[0].column(0)))
}

#[test]
fn a_null_literal_is_a_column_of_nulls() {
    let array = restored("unknown", utf8(&[None, None])).unwrap();
    assert_eq!(
        (array.data_type(), array.null_count()),
        (&DataType::Utf8, 2)
    );
}

#[test]
fn nested_values_are_lists_maps_and_structs_with_their_elements_restored() {
    let item = Arc::new(Field::new("element", DataType::Utf8, true));
    let list = ListArray::new(
        item,
        OffsetBuffer::from_lengths([2, 0, 1]),
        utf8(&[Some("{\"a\":1}"), None, Some("\"\"")]),
        Some(vec![true, true, false].into()),
    );
    let array = restored("array(json)", Arc::new(list)).unwrap();
    let DataType::List(item) = array.data_type() else {
        panic!("{array:?}")
    };
    assert_eq!(
        (item.name().as_str(), item.extension_type_name()),
        ("item", Some("arrow.json"))
    );
    assert_eq!(array.as_list::<i32>().value(0).len(), 2);
    assert!(array.is_null(2));

    let fields = Fields::from(vec![
        Field::new("f0", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("f1", DataType::Utf8, true),
        Field::new("f2", DataType::Utf8, true),
    ]);
    let row = StructArray::new(
        fields,
        vec![
            Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None])),
            utf8(&[Some("ab"), None]),
            utf8(&[Some("12151fd2-7586-11e9-8f9e-2a86e4085a59"), None]),
        ],
        Some(vec![true, false].into()),
    );
    let sql_type = "row(At timestamp(3) with time zone, char(3), x uuid)";
    let array = restored(sql_type, Arc::new(row)).unwrap();
    let row = array.as_struct();
    assert_eq!(
        row.column_names(),
        ["at", "field1", "x"].map(|name| { if name == "at" { "At" } else { name } })
    );
    assert_eq!(
        row.column(0)
            .as_primitive::<TimestampMillisecondType>()
            .value(0),
        -1
    );
    assert_eq!(row.column(1).as_string::<i32>().value(0), "ab ");
    assert_eq!(row.column(2).data_type(), &DataType::FixedSizeBinary(16));
    assert!(row.is_null(1));

    let entries = StructArray::new(
        Fields::from(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", DataType::Utf8, true),
        ]),
        vec![
            utf8(&[Some("00:00:01.000"), Some("00:00:02.000")]),
            utf8(&[None, Some("1-0")]),
        ],
        None,
    );
    let map = MapArray::new(
        Arc::new(Field::new("entries", entries.data_type().clone(), false)),
        OffsetBuffer::from_lengths([2]),
        entries,
        None,
        false,
    );
    let array = restored("map(time(3), interval year to month)", Arc::new(map)).unwrap();
    let map = array.as_map();
    assert_eq!(
        map.keys().data_type(),
        &DataType::Time32(TimeUnit::Millisecond)
    );
    assert!(map.values().is_null(0) && map.values().is_valid(1));
}

#[test]
fn a_value_that_is_none_of_its_type_is_named_with_its_row() {
    let text = utf8(&[Some("12:00:00.000"), Some("25 o'clock")]);
    let error = restored("time(3)", text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    for part in ["\"x\"", "time(3)", "row 1", "25 o'clock"] {
        assert!(error.message().contains(part), "{error}");
    }
    // Half a millisecond is lost nowhere.
    let micros = Arc::new(TimestampMicrosecondArray::from(vec![1000, 1500]));
    let error = restored("timestamp(3)", micros).unwrap_err();
    assert!(error.message().contains("row 1"), "{error}");
    // Integers may be wider in the file, but not their values.
    assert_eq!(
        restored("tinyint", int64([127])).unwrap().data_type(),
        &DataType::Int8
    );
    let error = restored("tinyint", int64([0, 1, 128])).unwrap_err();
    for part in ["row 2", "128"] {
        assert!(error.message().contains(part), "{error}");
    }
    let error = restored("array(time(3))", {
        let item = Arc::new(Field::new("element", DataType::Utf8, true));
        let lengths = OffsetBuffer::from_lengths([1, 0, 2]);
        let values = utf8(&[Some("00:00:00.000"), Some("00:00:00.000"), Some("x")]);
        Arc::new(ListArray::new(item, lengths, values, None))
    });
    assert!(error.unwrap_err().message().contains("row 2"));
}

#[test]
fn another_type_than_described_is_an_error() {
    for (sql_type, array) in [
        ("bigint", utf8(&[Some("1")])),
        ("varchar", int64([1])),
        ("array(bigint)", int64([1])),
        ("timestamp(3)", int64([1])),
        ("row(a bigint)", int64([1])),
        ("map(bigint, bigint)", utf8(&[Some("{}")])),
        ("double", int64([1])),
    ] {
        let error = restored(sql_type, array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{sql_type}");
        for part in ["s3://results/unload/", "\"x\"", sql_type] {
            assert!(error.message().contains(part), "{sql_type}: {error}");
        }
    }
}

/// A file of one column, written level by level as other writers do.
fn by_hand(schema: &str, write: impl FnOnce(&mut SerializedFileWriter<&mut Vec<u8>>)) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    write(&mut writer);
    writer.close().unwrap();
    bytes
}

fn read_by_hand(sql_type: &str, file: Vec<u8>) -> RecordBatch {
    let sandbox = described("SELECT x", &[("x", sql_type)]);
    unloads(&sandbox, files([file]));
    let stream = query(&unloading(&sandbox, ""), "SELECT x").unwrap();
    drain(&stream).unwrap().remove(0)
}

fn int96(days_since_epoch: i32, nanoseconds: u64) -> Int96 {
    let days = u32::try_from(2_440_588 + days_since_epoch).unwrap();
    let mut value = Int96::new();
    let [low, high] =
        [nanoseconds & 0xffff_ffff, nanoseconds >> 32].map(|n| u32::try_from(n).unwrap());
    value.set_data(low, high, days);
    value
}

#[test]
fn int96_reaches_beyond_2262_also_inside_of_nested_values() {
    // 0001-01-01, 1969-12-31T23:59:59.999 and 9999-12-31T23:59:59.999.
    let values = [
        int96(-719_162, 0),
        int96(-1, 86_399_999_000_000),
        int96(2_932_896, 86_399_999_000_000),
    ];
    let expected = [
        "0001-01-01T00:00:00",
        "1969-12-31T23:59:59.999",
        "9999-12-31T23:59:59.999",
    ];
    let plain = by_hand("message trino_schema { optional int96 c0; }", |writer| {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int96Type>()
            .write_batch(&values, Some(&[1, 1, 1]), None)
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
    });
    assert_eq!(
        rows(&[read_by_hand("timestamp(3)", plain)]).concat(),
        expected
    );
    // An INT64 beside it keeps its own unit.
    let schema = "message trino_schema { optional group c0 {
        optional int64 a (TIMESTAMP(NANOS,false)); optional int96 b; } }";
    let nested = by_hand(schema, |writer| {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int64Type>()
            .write_batch(&[5_000_000], Some(&[2]), None)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int96Type>()
            .write_batch(&values[..1], Some(&[2]), None)
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
    });
    let read = read_by_hand("row(a timestamp(3), b timestamp(3))", nested);
    assert_eq!(
        rows(&[read])[0][0],
        "{a: 1970-01-01T00:00:00.005, b: 0001-01-01T00:00:00}"
    );
}

#[test]
fn both_layouts_of_lists_and_hives_maps_are_understood() {
    for (list, element) in [("list", "element"), ("bag", "array_element")] {
        let schema = format!(
            "message m {{ optional group c0 (LIST) {{ repeated group {list} {{ optional int32 {element}; }} }} }}"
        );
        let file = by_hand(&schema, |writer| {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            // [1, NULL], [], NULL, [2]
            column
                .typed::<Int32Type>()
                .write_batch(&[1, 2], Some(&[3, 2, 1, 0, 3]), Some(&[0, 1, 0, 0, 0]))
                .unwrap();
            column.close().unwrap();
            group.close().unwrap();
        });
        let read = rows(&[read_by_hand("array(integer)", file)]).concat();
        assert_eq!(read, ["[1, ∅]", "[]", "∅", "[2]"], "{list}");
    }
    let schema = "message m { optional group c0 (MAP) { repeated group key_value {
        required binary key (UTF8); optional int32 value; } } }";
    let file = by_hand(schema, |writer| {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let keys = ["a", "b"].map(ByteArray::from);
        column
            .typed::<ByteArrayType>()
            .write_batch(&keys, Some(&[2, 2, 0]), Some(&[0, 1, 0]))
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int32Type>()
            .write_batch(&[7], Some(&[3, 2, 0]), Some(&[0, 1, 0]))
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
    });
    let read = rows(&[read_by_hand("map(varchar, integer)", file)]).concat();
    assert_eq!(read, ["{a: 7, b: ∅}", "∅"]);
}

#[test]
fn decimals_are_read_from_every_physical_type() {
    for (physical, sql_type) in [
        ("int32 c0 (DECIMAL(7,2))", "decimal(7,2)"),
        ("int64 c0 (DECIMAL(17,2))", "decimal(17,2)"),
        ("fixed_len_byte_array(4) c0 (DECIMAL(7,2))", "decimal(7,2)"),
        (
            "fixed_len_byte_array(16) c0 (DECIMAL(38,2))",
            "decimal(38,2)",
        ),
    ] {
        let file = by_hand(&format!("message m {{ optional {physical}; }}"), |writer| {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let levels = Some([1_i16].as_slice());
            match physical.as_bytes()[3] {
                b'3' => column
                    .typed::<Int32Type>()
                    .write_batch(&[-105], levels, None),
                b'6' => column
                    .typed::<Int64Type>()
                    .write_batch(&[-105], levels, None),
                _ => {
                    let length = if physical.contains("(4)") { 4 } else { 16 };
                    let bytes = (-105_i128).to_be_bytes()[16 - length..].to_vec();
                    column
                        .typed::<parquet::data_type::FixedLenByteArrayType>()
                        .write_batch(&[ByteArray::from(bytes).into()], levels, None)
                }
            }
            .unwrap();
            column.close().unwrap();
            group.close().unwrap();
        });
        assert_eq!(
            rows(&[read_by_hand(sql_type, file)]).concat(),
            ["-1.05"],
            "{physical}"
        );
    }
}

#[test]
fn a_result_of_no_rows_keeps_its_schema() {
    let list = [("a", "array(json)"), ("", "time(3)"), ("", "unknown")];
    let sandbox = described("SELECT nothing", &list);
    unloads(&sandbox, Fixture::count(0));
    let stream = query(&unloading(&sandbox, ""), "SELECT nothing").unwrap();
    let schema = stream.schema();
    assert!(matches!(schema.field(0).data_type(), DataType::List(_)));
    assert_eq!(
        schema.field(1).data_type(),
        &DataType::Time32(TimeUnit::Millisecond)
    );
    assert_eq!(schema.field(2).name(), "");
    assert!(drain(&stream).unwrap().is_empty());
    // A file without rows is one more way to say so.
    let empty = RecordBatch::new_empty(batch(vec![int64([1])]).schema());
    describe(&sandbox, "SELECT none", &[("n", "bigint")]);
    unloads(&sandbox, files([parquet(&empty), parquet(&empty)]));
    let stream = query(&unloading(&sandbox, ""), "SELECT none").unwrap();
    assert!(drain(&stream).unwrap().is_empty());
}
