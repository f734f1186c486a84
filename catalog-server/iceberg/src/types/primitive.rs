//! Types without parts, and their names.

use std::fmt;
use std::str::FromStr;

use crate::error::ParseError;

/// The reference system of geometries that name none.
const USUAL_SYSTEM: &str = "OGC:CRS84";
/// How an edge between two points on a sphere may run.
const EDGE_ALGORITHMS: [&str; 5] = ["spherical", "vincenty", "thomas", "andoyer", "karney"];

/// A type without parts (spec, "Primitive Types"; `variant` is one for our purposes, it has no field ids).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrimitiveType {
    /// True or false.
    Boolean,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// 32-bit IEEE 754.
    Float,
    /// 64-bit IEEE 754.
    Double,
    /// Fixed point: precision (at most 38) and scale.
    Decimal {
        /// Digits.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
    /// Days.
    Date,
    /// Microseconds of a day.
    Time,
    /// Microseconds, no zone.
    Timestamp,
    /// Microseconds, UTC.
    TimestampTz,
    /// Nanoseconds, no zone (v3).
    TimestampNs,
    /// Nanoseconds, UTC (v3).
    TimestampTzNs,
    /// UTF-8.
    String,
    /// 16 bytes.
    Uuid,
    /// So many bytes.
    Fixed(u32),
    /// Bytes.
    Binary,
    /// Always null (v3).
    Unknown,
    /// Semi-structured (v3).
    Variant,
    /// Planar geometry; its reference system if that is not the usual one (v3).
    Geometry(Option<String>),
    /// Geometry on a sphere; its reference system and, behind a comma, how its edges run, if that is not the usual (v3).
    Geography(Option<String>),
}

impl PrimitiveType {
    /// The first format version that has this type.
    pub(crate) fn since(&self) -> u8 {
        match self {
            Self::TimestampNs
            | Self::TimestampTzNs
            | Self::Unknown
            | Self::Variant
            | Self::Geometry(_)
            | Self::Geography(_) => 3,
            _ => 1,
        }
    }
}

impl FromStr for PrimitiveType {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let unknown = || ParseError::new("type", format!("unknown type {text}"));
        let (name, arguments) = split(text).ok_or_else(unknown)?;
        Ok(match (name.to_ascii_lowercase().as_str(), arguments) {
            ("boolean", None) => Self::Boolean,
            ("int", None) => Self::Int,
            ("long", None) => Self::Long,
            ("float", None) => Self::Float,
            ("double", None) => Self::Double,
            ("decimal", Some(arguments)) => decimal(arguments)?.ok_or_else(unknown)?,
            ("date", None) => Self::Date,
            ("time", None) => Self::Time,
            ("timestamp", None) => Self::Timestamp,
            ("timestamptz", None) => Self::TimestampTz,
            ("timestamp_ns", None) => Self::TimestampNs,
            ("timestamptz_ns", None) => Self::TimestampTzNs,
            ("string", None) => Self::String,
            ("uuid", None) => Self::Uuid,
            ("fixed", Some(length)) => Self::Fixed(length.trim().parse().map_err(|_| unknown())?),
            ("binary", None) => Self::Binary,
            ("unknown", None) => Self::Unknown,
            ("variant", None) => Self::Variant,
            ("geometry", None) => Self::Geometry(None),
            ("geometry", Some(system)) => Self::Geometry(reference_system(system)?),
            ("geography", None) => Self::Geography(None),
            ("geography", Some(arguments)) => Self::Geography(geography(arguments)?),
            _ => return Err(unknown()),
        })
    }
}

/// `name`, `name(arguments)` or `name[arguments]`.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let text = text.trim();
    let Some(open) = text.find(['(', '[']) else { return Some((text, None)) };
    let (name, rest) = text.split_at(open);
    let arguments = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let arguments = arguments.or_else(|| rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')))?;
    Some((name.trim_end(), Some(arguments)))
}

fn decimal(arguments: &str) -> Result<Option<PrimitiveType>, ParseError> {
    let Some((precision, scale)) = arguments.split_once(',') else { return Ok(None) };
    let (Ok(precision), Ok(scale)) = (precision.trim().parse(), scale.trim().parse()) else { return Ok(None) };
    match precision {
        0 => Ok(None),
        1..=38 => Ok(Some(PrimitiveType::Decimal { precision, scale })),
        _ => fail(format!("Decimals with precision larger than 38 are not supported: {precision}")),
    }
}

/// None for the usual one.
fn reference_system(text: &str) -> Result<Option<String>, ParseError> {
    match text.trim() {
        "" => fail("Invalid CRS: (empty string)".to_owned()),
        USUAL_SYSTEM => Ok(None),
        system => Ok(Some(system.to_owned())),
    }
}

/// `system` or `system, algorithm`. A table with another algorithm no other reader could open.
fn geography(arguments: &str) -> Result<Option<String>, ParseError> {
    let Some((system, algorithm)) = arguments.split_once(',') else { return reference_system(arguments) };
    let system = reference_system(system)?;
    let algorithm = algorithm.trim().to_ascii_lowercase();
    if !EDGE_ALGORITHMS.contains(&algorithm.as_str()) {
        return fail(format!("Invalid edge interpolation algorithm: {algorithm}"));
    }
    Ok(Some(format!("{}, {algorithm}", system.as_deref().unwrap_or(USUAL_SYSTEM))))
}

fn fail<T>(reason: String) -> Result<T, ParseError> {
    Err(ParseError::new("type", reason))
}

impl fmt::Display for PrimitiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Int => f.write_str("int"),
            Self::Long => f.write_str("long"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::TimestampTz => f.write_str("timestamptz"),
            Self::TimestampNs => f.write_str("timestamp_ns"),
            Self::TimestampTzNs => f.write_str("timestamptz_ns"),
            Self::String => f.write_str("string"),
            Self::Uuid => f.write_str("uuid"),
            Self::Fixed(length) => write!(f, "fixed[{length}]"),
            Self::Binary => f.write_str("binary"),
            Self::Unknown => f.write_str("unknown"),
            Self::Variant => f.write_str("variant"),
            Self::Geometry(None) => f.write_str("geometry"),
            Self::Geometry(Some(arguments)) => write!(f, "geometry({arguments})"),
            Self::Geography(None) => f.write_str("geography"),
            Self::Geography(Some(arguments)) => write!(f, "geography({arguments})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PrimitiveType;

    #[test]
    fn every_type_is_written_as_it_is_read() {
        for name in [
            "boolean",
            "int",
            "long",
            "float",
            "double",
            "decimal(9, 2)",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "timestamp_ns",
            "timestamptz_ns",
            "string",
            "uuid",
            "fixed[16]",
            "binary",
            "unknown",
            "variant",
            "geometry",
            "geometry(srid:3857)",
            "geography",
            "geography(OGC:CRS84, karney)",
        ] {
            assert_eq!(name.parse::<PrimitiveType>().unwrap().to_string(), name);
        }
        assert_eq!("DECIMAL( 38,0 )".parse(), Ok(PrimitiveType::Decimal { precision: 38, scale: 0 }));
        for (text, name) in [
            ("geometry( EPSG:4326 )", "geometry(EPSG:4326)"),
            ("GEOMETRY(OGC:CRS84)", "geometry"),
            ("geography(OGC:CRS84)", "geography"),
            ("geography(x,KARNEY)", "geography(x, karney)"),
            ("geography( OGC:CRS84,spherical )", "geography(OGC:CRS84, spherical)"),
        ] {
            assert_eq!(text.parse::<PrimitiveType>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for name in [
            "",
            "text",
            "int(4)",
            "decimal",
            "decimal(0, 0)",
            "decimal(9)",
            "decimal(9, -1)",
            "fixed",
            "fixed[-1]",
            "fixed[99999999999]",
            "fixed[16",
            "string)",
            "decimal(9, 2]",
        ] {
            let error = name.parse::<PrimitiveType>().unwrap_err();
            assert_eq!(error.to_string(), format!("cannot parse type: unknown type {name}"));
        }
        for (name, expected) in [
            ("decimal(39, 1)", "Decimals with precision larger than 38 are not supported: 39"),
            ("geometry()", "Invalid CRS: (empty string)"),
            ("geography( , karney)", "Invalid CRS: (empty string)"),
            ("geography(x, straight)", "Invalid edge interpolation algorithm: straight"),
            ("geography(x, karney, y)", "Invalid edge interpolation algorithm: karney, y"),
        ] {
            let error = name.parse::<PrimitiveType>().unwrap_err();
            assert_eq!(error.to_string(), format!("cannot parse type: {expected}"));
        }
    }
}
