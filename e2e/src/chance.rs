//! Random numbers that a printed seed brings back, and the two places where the real clock and real randomness come in.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// A small seeded generator (SplitMix64): the same seed gives the same run.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Starts from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for the `n`th worker, so that workers' draws do not depend on their timing.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// An id that nobody else in this run has.
    pub(crate) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// An id that says when it was made (RFC 9562, version 7).
    pub(crate) fn uuid_at(&mut self, ms: u64) -> Uuid {
        let [a, b, c, d, e, f, g, h, i, j, ..] = self.bytes();
        uuid::Builder::from_unix_timestamp_millis(ms, &[a, b, c, d, e, f, g, h, i, j]).into_uuid()
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }
}

/// The seed of a run that was given none.
#[expect(clippy::disallowed_methods, reason = "an edge: a fresh seed comes from the clock, and is printed")]
pub(crate) fn seed_of_the_moment() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs() ^ (u64::from(since.subsec_nanos()) << 20))
}

/// Milliseconds since the epoch, as Iceberg's timestamps want them.
#[expect(clippy::disallowed_methods, reason = "an edge: the cases are clients, and a client has a clock")]
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A password that nobody can guess.
#[expect(clippy::disallowed_methods, reason = "an edge: a secret must not come from the printed seed")]
pub(crate) fn secret() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let draw = || {
            let mut chance = Chance::new(7);
            (0..20).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().iter().any(|n| *n != draw()[0]), "the numbers differ from one another");
    }
}
