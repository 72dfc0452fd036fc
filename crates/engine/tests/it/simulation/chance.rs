//! Chance that a seed decides: the same seed, the same numbers (SplitMix64).

use std::ops::Range;

pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        // Seeds that follow each other must not make worlds that resemble each other.
        Self(seed.wrapping_mul(0xD120_0000_0000_1A2B) ^ 0x5EED)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.within(0..100) < share
    }

    /// A number from 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.within(0..1001) as f64 / 1000.0
    }

    /// One of several, each as likely as its weight says.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let mut left = self.within(0..choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        unreachable!("the weights were counted")
    }
}
