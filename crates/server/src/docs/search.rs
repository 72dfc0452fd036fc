//! Finding applications and actions by words. Every word must stand somewhere in what is known of the one that is found;
//! one whose name or id has the words comes first.

use std::sync::Arc;

use tenon_connector::{Action, Connector};

/// The longest text that is searched for.
const LONGEST_QUERY: usize = 100;

/// Words in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

/// An application, with the actions that made it a result.
pub(crate) struct Found<'a> {
    /// The application.
    pub(crate) connector: &'a Connector,
    /// Its actions that fit, the best first.
    pub(crate) actions: Vec<&'a Action>,
}

impl Words {
    /// The words of a query.
    pub(crate) fn of(query: &str) -> Self {
        let query: String = query.chars().take(LONGEST_QUERY).collect();
        let words = query.split_whitespace().map(str::to_lowercase);
        Self(words.collect())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How well an action fits by itself: not at all, or the more the better.
    pub(crate) fn rank(&self, action: &Action) -> Option<usize> {
        let names = names(&action.id, &action.name);
        self.rank_of(&names, &[&action.description], "")
    }

    /// All words stand in the names, the texts or what is around them, and one of them not only around.
    fn rank_of(&self, names: &str, texts: &[&str], around: &str) -> Option<usize> {
        let texts = texts.join("\n").to_lowercase();
        let (mut own, mut rank) = (false, 0);
        for word in &self.0 {
            let named = names.contains(word);
            own |= named || texts.contains(word);
            rank += usize::from(named);
            if !named && !texts.contains(word) && !around.contains(word) {
                return None;
            }
        }
        // `create_contact` means that action more than it means `create_contact_list`.
        let exact = names.split('\n').any(|name| name == self.0.join(" "));
        own.then_some(2 * rank + usize::from(exact))
    }
}

fn names(id: &str, name: &str) -> String {
    format!("{id}\n{name}").to_lowercase()
}

/// The applications that fit, or whose actions do, the best first.
pub(crate) fn find<'a>(
    connectors: impl Iterator<Item = &'a Arc<Connector>>,
    words: &Words,
) -> Vec<Found<'a>> {
    let ranked = connectors.filter_map(|connector| found(connector, words));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    ranked.into_iter().map(|(_, found)| found).collect()
}

fn found<'a>(connector: &'a Connector, words: &Words) -> Option<(usize, Found<'a>)> {
    let names = names(&connector.slug, &connector.name);
    let tags = connector.tags.join("\n");
    let own = words.rank_of(&names, &[&connector.description, &tags], "");
    let around = format!("{names}\n{tags}").to_lowercase();
    let mut actions: Vec<_> = connector
        .actions
        .values()
        .filter_map(|action| {
            let names = self::names(&action.id, &action.name);
            let rank = words.rank_of(&names, &[&action.description], &around)?;
            Some((rank, &**action))
        })
        .collect();
    actions.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let best = actions.first().map(|(rank, _)| *rank);
    let rank = own.max(best)?;
    let actions = actions.into_iter().map(|(_, action)| action).collect();
    Some((rank, Found { connector, actions }))
}

/// Those names that have most in common with one that is none, the best first, at most five.
pub(crate) fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let parts = |name: &str| -> Vec<String> {
        let parts = name.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| part.len() > 2);
        parts.map(str::to_lowercase).collect()
    };
    let wanted = parts(name);
    let alike = |other: &str| {
        let common = |own: &String| {
            let like = |part: &&String| part.contains(own.as_str()) || own.contains(part.as_str());
            wanted.iter().filter(like).count()
        };
        parts(other).iter().map(common).sum::<usize>()
    };
    let mut ranked: Vec<_> = names.map(|other| (alike(other), other)).collect();
    ranked.retain(|(rank, _)| *rank > 0);
    ranked.sort_by_key(|(rank, other)| (std::cmp::Reverse(*rank), other.len()));
    ranked.into_iter().take(5).map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_stand_somewhere_and_one_of_them_in_the_thing_itself() {
        let rank = |query: &str| {
            let words = Words::of(query);
            words.rank_of(
                "create_contact\ncreate contact",
                &["Adds a person."],
                "hubspot\ncrm",
            )
        };
        assert_eq!(rank("hubspot"), None);
        assert_eq!(rank("hubspot invoice"), None);
        assert!(rank("Create  CONTACT") > rank("hubspot contact"));
        assert!(rank("hubspot contact") > rank("person crm"));
        assert!(rank("create_contact") > rank("create"));
    }

    #[test]
    fn a_name_that_is_none_leads_to_those_that_are_like_it() {
        let names = [
            "create_contact",
            "list_owners",
            "create_company",
            "get_contact",
        ];
        let near = near("createContact_v3 contact", names.into_iter());
        assert_eq!(near.first(), Some(&"create_contact"));
        assert!(!near.contains(&"list_owners"));
    }
}
