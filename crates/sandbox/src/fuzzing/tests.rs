//! The same properties over random input.

use fastrand::Rng;

use super::{metadata, read};

/// Text of what types, names and numbers are made of.
fn random(rng: &mut Rng) -> Vec<u8> {
    const PARTS: [&str; 24] = [
        "\n",
        "\n",
        "\n",
        "\t",
        "\t",
        " ",
        "(",
        ")",
        ",",
        "-",
        "0",
        "7",
        "38",
        "2147483647",
        "varchar",
        "char",
        "decimal",
        "timestamp",
        " with time zone",
        "interval day to second",
        "boolean",
        "row(a bigint)",
        "ü",
        "\u{0}",
    ];
    let mut text = Vec::new();
    for _ in 0..rng.usize(..30) {
        text.extend_from_slice(rng.choice(PARTS).unwrap().as_bytes());
    }
    text
}

#[test]
fn metadata_is_read_as_it_was_written() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..20_000 {
        metadata(&random(&mut rng));
    }
    metadata(b"id\nINSERT -1\nn\tvarchar(-1)\nm\tdecimal(-2147483648,-7)");
}

#[test]
fn any_bytes_are_metadata_or_none() {
    let mut rng = Rng::with_seed(2);
    let recorded = b"\x0a\x01x\x22\x1d\x0a\x04hive\x22\x01n\x2a\x01n\x32\x07integer\x38\x0a\x40\x00\x48\x03\x50\x00";
    let column = read(recorded).unwrap().columns.pop().unwrap();
    assert_eq!(column, crate::column("n", "integer"));
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut bytes = recorded.to_vec();
        for _ in 0..rng.usize(1..5) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
        metadata(&bytes);
        refused += u32::from(read(&bytes).is_none());
    }
    assert!(refused > 10_000, "{refused}");
}
