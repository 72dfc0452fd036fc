//! The checker: the rows, what callers were told and what the application saw must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenon_engine::model::{Execution, ExecutionId, ExecutionState, Outcome};

use super::ledger::{Ledger, Scope, Told};
use super::stage::MAX_CALLS;
use super::world::State;

/// Writes into the ledger what is wrong.
pub(crate) fn check(state: &mut State) {
    let mut wrong = Vec::new();
    for row in &state.rows.executions {
        state.ledger.unknown += u64::from(row.outcome == Some(Outcome::Unknown));
        wrong.extend(unended(row));
        wrong.extend(untrue(row, &state.rows.executions, &state.ledger));
    }
    wrong.extend(repeated_deliveries(&state.ledger));
    wrong.extend(repeated_keys(state));
    wrong.extend(untold(state));
    wrong.extend(retold(state));
    wrong.extend(uncounted(state));
    for what in wrong {
        state.ledger.violated(what);
    }
}

fn unended(row: &Execution) -> Option<String> {
    let ended =
        row.state == ExecutionState::Finished && row.node_status.is_some() && row.outcome.is_some();
    (!ended).then(|| format!("{} never ends", row.id))
}

/// What a row says of the application's side is so.
fn untrue(row: &Execution, rows: &[Execution], ledger: &Ledger) -> Option<String> {
    let key = &row.request.idempotency_key;
    let deliveries = ledger.deliveries.iter();
    let answers = deliveries.filter(|one| one.vendor_key == *key);
    let answers: Vec<_> = answers.map(|one| one.status).collect();
    let (last, effects) = (answers.last(), effects(ledger, key));
    // Of an error of the application's own nobody knows what it did.
    let faulty = answers.iter().any(|status| *status >= 500);
    // One that was taken up again shares its vendor key with the one that was in doubt.
    let mut kin = rows
        .iter()
        .filter(|other| other.request.idempotency_key == *key);
    let doubtful =
        faulty || ledger.lost.contains(key) || kin.any(|other| ledger.doubts.contains(&other.id));
    // An action of two steps may fail after the first was done.
    let single = row.action != "two";
    let wrong = match row.outcome? {
        Outcome::Unknown if doubtful => return None,
        Outcome::Unknown => "is unknown without a reason",
        _ if ledger.unanswered.contains(key) => "got no answer and is not unknown",
        Outcome::NotSent if effects > 0 => "is not_sent and had an effect",
        Outcome::Succeeded if last.is_none_or(|status| *status >= 300) => "succeeded, refused",
        Outcome::Failed if single && last.is_none_or(|status| *status < 300) => "failed, accepted",
        Outcome::Failed if single && !faulty && effects > 0 => "failed and had an effect",
        _ => return None,
    };
    let id = &row.id;
    Some(format!("{id} {wrong} ({answers:?}, {effects} effects)"))
}

fn effects(ledger: &Ledger, vendor_key: &str) -> u32 {
    let of_key = ledger
        .effects
        .iter()
        .filter(|((key, _), _)| key == vendor_key);
    of_key.map(|(_, count)| *count).max().unwrap_or(0)
}

/// An unsafe request arrives once, unless the application itself asked to wait.
fn repeated_deliveries(ledger: &Ledger) -> Vec<String> {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for delivery in ledger
        .deliveries
        .iter()
        .filter(|one| one.once && one.status != 429)
    {
        *counts
            .entry((&delivery.vendor_key, &delivery.step))
            .or_default() += 1;
    }
    let repeated = counts.into_iter().filter(|(_, count)| *count > 1);
    repeated
        .map(|((key, step), count)| format!("the request {step} of {key} arrived {count} times"))
        .collect()
}

/// All executions under one idempotency key together have at most one effect.
fn repeated_keys(state: &State) -> Vec<String> {
    let mut vendor_keys: BTreeMap<&Scope, BTreeSet<&str>> = BTreeMap::new();
    for row in &state.rows.executions {
        if let Some(scope) = state.ledger.keyed.get(&row.request_id) {
            let keys = vendor_keys.entry(scope).or_default();
            keys.insert(&row.request.idempotency_key);
        }
    }
    let counts = vendor_keys.into_iter().map(|(scope, keys)| {
        let effects = keys.into_iter().map(|key| effects(&state.ledger, key));
        (scope, effects.sum::<u32>())
    });
    let repeated = counts.filter(|(_, count)| *count > 1);
    repeated
        .map(|(scope, count)| format!("{scope:?} had {count} effects"))
        .collect()
}

/// Every end that a caller was told of stands in the journal as it was told; so does every execution that was accepted.
fn untold(state: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    for told in &state.ledger.told {
        let row = state.rows.execution(&told.execution);
        let agrees = row.is_some_and(|row| {
            row.node_status == Some(told.node_status)
                && told
                    .outcome
                    .is_none_or(|outcome| row.outcome == Some(outcome))
        });
        if !agrees && !assumed(state, told) {
            let is = row.map(|row| (row.node_status, row.outcome));
            wrong.push(format!(
                "{} was told as {told:?} and is {is:?}",
                told.execution
            ));
        }
    }
    let missing = |id: &&ExecutionId| state.rows.execution(id).is_none();
    let accepted = state.ledger.accepted.iter().filter(missing);
    wrong.extend(accepted.map(|id| format!("{id} was accepted and is not there")));
    wrong
}

/// Whether the caller was told that nobody knows, for the sweep had assumed so: the truth may come later.
fn assumed(state: &State, told: &Told) -> bool {
    told.outcome == Some(Outcome::Unknown) && state.rows.swept.contains(&told.execution)
}

/// Whoever asks again is told the same, and of one execution only; one that sent nothing does not count, nor one of which
/// nobody knows the end and that was taken up again with its vendor key.
fn retold(state: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut first: HashMap<&ExecutionId, &str> = HashMap::new();
    let mut by_key: BTreeMap<&Scope, BTreeSet<&ExecutionId>> = BTreeMap::new();
    for told in state
        .ledger
        .told
        .iter()
        .filter(|told| !assumed(state, told))
    {
        let words = *first.entry(&told.execution).or_insert(&told.words);
        if words != told.words {
            wrong.push(format!(
                "{} was told as {words} and as {}",
                told.execution, told.words
            ));
        }
        let row = state.rows.execution(&told.execution);
        let sent = row.filter(|row| row.outcome != Some(Outcome::NotSent));
        if let Some(scope) = sent.and_then(|row| state.ledger.keyed.get(&row.request_id)) {
            by_key.entry(scope).or_default().insert(&told.execution);
        }
    }
    let several = by_key
        .into_iter()
        .filter(|(_, executions)| !taken_up(state, executions));
    wrong
        .extend(several.map(|(scope, executions)| format!("{scope:?} was told of {executions:?}")));
    wrong
}

/// Whether of all these executions at most one is known to have ended, and the application saw them as one.
fn taken_up(state: &State, executions: &BTreeSet<&ExecutionId>) -> bool {
    let rows = executions.iter().filter_map(|id| state.rows.execution(id));
    let keys: BTreeSet<_> = rows
        .clone()
        .map(|row| &row.request.idempotency_key)
        .collect();
    let known = rows.filter(|row| row.outcome != Some(Outcome::Unknown));
    keys.len() <= 1 && known.count() <= 1
}

/// A session token makes no more executions than it is good for.
fn uncounted(state: &State) -> Vec<String> {
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    for row in &state.rows.executions {
        if let Some(account) = state.ledger.counted.get(&row.request_id) {
            *counts.entry(*account).or_default() += 1;
        }
    }
    let over = counts.into_iter().filter(|(_, count)| *count > MAX_CALLS);
    over.map(|(account, count)| format!("the token of account {account} made {count} executions"))
        .collect()
}
