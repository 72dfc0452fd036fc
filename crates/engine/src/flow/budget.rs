//! How many repetitions an application has to bear: a fifth of the calls, whatever fails. Pure.

/// What a repetition costs, where every call brings one.
const COST: u32 = 5;
/// Lent at first, since the first call to a host may be repeated too; the next calls pay it back.
const LOAN: u32 = 3 * COST;
/// More than this is not saved up.
const MOST: u32 = 20 * COST;

/// The budget of one host.
#[derive(Debug)]
pub(super) struct RetryBudget {
    saved: u32,
    owed: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            saved: LOAN,
            owed: LOAN,
        }
    }
}

impl RetryBudget {
    /// A call is made for the first time.
    pub(super) fn deposit(&mut self) {
        match self.owed.checked_sub(1) {
            Some(less) => self.owed = less,
            None => self.saved = (self.saved + 1).min(MOST),
        }
    }

    /// Takes the cost of a repetition, if it is there.
    pub(super) fn withdraw(&mut self) -> bool {
        let paid = self.saved.checked_sub(COST);
        self.saved = paid.unwrap_or(self.saved);
        paid.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d5_where_everything_fails_a_fifth_is_repeated() {
        let mut budget = RetryBudget::default();
        let mut sent = 0;
        for _ in 0..10_000 {
            budget.deposit();
            sent += 1;
            sent += u32::from(budget.withdraw());
            sent += u32::from(budget.withdraw());
        }
        assert!(sent <= 12_000, "{sent}");
        println!("D5: 10000 calls that all failed made {sent} requests");
    }

    #[test]
    fn the_first_call_to_a_host_may_be_repeated() {
        let mut budget = RetryBudget::default();
        assert!(budget.withdraw() && budget.withdraw());
    }
}
