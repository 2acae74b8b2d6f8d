//! External tables over text: delimited, quoted, JSON.

use std::io::Write as _;

use crate::{SANDBOX, done, failed, rows};

fn put(key: &str, text: &str) {
    SANDBOX.put_object("lake", key, text.as_bytes()).unwrap();
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

#[test]
fn delimited_text_reads_by_lazy_simple_rules() {
    done("CREATE DATABASE text_db");
    put(
        "text_lines/a.csv",
        "id,name,tags,price\n1,one,x|y,1.5\n2,\\N,,oops\n\"3\",\"q\"\n",
    );
    SANDBOX
        .put_object(
            "lake",
            "text_lines/b.csv.gz",
            &gzip("id,name,tags,price\n4,four,z,0.25\n"),
        )
        .unwrap();
    put("text_lines/_ignored", "9,no,,\n");
    done(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `text_db`.`t` (`id` int COMMENT 'the id', name string, tags array<string>, price double) \
         ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' COLLECTION ITEMS TERMINATED BY '|' STORED AS TEXTFILE \
         LOCATION 's3://lake/text_lines' TBLPROPERTIES ('skip.header.line.count' = '1')",
    );
    assert_eq!(
        rows("SELECT * FROM text_db.t ORDER BY id NULLS LAST"),
        [
            "1|one|[x, y]|1.5",
            "2|∅|[]|∅",
            "4|four|[z]|0.25",
            "∅|\"q\"|∅|∅"
        ]
    );
    assert_eq!(
        rows("DESCRIBE text_db.t")[0],
        "id                  \tint                 \tthe id              "
    );
    let created = rows("SHOW CREATE TABLE text_db.t");
    assert_eq!(created[0], "CREATE EXTERNAL TABLE `t`(");
    assert!(
        created.contains(&"  'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' ".to_owned()),
        "{created:?}"
    );
    done("ALTER TABLE text_db.t ADD COLUMNS (extra int)");
    assert_eq!(
        rows("SELECT id, extra FROM text_db.t WHERE id = 1"),
        ["1|∅"]
    );
    done("ALTER TABLE text_db.t SET TBLPROPERTIES ('note' = 'hello')");
    assert!(rows("SHOW TBLPROPERTIES text_db.t").contains(&"note\thello".to_owned()));
    assert_eq!(rows("SHOW TBLPROPERTIES text_db.t('note')"), ["hello"]);
}

#[test]
fn open_csv_has_quotes_and_bad_numbers_fail() {
    done("CREATE DATABASE quoted_db");
    put("quoted/a.csv", "1,\"a,b\"\n2,\"say \"\"hi\"\"\"\n3,\n");
    done(
        "CREATE EXTERNAL TABLE quoted_db.t (id int, name string) \
         ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' \
         WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '\"') LOCATION 's3://lake/quoted/'",
    );
    assert_eq!(
        rows("SELECT * FROM quoted_db.t ORDER BY id"),
        ["1|a,b", "2|say \"hi\"", "3|"]
    );
    put("quoted/b.csv", "x,y\n");
    let (reason, _) = failed("SELECT * FROM quoted_db.t");
    assert!(reason.starts_with("HIVE_BAD_DATA: "), "{reason}");
}

#[test]
fn json_lines_read_by_name_into_nested_types() {
    done("CREATE DATABASE json_db");
    put(
        "json_lines/dt=2024-01-01/a.json",
        "{\"ID\": 1, \"who\": {\"name\": \"x\", \"age\": 3}, \"tags\": {\"k\": 1.5}, \"xs\": [1, null]}\n\n{\"id\": 2, \"raw\": {\"a\": 1}}\n",
    );
    done(
        "CREATE EXTERNAL TABLE json_db.t (id bigint, who struct<name:string,age:int>, tags map<string,double>, xs array<int>, raw string) \
         PARTITIONED BY (dt date) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/json_lines/'",
    );
    assert_eq!(rows("SELECT * FROM json_db.t"), [""; 0]);
    done("MSCK REPAIR TABLE json_db.t");
    assert_eq!(
        rows("SELECT * FROM json_db.t ORDER BY id"),
        [
            "1|{name=x, age=3}|{k=1.5}|[1, null]|∅|2024-01-01",
            "2|∅|∅|∅|{\"a\":1}|2024-01-01"
        ]
    );
    assert_eq!(
        rows("SELECT who.name, tags['k'] FROM json_db.t WHERE id = 1 AND dt = DATE '2024-01-01'"),
        ["x|1.5"]
    );
    put("json_lines/dt=2024-01-01/b.json", "{broken\n");
    let (reason, _) = failed("SELECT * FROM json_db.t");
    assert!(
        reason.starts_with("HIVE_CURSOR_ERROR: Row is not a valid JSON Object"),
        "{reason}"
    );
}
