//! Default values: whether a JSON value is one of a type (spec, "JSON single-value serialization").

use serde_json::Value;
use uuid::Uuid;

use crate::json::RawJson;
use crate::types::{PrimitiveType, Type, iso};

/// Says what is wrong with `default` as a value of `field_type`.
pub(crate) fn check_default(field_type: &Type, default: &RawJson) -> Result<(), String> {
    let text = default.as_str();
    let name = field_type.to_string();
    let Type::Primitive(primitive) = field_type else { return Err(must_be_null(&name, text)) };
    use PrimitiveType as P;
    if matches!(primitive, P::Unknown | P::Variant | P::Geometry(_) | P::Geography(_)) {
        return Err(must_be_null(&name, text));
    }
    let refuse = |reason: &str| Err(format!("Cannot parse default as a {name} value: {text}{reason}"));
    let Ok(value) = serde_json::from_str::<Value>(text) else { return refuse("") };
    match (primitive, value.as_str()) {
        (P::Decimal { scale, .. }, Some(number)) => match decimal_scale(number) {
            Some(found) if found == i64::from(*scale) => Ok(()),
            Some(_) => refuse(", the scale doesn't match"),
            None => refuse(""),
        },
        (P::TimestampTz | P::TimestampTzNs, Some(time)) => match iso::split_offset(time) {
            Some((local, true)) if iso::is_timestamp(local, digits(primitive)) => Ok(()),
            Some((local, false)) if iso::is_timestamp(local, digits(primitive)) => refuse(", offset must be +00:00"),
            _ => refuse(""),
        },
        (P::Fixed(length), Some(bytes)) if bytes.len() as u64 != u64::from(*length) * 2 => {
            Err(format!("Cannot parse default {name} value: {text}, incorrect length: {}", bytes.len()))
        }
        (_, Some(string)) if is_text_of(primitive, string) => Ok(()),
        (P::Float | P::Double, None) if value.is_number() && text.contains(['.', 'e', 'E']) => Ok(()),
        (_, None) if is_value_of(primitive, &value) => Ok(()),
        _ => refuse(""),
    }
}

fn must_be_null(type_name: &str, text: &str) -> String {
    format!("Invalid default value for {type_name}: {text} (must be null)")
}

fn is_value_of(primitive: &PrimitiveType, value: &Value) -> bool {
    use PrimitiveType as P;
    match primitive {
        P::Boolean => value.is_boolean(),
        P::Int => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        P::Long => value.is_i64(),
        _ => false,
    }
}

fn is_text_of(primitive: &PrimitiveType, text: &str) -> bool {
    use PrimitiveType as P;
    match primitive {
        P::String => true,
        P::Uuid => text.len() == 36 && text.parse::<Uuid>().is_ok(),
        P::Date => iso::is_date(text),
        P::Time => iso::is_time(text, digits(primitive)),
        P::Timestamp | P::TimestampNs => iso::is_timestamp(text, digits(primitive)),
        P::Fixed(_) | P::Binary => text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    }
}

/// How many digits of a second the type keeps.
fn digits(primitive: &PrimitiveType) -> usize {
    if matches!(primitive, PrimitiveType::TimestampNs | PrimitiveType::TimestampTzNs) { 9 } else { 6 }
}

/// The scale of `14.20` is 2, that of `2E+3` is -3.
fn decimal_scale(text: &str) -> Option<i64> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let number = number.strip_prefix(['+', '-']).unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.len() + fraction.len();
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    (digits > 0 && all_digits).then_some(i64::try_from(fraction.len()).ok()? - i64::from(exponent))
}

#[cfg(test)]
mod tests {
    use super::check_default;
    use crate::json::RawJson;
    use crate::types::{StructType, Type};

    fn verdict(name: &str, json: &str) -> Result<(), String> {
        check_default(&Type::Primitive(name.parse().unwrap()), &RawJson::unread(json.to_owned().into()))
    }

    #[test]
    fn the_values_of_the_specs_table_are_taken() {
        for (name, json) in [
            ("boolean", "true"),
            ("int", "-34"),
            ("long", "9223372036854775807"),
            ("float", "1.0"),
            ("double", "1e10"),
            ("decimal(9, 2)", r#""14.20""#),
            ("decimal(9, 0)", r#""-14""#),
            ("decimal(9, 2)", r#""142E-2""#),
            ("date", r#""2017-11-16""#),
            ("time", r#""22:31:08.123456""#),
            ("time", r#""22:31""#),
            ("timestamp", r#""2017-11-16T22:31:08.123456""#),
            ("timestamptz", r#""2017-11-16T22:31:08.123456+00:00""#),
            ("timestamptz", r#""2017-11-16T22:31:08Z""#),
            ("timestamp_ns", r#""2017-11-16T22:31:08.123456789""#),
            ("timestamptz_ns", r#""2017-11-16T22:31:08.123456789+00:00""#),
            ("string", r#""iceberg""#),
            ("uuid", r#""f79c3e09-677c-4bbd-a479-3f349cb785e7""#),
            ("fixed[4]", r#""000102FF""#),
            ("binary", r#""00ff""#),
        ] {
            assert_eq!(verdict(name, json), Ok(()), "{name} {json}");
        }
    }

    #[test]
    fn other_values_are_refused() {
        for (name, json) in [
            ("boolean", "1"),
            ("int", "2147483648"),
            ("int", "1.0"),
            ("int", r#""1""#),
            ("long", "9223372036854775808"),
            ("float", r#""NaN""#),
            // Other readers take no whole number for these.
            ("float", "1"),
            ("double", "123456789012345678901234567890"),
            ("decimal(9, 2)", "14.20"),
            ("decimal(9, 2)", r#""14,20""#),
            ("decimal(9, 2)", r#"".""#),
            ("date", r#""2017-02-29""#),
            ("date", "17486"),
            ("time", r#""24:00:00""#),
            ("timestamp", r#""2017-11-16 22:31:08""#),
            ("timestamp", r#""2017-11-16T22:31:08+00:00""#),
            ("timestamptz", r#""2017-11-16T22:31:08""#),
            ("string", "4"),
            ("uuid", r#""f79c3e09677c4bbda4793f349cb785e7""#),
            ("fixed[2]", r#""xyzw""#),
            ("binary", r#""0""#),
            ("binary", r#""é""#),
        ] {
            let expected =
                format!("Cannot parse default as a {} value: {json}", name.parse::<super::PrimitiveType>().unwrap());
            assert_eq!(verdict(name, json), Err(expected));
        }
        for (name, json, expected) in [
            (
                "decimal(9, 2)",
                r#""14.2""#,
                r#"Cannot parse default as a decimal(9, 2) value: "14.2", the scale doesn't match"#,
            ),
            (
                "timestamptz",
                r#""2017-11-16T22:31:08-07:00""#,
                r#"Cannot parse default as a timestamptz value: "2017-11-16T22:31:08-07:00", offset must be +00:00"#,
            ),
            ("fixed[4]", r#""00""#, r#"Cannot parse default fixed[4] value: "00", incorrect length: 2"#),
            ("unknown", "4", "Invalid default value for unknown: 4 (must be null)"),
        ] {
            assert_eq!(verdict(name, json), Err(expected.to_owned()));
        }
        let default = RawJson::unread("{}".into());
        assert_eq!(
            check_default(&Type::Struct(StructType::default()), &default),
            Err("Invalid default value for struct<>: {} (must be null)".to_owned())
        );
    }
}
