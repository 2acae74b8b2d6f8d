//! The iteration order of a `java.util.HashMap`, in which Athena prints maps.

/// A key, as far as its Java `hashCode` goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    /// `Boolean`.
    Boolean(bool),
    /// `Byte`, `Short`, `Integer`: the value is the hash.
    Integer(i32),
    /// `Long`.
    Long(i64),
    /// `Float`.
    Float(f32),
    /// `Double`.
    Double(f64),
    /// `String`, and all types the client library keeps as text.
    String(String),
}

impl Key {
    fn hash_code(&self) -> i32 {
        match self {
            Self::Boolean(true) => 1231,
            Self::Boolean(false) => 1237,
            Self::Integer(value) => *value,
            Self::Long(value) => fold(value.cast_unsigned()),
            Self::Float(value) => value.to_bits().cast_signed(),
            Self::Double(value) => fold(value.to_bits()),
            Self::String(text) => text.encode_utf16().fold(0_i32, |hash, unit| {
                hash.wrapping_mul(31).wrapping_add(i32::from(unit))
            }),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "Java's (int)(value ^ (value >>> 32)) keeps the low half"
)]
const fn fold(bits: u64) -> i32 {
    (bits ^ (bits >> 32)) as u32 as i32
}

/// The positions of `keys` in the order a `HashMap` filled in the given order iterates.
///
/// Buckets come in table order, and within a bucket the first inserted comes first; a
/// resize keeps that order, so only the final table size matters.
pub(super) fn iteration_order(keys: &[Key]) -> Vec<usize> {
    let buckets = table_size(keys.len());
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|&index| {
        let hash = keys[index].hash_code().cast_unsigned();
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    order
}

/// The table starts at 16 buckets and doubles when more than three quarters are used.
fn table_size(entries: usize) -> u32 {
    let mut size = 16_u32;
    while size < 1 << 30 && entries > (size / 4 * 3) as usize {
        size *= 2;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(keys: &[&str]) -> Vec<usize> {
        let keys: Vec<Key> = keys
            .iter()
            .map(|key| Key::String((*key).to_owned()))
            .collect();
        iteration_order(&keys)
    }

    #[test]
    fn measured_orders_are_reproduced() {
        // {j=2, k=1} and {9=a, 10=b}, as Athena printed them.
        assert_eq!(strings(&["k", "j"]), [1, 0]);
        assert_eq!(strings(&["10", "9"]), [1, 0]);
        assert_eq!(
            iteration_order(&[Key::Integer(10), Key::Integer(9)]),
            [1, 0]
        );
    }

    #[test]
    fn colliding_keys_keep_insertion_order() {
        assert_eq!(
            iteration_order(&[Key::Integer(16), Key::Integer(0)]),
            [0, 1]
        );
        // "Aa" and "BB" have the same hash code.
        assert_eq!(strings(&["BB", "Aa"]), [0, 1]);
    }

    #[test]
    fn the_table_grows_past_twelve_entries() {
        let keys: Vec<Key> = [16, 0]
            .into_iter()
            .chain(1..=11)
            .map(Key::Integer)
            .collect();
        assert_eq!(keys.len(), 13);
        // With 32 buckets, 16 has a bucket of its own, at the end.
        assert_eq!(iteration_order(&keys).last(), Some(&0));
    }

    #[test]
    fn hash_codes_are_javas() {
        assert_eq!(Key::String("hello".into()).hash_code(), 99_162_322);
        assert_eq!(Key::Long(-1).hash_code(), 0);
        assert_eq!(Key::Double(1.5).hash_code(), 1_073_217_536);
    }
}
