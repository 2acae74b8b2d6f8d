//! Pages against serde_json, which reads all of it.

use fastrand::Rng;
use serde_json::{Value, json};

use super::*;

type Cells = Vec<Vec<Option<String>>>;

fn cells(page: &ResultPage) -> Cells {
    page.rows.iter().map(PageRow::to_owned).collect()
}

#[test]
fn an_answer_as_athena_gives_it() {
    let body = r#"{"NextToken":"abc=","ResultSet":{"ResultSetMetadata":{"ColumnInfo":[
        {"CaseSensitive":false,"CatalogName":"hive","Label":"n","Name":"n","Nullable":"UNKNOWN","Precision":10,"Scale":0,"SchemaName":"","TableName":"","Type":"integer"},
        {"Name":"d","Type":"decimal","Precision":18,"Scale":2}]},
        "Rows":[{"Data":[{"VarCharValue":"n"},{"VarCharValue":"d"}]},{"Data":[{},{"VarCharValue":""}]},{"Data":[]},{"Data":[{"VarCharValue":"1"}]}],
        "ResultRows":[{"Data":["{\"}]",null,true,-1.5e3,[[]],{}]}]},"UpdateCount":0}"#;
    let page = read(body.as_bytes()).unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        cells(&page),
        [
            vec![text("n"), text("d")],
            vec![None, text("")],
            vec![],
            vec![text("1")]
        ]
    );
    assert_eq!(page.next_token.as_deref(), Some("abc="));
    assert_eq!(page.update_count, Some(0));
    let columns: Vec<_> = page
        .columns
        .unwrap()
        .iter()
        .map(|c| (c.name.clone(), c.athena_type.to_string()))
        .collect();
    assert_eq!(
        columns,
        [
            ("n".to_owned(), "integer".to_owned()),
            ("d".to_owned(), "decimal(18,2)".to_owned())
        ]
    );
}

#[test]
fn what_is_not_there_is_none() {
    for body in [
        "{}",
        " { } ",
        r#"{"ResultSet":null,"NextToken":null,"UpdateCount":null}"#,
        r#"{"ResultSet":{"Rows":null}}"#,
    ] {
        let page = read(body.as_bytes()).unwrap();
        assert!(cells(&page).is_empty() && page.columns.is_none(), "{body}");
        assert!(
            page.next_token.is_none() && page.update_count.is_none(),
            "{body}"
        );
    }
    let page = read(br#"{"ResultSet":{"Rows":[null,{},{"Data":null},{"Data":[null,{"VarCharValue":null}]}],"ResultSetMetadata":{"ColumnInfo":[]}}}"#).unwrap();
    assert_eq!(cells(&page), [vec![], vec![], vec![], vec![None, None]]);
    assert_eq!(page.columns.unwrap(), []);
}

#[test]
fn escapes_of_every_kind() {
    let page = read(r#"{"ResultSet":{"Rows":[{"D\u0061ta":[{"VarCharValue":"\"\\\/\b\f\n\r\t\u00e9\ud834\udd1e é𝄞"}]}]}}"#.as_bytes()).unwrap();
    assert_eq!(
        cells(&page),
        [[Some("\"\\/\u{8}\u{C}\n\r\té𝄞 é𝄞".to_owned())]]
    );
}

#[test]
fn malformed_answers_are_errors() {
    let whole =
        r#"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"a\u00e9"},{}]}]},"UpdateCount":12}"#;
    for length in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..length]).is_err(), "{length}");
    }
    for body in [
        "[]",
        "null x",
        "{}{}",
        r#"{"UpdateCount":1.5}"#,
        r#"{"UpdateCount":"1"}"#,
        r#"{"NextToken":1}"#,
        r#"{"NextToken":"\x"}"#,
        r#"{"NextToken":"\u12g4"}"#,
        r#"{"NextToken":"\u+123"}"#,
        r#"{"NextToken":"\ud834"}"#,
        r#"{"NextToken":"\udd1e\ud834"}"#,
        r#"{"a" 1}"#,
        r#"{"a":}"#,
        r#"{a:1}"#,
        r#"{"a":nul}"#,
        r#"{"ResultSet":[]}"#,
        r#"{"ResultSet":{"Rows":{}}}"#,
        r#"{null:1}"#,
    ] {
        assert!(read(body.as_bytes()).is_err(), "{body}");
    }
    assert_eq!(
        read(b"{\"NextToken\":\"\xFF\"}").unwrap_err().to_string(),
        "malformed JSON: expected UTF-8 at byte 14"
    );
}

#[test]
fn random_pages_read_as_serde_json_reads_them() {
    const PARTS: [&str; 9] = [
        "a",
        "\"",
        "\\",
        "\n",
        "\u{1}",
        "ü",
        "🦀",
        "\"}",
        " words of some length ",
    ];
    let mut rng = Rng::with_seed(11);
    for round in 0..500 {
        let rows: Cells = (0..rng.usize(..20))
            .map(|_| {
                (0..rng.usize(..5))
                    .map(|_| {
                        let text = (0..rng.usize(..6))
                            .map(|_| PARTS[rng.usize(..PARTS.len())])
                            .collect();
                        (rng.u8(..4) > 0).then_some(text)
                    })
                    .collect()
            })
            .collect();
        let rows_json: Vec<Value> = rows
            .iter()
            .map(|row| {
                let data: Vec<_> = row
                    .iter()
                    .map(|cell| match cell {
                        Some(text) => json!({"VarCharValue": text}),
                        None => json!({}),
                    })
                    .collect();
                json!({"Data": data})
            })
            .collect();
        let value = json!({"ResultSet": {"Rows": rows_json}, "NextToken": "t"});
        let mut body = if round % 2 == 0 {
            serde_json::to_vec(&value)
        } else {
            serde_json::to_vec_pretty(&value)
        }
        .unwrap();
        assert_eq!(cells(&read(&body).unwrap()), rows);
        // A byte changed: no panic, and nothing accepted that is not JSON.
        let position = rng.usize(..body.len());
        body[position] = rng.u8(0x20..0x7F);
        if read(&body).is_ok() {
            assert!(
                serde_json::from_slice::<Value>(&body).is_ok(),
                "{}",
                String::from_utf8_lossy(&body)
            );
        }
    }
}
