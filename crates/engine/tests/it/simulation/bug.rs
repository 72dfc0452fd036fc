//! Mistakes that are made on purpose, to see that the checker finds them.

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The store says that a row is durable before it is.
    StoreAnswersBeforeCommit,
    /// The store gives an idempotency key to everybody who asks.
    StoreGivesKeysTwice,
    /// The store writes an outcome without the answer that belongs to it.
    StoreLosesAnswers,
    /// The store gives up the idempotency keys of what it sweeps.
    SweepFreesKeys,
    /// The store sweeps nothing.
    SweepDoesNothing,
    /// The store calls what it sweeps not sent.
    SweepDenies,
    /// The transport sends again what got no answer.
    TransportRepeats,
    /// The transport says that nothing left where something did.
    TransportDenies,
    /// The application takes fewer requests than its connector says.
    ApplicationTakesFewer,
    /// The store does not count the calls of a session.
    StoreDoesNotCount,
}

impl Bug {
    pub(crate) const ALL: [Self; 10] = [
        Self::StoreAnswersBeforeCommit,
        Self::StoreGivesKeysTwice,
        Self::StoreLosesAnswers,
        Self::SweepFreesKeys,
        Self::SweepDoesNothing,
        Self::SweepDenies,
        Self::TransportRepeats,
        Self::TransportDenies,
        Self::ApplicationTakesFewer,
        Self::StoreDoesNotCount,
    ];
}
