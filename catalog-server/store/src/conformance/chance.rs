//! Random choices that a seed repeats.

use crate::Ids;

/// SplitMix64 (Steele, Lea, Flood 2014): good enough to choose test data with.
pub struct Chance(u64);

impl Chance {
    /// Seeded by `PANGOLIN_TEST_SEED` or by chance; prints the seed.
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> Self {
        let seed = match std::env::var("PANGOLIN_TEST_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => Ids.random().as_u64_pair().0,
        };
        println!("PANGOLIN_TEST_SEED={seed} repeats this");
        Self(seed)
    }

    /// Seeded by this number.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(end).unwrap()).unwrap()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// `rounds`, times `PANGOLIN_TEST_FACTOR`.
pub fn rounds(rounds: usize) -> usize {
    let factor = std::env::var("PANGOLIN_TEST_FACTOR").map_or(1, |factor| factor.parse().unwrap());
    rounds * factor
}
