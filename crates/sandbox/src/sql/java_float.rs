//! Java's `Float.toString` and `Double.toString`, the text form Athena gives real and double.

/// Writes a double as Java does: shortest digits that round-trip, `E` notation outside
/// 1e-3 ≤ |x| < 1e7.
pub(super) fn double(value: f64) -> String {
    if value.is_finite() {
        from_scientific(&format!("{value:e}"))
    } else {
        special(value)
    }
}

/// Writes a real as Java's `Float.toString` does.
pub(super) fn float(value: f32) -> String {
    if value.is_finite() {
        from_scientific(&format!("{value:e}"))
    } else {
        special(value.into())
    }
}

fn special(value: f64) -> String {
    let text = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    text.to_owned()
}

/// Turns Rust's `-1.25e-7` into Java's spelling of the same digits.
fn from_scientific(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, magnitude) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = format!("{whole}{fraction}");
    if digits == "0" {
        return format!("{sign}0.0");
    }
    if !(-3..7).contains(&exponent) {
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        return format!("{sign}{whole}.{fraction}E{exponent}");
    }
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let point = exponent + 1;
            if digits.len() > point {
                format!("{sign}{}.{}", &digits[..point], &digits[point..])
            } else {
                format!("{sign}{digits:0<point$}.0")
            }
        }
        Err(_negative) => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_java_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.5, "0.5"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (12_345.678, "12345.678"),
            (1e7, "1.0E7"),
            (1e20, "1.0E20"),
            (1e-7, "1.0E-7"),
            (-1.25e-7, "-1.25E-7"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn reals_keep_single_precision_digits() {
        assert_eq!(float(0.1), "0.1");
        assert_eq!(float(3.402_823_5e38), "3.4028235E38");
        assert_eq!(float(16_777_216.0), "1.6777216E7");
    }
}
