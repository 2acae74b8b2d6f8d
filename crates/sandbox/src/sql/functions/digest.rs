//! Hashes, and bytes as text and numbers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use datafusion::arrow::array::{ArrayRef, BinaryArray, Int64Array};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Digest as _;

use super::strings::column;
use super::{Arguments, Function, bigint, invalid_argument, returning, text};
use crate::sql::types::AthenaType;

fn binary(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&AthenaType::Varbinary)
}

pub(super) fn functions() -> Vec<Function> {
    macro_rules! hash {
        ($name:literal, $hash:ty) => {
            Function::new($name, 1..=1, binary, |args| {
                hashed(args, |bytes| <$hash>::digest(bytes).to_vec())
            })
            .taking("b")
        };
    }
    macro_rules! keyed {
        ($name:literal, $hash:ty) => {
            Function::new($name, 2..=2, binary, |args| {
                let keys = args.bytes(1)?;
                let bytes = args.bytes(0)?;
                let rows = args.each(|row| {
                    let mac = Hmac::<$hash>::new_from_slice(keys.value(row));
                    let mut mac = mac.map_err(|error| invalid_argument(error.to_string()))?;
                    mac.update(bytes.value(row));
                    Ok(Some(mac.finalize().into_bytes().to_vec()))
                })?;
                Ok(bytes_column(rows))
            })
            .taking("bb")
        };
    }
    vec![
        hash!("md5", md5::Md5),
        hash!("sha1", sha1::Sha1),
        hash!("sha256", sha2::Sha256),
        hash!("sha512", sha2::Sha512),
        keyed!("hmac_md5", md5::Md5),
        keyed!("hmac_sha1", sha1::Sha1),
        keyed!("hmac_sha256", sha2::Sha256),
        keyed!("hmac_sha512", sha2::Sha512),
        Function::new("crc32", 1..=1, bigint, crc32).taking("b"),
        Function::new("to_hex", 1..=1, text, to_hex).taking("b"),
        Function::new("from_hex", 1..=1, binary, from_hex).taking("t"),
        Function::new("to_base64", 1..=1, text, |args| {
            shown(args, |bytes| STANDARD.encode(bytes))
        })
        .taking("b"),
        Function::new("to_base64url", 1..=1, text, |args| {
            shown(args, |bytes| URL_SAFE.encode(bytes))
        })
        .taking("b"),
        Function::new("from_base64", 1..=1, binary, |args| {
            parsed(args, |text| STANDARD.decode(text).ok())
        })
        .taking("t"),
        Function::new("from_base64url", 1..=1, binary, |args| {
            parsed(args, |text| URL_SAFE.decode(text).ok())
        })
        .taking("t"),
        Function::new("to_big_endian_64", 1..=1, binary, to_big_endian).taking("i"),
        Function::new("from_big_endian_64", 1..=1, bigint, from_big_endian).taking("b"),
    ]
}

fn bytes_column(rows: Vec<Option<Vec<u8>>>) -> ArrayRef {
    Arc::new(rows.into_iter().collect::<BinaryArray>())
}

fn hashed(args: &Arguments, hash: impl Fn(&[u8]) -> Vec<u8>) -> Result<ArrayRef> {
    let bytes = args.bytes(0)?;
    let rows = args.each(|row| Ok(Some(hash(bytes.value(row)))))?;
    Ok(bytes_column(rows))
}

fn shown(args: &Arguments, show: impl Fn(&[u8]) -> String) -> Result<ArrayRef> {
    let bytes = args.bytes(0)?;
    Ok(column(args.each(|row| Ok(Some(show(bytes.value(row)))))?))
}

fn parsed(args: &Arguments, parse: impl Fn(&str) -> Option<Vec<u8>>) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let rows = args.each(|row| {
        let text = strings.value(row);
        let bytes = parse(text);
        bytes
            .map(Some)
            .ok_or_else(|| invalid_argument(format!("Invalid input: {text}")))
    })?;
    Ok(bytes_column(rows))
}

fn to_hex(args: &Arguments) -> Result<ArrayRef> {
    shown(args, |bytes| {
        bytes.iter().map(|byte| format!("{byte:02X}")).collect()
    })
}

fn from_hex(args: &Arguments) -> Result<ArrayRef> {
    parsed(args, |text| {
        let digits: Vec<u32> = text
            .chars()
            .map(|c| c.to_digit(16))
            .collect::<Option<_>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let byte = |pair: &[u32; 2]| u8::try_from(pair[0] * 16 + pair[1]).ok();
        pairs.iter().map(byte).collect()
    })
}

fn crc32(args: &Arguments) -> Result<ArrayRef> {
    let bytes = args.bytes(0)?;
    let rows = args.each(|row| {
        let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, bytes.value(row));
        Ok(i64::try_from(sum).ok())
    })?;
    Ok(Arc::new(Int64Array::from(rows)))
}

fn to_big_endian(args: &Arguments) -> Result<ArrayRef> {
    let values = args.integers(0)?;
    let rows = args.each(|row| Ok(Some(values.value(row).to_be_bytes().to_vec())))?;
    Ok(bytes_column(rows))
}

fn from_big_endian(args: &Arguments) -> Result<ArrayRef> {
    let bytes = args.bytes(0)?;
    let rows = args.each(|row| {
        let eight = <[u8; 8]>::try_from(bytes.value(row));
        eight
            .map(|eight| Some(i64::from_be_bytes(eight)))
            .map_err(|_error| {
                invalid_argument(format!(
                    "expected 8-byte input, but got instead: {}",
                    bytes.value(row).len()
                ))
            })
    })?;
    Ok(Arc::new(Int64Array::from(rows)))
}
