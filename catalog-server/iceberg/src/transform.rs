//! Partition and sort transforms (spec, "Partition Transforms").

use std::fmt;

use crate::types::{PrimitiveType, Type};

/// How a partition or sort value comes from a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transform {
    /// The value itself.
    Identity,
    /// Years since 1970.
    Year,
    /// Months since 1970.
    Month,
    /// Days since 1970.
    Day,
    /// Hours since 1970.
    Hour,
    /// A hash into so many buckets.
    Bucket(u32),
    /// The value cut to a width.
    Truncate(u32),
    /// Always null: what a dropped field of a v1 spec becomes.
    Void,
    /// One that this version does not know: kept in documents, refused in new specs and orders.
    Unknown(String),
}

impl Transform {
    pub(crate) fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "identity" => Self::Identity,
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "void" => Self::Void,
            lower => Self::parse_sized(lower).unwrap_or_else(|| Self::Unknown(text.to_owned())),
        }
    }

    fn parse_sized(text: &str) -> Option<Self> {
        let (name, size) = text.strip_suffix(']')?.split_once('[')?;
        let size = size.parse().ok().filter(|size| (1..=i32::MAX.unsigned_abs()).contains(size))?;
        match name {
            "bucket" => Some(Self::Bucket(size)),
            "truncate" => Some(Self::Truncate(size)),
            _ => None,
        }
    }

    /// What is wrong with this transform of a column of that type, in a new spec or order. The type of parts is looked at
    /// elsewhere.
    pub(crate) fn refuses(&self, source: &Type) -> Option<String> {
        if self.accepts(source) {
            return None;
        }
        match self {
            Self::Identity if matches!(source, Type::Primitive(_)) => {
                Some(format!("Unsupported type for identity: {source}"))
            }
            Self::Bucket(_) => Some(format!("Cannot bucket by type: {source}")),
            Self::Truncate(_) => Some(format!("Cannot truncate type: {source}")),
            Self::Year | Self::Month | Self::Day | Self::Hour => Some(format!("Unsupported type: {source}")),
            Self::Identity | Self::Void | Self::Unknown(_) => None,
        }
    }

    /// Whether a column of type `source` can be transformed.
    pub(crate) fn accepts(&self, source: &Type) -> bool {
        use PrimitiveType as P;
        let Type::Primitive(source) = source else { return matches!(self, Self::Void) };
        match self {
            Self::Void => true,
            Self::Unknown(_) => false,
            Self::Identity => !matches!(source, P::Variant | P::Geometry(_) | P::Geography(_)),
            Self::Year | Self::Month | Self::Day => matches!(source, P::Date) || is_timestamp(source),
            Self::Hour => is_timestamp(source),
            Self::Truncate(_) => matches!(source, P::Int | P::Long | P::Decimal { .. } | P::String | P::Binary),
            Self::Bucket(_) => {
                matches!(source, P::Int | P::Long | P::Decimal { .. } | P::Date | P::Time)
                    || matches!(source, P::String | P::Uuid | P::Fixed(_) | P::Binary)
                    || is_timestamp(source)
            }
        }
    }
}

/// What is wrong with a transform whose size is 0.
pub(crate) fn unknown_size(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "bucket[0]" => Some("Invalid number of buckets: 0 (must be > 0)".to_owned()),
        "truncate[0]" => Some("Invalid truncate width: 0 (must be > 0)".to_owned()),
        _ => None,
    }
}

fn is_timestamp(source: &PrimitiveType) -> bool {
    use PrimitiveType as P;
    matches!(source, P::Timestamp | P::TimestampTz | P::TimestampNs | P::TimestampTzNs)
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity"),
            Self::Year => f.write_str("year"),
            Self::Month => f.write_str("month"),
            Self::Day => f.write_str("day"),
            Self::Hour => f.write_str("hour"),
            Self::Bucket(count) => write!(f, "bucket[{count}]"),
            Self::Truncate(width) => write!(f, "truncate[{width}]"),
            Self::Void => f.write_str("void"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Transform;
    use crate::types::{PrimitiveType, StructType, Type};

    #[test]
    fn transforms_are_written_as_they_are_read() {
        for text in ["identity", "year", "month", "day", "hour", "bucket[16]", "truncate[4]", "void", "zorder[2]"] {
            assert_eq!(Transform::parse(text).to_string(), text);
        }
        for text in ["zorder[2]", "bucket[0]", "bucket[-1]", "bucket[4294967295]", "bucket", "Days", ""] {
            assert_eq!(Transform::parse(text), Transform::Unknown(text.to_owned()));
        }
        assert_eq!(Transform::parse("Bucket[4]"), Transform::Bucket(4));
    }

    #[test]
    fn a_transform_accepts_the_types_that_the_spec_lists() {
        let accepted = |transform: &str| -> Vec<&str> {
            let all = [
                "boolean",
                "int",
                "double",
                "decimal(4, 1)",
                "date",
                "time",
                "timestamptz",
                "string",
                "fixed[2]",
                "binary",
                "variant",
            ];
            let primitive = |name: &str| Type::Primitive(name.parse::<PrimitiveType>().unwrap());
            all.into_iter().filter(|name| Transform::parse(transform).accepts(&primitive(name))).collect()
        };
        assert_eq!(accepted("identity").len(), 10);
        assert_eq!(accepted("day"), ["date", "timestamptz"]);
        assert_eq!(accepted("hour"), ["timestamptz"]);
        assert_eq!(accepted("truncate[3]"), ["int", "decimal(4, 1)", "string", "binary"]);
        let bucketed = ["int", "decimal(4, 1)", "date", "time", "timestamptz", "string", "fixed[2]", "binary"];
        assert_eq!(accepted("bucket[3]"), bucketed);
        assert_eq!(accepted("zorder").len(), 0);
        assert!(!Transform::Identity.accepts(&Type::Struct(StructType::default())));
        assert!(Transform::Void.accepts(&Type::Struct(StructType::default())));
    }
}
