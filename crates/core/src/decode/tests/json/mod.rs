//! Arrays, maps and rows that arrive as JSON.

mod random;

use super::{BatchLimits, ComplexTypes, CsvDecoder, Row, RowDecoder, columns, write_csv};
use crate::error::{ErrorKind, Result};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Decodes a column of these JSON texts from CSV and from pages, and gives what both agree on.
fn decode(athena_type: &str, values: &[Option<&str>]) -> Result<ArrayRef> {
    let columns = columns(&[athena_type]);
    let rows: Vec<Row> = values
        .iter()
        .map(|value| vec![value.map(str::to_owned)])
        .collect();
    let limits = BatchLimits {
        first_batch_rows: usize::MAX,
        ..BatchLimits::default()
    };
    let complex = ComplexTypes::Typed;
    let from_rows = || -> Result<_> {
        let mut decoder = RowDecoder::new(columns.clone(), complex, limits);
        for row in &rows {
            decoder.push_row(row.iter().map(Option::as_deref))?;
        }
        decoder.flush()?;
        Ok(decoder.next_batch().unwrap())
    };
    let from_csv = || -> Result<_> {
        let mut decoder = CsvDecoder::new(columns.clone(), complex, limits);
        let text = write_csv(&columns, &rows);
        // In two pieces, so that a field is cut.
        for piece in text.chunks(text.len() / 2 + 1) {
            assert_eq!(decoder.decode(piece)?, piece.len());
        }
        decoder.finish()?;
        Ok(decoder.next_batch().unwrap())
    };
    match (from_csv(), from_rows()) {
        (Ok(from_csv), Ok(from_rows)) => {
            assert_eq!(from_csv, from_rows);
            Ok(from_rows.column(0).clone())
        }
        (Err(from_csv), Err(from_rows)) => {
            assert_eq!(from_csv.message(), from_rows.message());
            Err(from_rows)
        }
        (from_csv, from_rows) => panic!("{from_csv:?} differs from {from_rows:?}"),
    }
}

/// The values as Arrow prints them; NULL is `∅`.
fn shown(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
    (0..array.len())
        .map(|row| formatter.value(row).to_string())
        .collect()
}

#[test]
fn every_type_of_leaf_is_read_from_what_trino_writes() {
    for (athena_type, json, expected) in [
        ("boolean", "[true,false,null]", "[true, false, ∅]"),
        ("tinyint", "[-128,127]", "[-128, 127]"),
        ("bigint", "[-9223372036854775808]", "[-9223372036854775808]"),
        (
            "real",
            r#"[0.1,1.0E10,"NaN",-0.0]"#,
            "[0.1, 10000000000.0, NaN, -0.0]",
        ),
        (
            "double",
            r#"["Infinity","-Infinity",5E-324]"#,
            "[inf, -inf, 5e-324]",
        ),
        (
            "decimal(38,20)",
            "[0E-20,1.00000000000000000001]",
            "[0.00000000000000000000, 1.00000000000000000001]",
        ),
        (
            "decimal(9,7)",
            "[1E-7,-2.5E-6,12]",
            "[0.0000001, -0.0000025, 12.0000000]",
        ),
        (
            "decimal(38,0)",
            "[-99999999999999999999999999999999999999]",
            "[-99999999999999999999999999999999999999]",
        ),
        ("char(3)", r#"["ab "]"#, "[ab ]"),
        (
            "varchar",
            r#"["",null,"null","a, b","{\"x\":[1]}","\u00e9\ud834\udd1e\n"]"#,
            "[, ∅, null, a, b, {\"x\":[1]}, é𝄞\n]",
        ),
        ("varbinary", r#"["","00FFab",null]"#, "[, 00ffab, ∅]"),
        ("date", r#"["2017-01-02"]"#, "[2017-01-02]"),
        ("time(3)", r#"["12:34:56.789"]"#, "[12:34:56.789]"),
        (
            "timestamp(3)",
            r#"["2017-01-01 00:00:00.001"]"#,
            "[2017-01-01T00:00:00.001]",
        ),
        (
            "timestamp(9)",
            r#"["2017-01-01 00:00:00.000000001"]"#,
            "[2017-01-01T00:00:00.000000001]",
        ),
        ("interval year to month", r#"["1-3"]"#, "[15 mons]"),
        (
            "uuid",
            r#"["12151fd2-7586-11e9-8f9e-2a86e4085a59"]"#,
            "[12151fd2758611e98f9e2a86e4085a59]",
        ),
        ("ipaddress", r#"["10.0.0.1"]"#, "[10.0.0.1]"),
        (
            "json",
            r#"["{\"a\": null}",null,"null"]"#,
            "[{\"a\": null}, ∅, null]",
        ),
        ("unknown", "[null]", "[∅]"),
    ] {
        let array = decode(&format!("array({athena_type})"), &[Some(json)]).unwrap();
        assert_eq!(shown(&array), [expected], "{athena_type}");
    }
    let zoned = "array(timestamp(3) with time zone)";
    let json = r#"["2001-08-22 03:04:05.321 America/Los_Angeles"]"#;
    let array = decode(zoned, &[Some(json)]).unwrap();
    let values = array.as_list::<i32>().values().clone();
    let values = values.as_primitive::<arrow::datatypes::TimestampMillisecondType>();
    assert_eq!(values.value(0), 998_474_645_321);
}

#[test]
fn null_empty_and_nested_values_differ_at_every_level() {
    let values = [
        Some("[]"),
        None,
        Some("[null]"),
        Some("[[]]"),
        Some("[[null]]"),
        Some(r#"[[{"k":null}],null,[{},null]]"#),
        Some(" [ [ { \"k\" : [ 1 , 2 ] , \"\" : [] } ] ] "),
    ];
    let array = decode("array(array(map(varchar, array(integer))))", &values).unwrap();
    assert_eq!(
        shown(&array),
        [
            "[]",
            "∅",
            "[∅]",
            "[[]]",
            "[[∅]]",
            "[[{k: ∅}], ∅, [{}, ∅]]",
            "[[{k: [1, 2], : []}]]"
        ]
    );
}

#[test]
fn keys_are_values_of_the_key_type() {
    for (key_type, json, expected) in [
        ("varchar", r#"{"a,\"b\"=":1,"":2}"#, "{a,\"b\"=: 1, : 2}"),
        ("bigint", r#"{"-5":1,"10":null}"#, "{-5: 1, 10: ∅}"),
        ("boolean", r#"{"false":1}"#, "{false: 1}"),
        (
            "double",
            r#"{"1.0E10":1,"NaN":2}"#,
            "{10000000000.0: 1, NaN: 2}",
        ),
        ("decimal(5,2)", r#"{"1.50":1}"#, "{1.50: 1}"),
        ("date", r#"{"2020-02-29":1}"#, "{2020-02-29: 1}"),
        (
            "uuid",
            r#"{"12151fd2-7586-11e9-8f9e-2a86e4085a59":1}"#,
            "{12151fd2758611e98f9e2a86e4085a59: 1}",
        ),
    ] {
        let array = decode(&format!("map({key_type}, integer)"), &[Some(json)]).unwrap();
        assert_eq!(shown(&array), [expected], "{key_type}");
    }
}

#[test]
fn rows_are_read_by_position_from_objects_and_arrays() {
    let named = "row(a integer, \"B c\" varchar, a double)";
    let values = [
        Some(r#"{"a":1,"B c":"x","a":0.5}"#),
        Some(r#"[1,"x",0.5]"#),
        Some(r#"{"a":null,"B\u0020c":null,"a":null}"#),
        None,
    ];
    let array = decode(named, &values).unwrap();
    assert_eq!(array.as_struct().fields()[1].name(), "B c");
    assert_eq!(
        shown(&array),
        [
            "{a: 1, B c: x, a: 0.5}",
            "{a: 1, B c: x, a: 0.5}",
            "{a: ∅, B c: ∅, a: ∅}",
            "∅"
        ]
    );
    let unnamed = [Some(r#"{"":1,"":"x"}"#), Some(r#"[2,"y"]"#)];
    let array = decode("row(integer, varchar)", &unnamed).unwrap();
    assert_eq!(
        shown(&array),
        ["{field0: 1, field1: x}", "{field0: 2, field1: y}"]
    );
}

#[test]
fn what_does_not_fit_the_type_is_an_error_that_names_column_row_and_value() {
    for (athena_type, json) in [
        ("array(integer)", "[1"),
        ("array(integer)", "[1,]"),
        ("array(integer)", "[1 2]"),
        ("array(integer)", "[1]x"),
        ("array(integer)", "[1.0]"),
        ("array(integer)", "[2147483648]"),
        ("array(integer)", r#"["1"]"#),
        ("array(integer)", r#"{"a":1}"#),
        ("array(integer)", "1"),
        ("array(integer)", ""),
        ("array(boolean)", r#"["true"]"#),
        ("array(double)", r#"["1.5"]"#),
        ("array(double)", "[NaN]"),
        ("array(decimal(3,2))", "[0.005]"),
        ("array(decimal(3,2))", "[1E1]"),
        ("array(varchar)", "[1]"),
        ("array(varchar)", r#"["\ud834"]"#),
        ("array(varchar)", r#"["a]"#),
        ("array(date)", r#"["2017-02-29"]"#),
        ("array(varbinary)", r#"["0"]"#),
        ("array(varbinary)", r#"["0G"]"#),
        ("array(unknown)", "[1]"),
        ("map(varchar, integer)", r#"{"a":1,"a":2}"#),
        ("map(bigint, integer)", r#"{"x":1}"#),
        ("map(bigint, integer)", r#"{1:1}"#),
        ("map(bigint, integer)", r#"{null:1}"#),
        ("map(bigint, integer)", r#"{"1",1}"#),
        ("map(bigint, integer)", "[]"),
        ("row(a integer, b integer)", r#"{"a":1}"#),
        ("row(a integer, b integer)", r#"{"a":1,"b":2,"c":3}"#),
        ("row(a integer, b integer)", r#"{"b":1,"a":2}"#),
        ("row(a integer, b integer)", r#"{"a":1,"a":2}"#),
        ("row(a integer, b integer)", "[1]"),
        ("row(a integer, b integer)", "[1,2,3]"),
        ("row(a integer, b integer)", "[1,2}"),
        ("row(a integer)", "{}"),
    ] {
        let error = decode(athena_type, &[None, Some(json)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{athena_type} {json}");
        let message = error.message();
        let place = format!(
            "Column \"c0\" ({}), row 1: ",
            crate::types::AthenaType::parse(athena_type).unwrap()
        );
        assert!(message.starts_with(&place), "{message}");
        assert!(message.contains(&format!("{json:?}")), "{message}");
        assert!(message.contains(" at byte "), "{message}");
    }
}

#[test]
fn repeated_keys_are_found_among_many() {
    let members = |last: &str| {
        let mut members: Vec<String> = (0..100).map(|n| format!("\"{n}\":{n}")).collect();
        members.push(format!("\"{last}\":0"));
        format!("{{{}}}", members.join(","))
    };
    let fine = decode("map(integer, integer)", &[Some(&members("100"))]).unwrap();
    assert_eq!(fine.as_map().value(0).len(), 101);
    for repeated in ["3", "42", "99"] {
        assert!(decode("map(integer, integer)", &[Some(&members(repeated))]).is_err());
    }
}

#[test]
fn types_as_deep_as_can_be_are_read() {
    let deep = |open: &str, leaf: &str, close: &str| open.repeat(64) + leaf + &close.repeat(64);
    let array = decode(&deep("array(", "date", ")"), &[Some(&deep("[", "", "]"))]);
    assert_eq!(array.unwrap().len(), 1);
    let deeper = "[".repeat(100_000);
    assert!(decode(&deep("array(", "date", ")"), &[Some(&deeper)]).is_err());
}

#[test]
fn values_and_nulls_stay_in_their_rows_over_several_batches() {
    let columns = columns(&["row(a array(integer), b varchar)"]);
    let limits = BatchLimits {
        max_rows: 7,
        first_batch_rows: 3,
        ..BatchLimits::default()
    };
    let mut decoder = RowDecoder::new(columns, ComplexTypes::Typed, limits);
    let mut next = 0;
    for n in 0..101 {
        if n == 100 {
            decoder.flush().unwrap();
        }
        let json = format!(r#"{{"a":[{n},null,{n}],"b":"v{n}"}}"#);
        let cell = (n % 3 > 0).then_some(json.as_str());
        decoder.push_row([cell]).unwrap();
        while let Some(batch) = decoder.next_batch() {
            for text in shown(batch.column(0)) {
                let expected = format!("{{a: [{next}, ∅, {next}], b: v{next}}}");
                assert_eq!(
                    text,
                    if next % 3 > 0 {
                        expected
                    } else {
                        "∅".to_owned()
                    }
                );
                next += 1;
            }
        }
    }
    assert_eq!(next, 100);
}
