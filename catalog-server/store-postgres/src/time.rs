//! `timestamptz` as jiff's timestamp: microseconds since 2000-01-01 on the wire.

use jiff::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// A column or parameter of type `timestamptz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

/// The timestamp as the database keeps it, so that what a method answers is what it answers later.
pub(crate) fn kept(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        // By its number, which is fixed: a name would be looked up once a connection.
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0.as_microsecond() - EPOCH, buf)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() != PgValueFormat::Binary {
            return Err("a timestamp came as text".into());
        }
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        let micros = micros.checked_add(EPOCH).ok_or("a timestamp is out of range")?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_the_first_day_of_2000() {
        let epoch: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(epoch.as_microsecond(), EPOCH);
    }

    #[test]
    fn nanoseconds_are_cut_off() {
        let time: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        assert_eq!(kept(time), "2026-01-02T03:04:05.123456Z".parse().unwrap());
    }
}
