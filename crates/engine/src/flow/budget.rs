//! How many repetitions an application has to bear: a fifth of the calls, whatever fails. Pure.

/// What a repetition costs, where every call brings one.
const COST: u32 = 5;
/// The first calls to a host may be repeated before there were any to save up from.
const START: u32 = 3 * COST;
/// More than this is not saved up.
const MOST: u32 = 20 * COST;

/// The budget of one host.
#[derive(Debug)]
pub(super) struct RetryBudget(u32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(START)
    }
}

impl RetryBudget {
    /// A call is made for the first time.
    pub(super) fn deposit(&mut self) {
        self.0 = (self.0 + 1).min(MOST);
    }

    /// Takes the cost of a repetition, if it is there.
    pub(super) fn withdraw(&mut self) -> bool {
        let paid = self.0.checked_sub(COST);
        self.0 = paid.unwrap_or(self.0);
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
        assert!(sent <= 12_003, "{sent}");
        println!("D5: 10000 calls that all failed made {sent} requests");
    }

    #[test]
    fn the_first_call_to_a_host_may_be_repeated() {
        let mut budget = RetryBudget::default();
        assert!(budget.withdraw() && budget.withdraw());
    }
}
