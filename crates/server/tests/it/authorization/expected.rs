//! What every route is expected to do, kept apart from the table of routes that it is compared with.
//!
//! A route that is added without a line in `expected.txt` fails the matrix, and so does a line whose route is gone.

use tenon_server::api::Access;

use super::town::{Principal, Standing, Whose};

/// One line of `expected.txt`.
pub(super) struct Expected {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: Access,
    own: u16,
    absent: Option<u16>,
    strange: Option<u16>,
    read_only: Option<u16>,
    elsewhere: Option<u16>,
    pub(super) spoils: bool,
    pub(super) body: Option<&'static str>,
}

/// All lines.
pub(super) fn expected() -> Vec<Expected> {
    let text = include_str!("expected.txt");
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(Expected::read)
        .collect()
}

impl Expected {
    fn read(line: &'static str) -> Self {
        let mut words = line.split_whitespace();
        let mut next = || words.next().unwrap_or_else(|| panic!("too short: {line}"));
        let number = |word: &str| (word != "-").then(|| word.parse().unwrap());
        let (method, path, access) = (next(), next(), access(next()));
        let [own, absent, strange, read_only, elsewhere] = [(); 5].map(|()| number(next()));
        let spoils = next() == "spoils";
        Self {
            method,
            path,
            access,
            own: own.unwrap(),
            absent,
            strange,
            read_only,
            elsewhere,
            spoils,
            body: Some(next()).filter(|body| *body != "-"),
        }
    }

    /// Whether the caller chooses by an id whose thing is meant.
    pub(super) fn takes_an_id(&self, who: Principal) -> bool {
        self.names_in_path() || self.body_names() || (who.has_key() && self.header_chooses())
    }

    /// The account that a key's header names: the one that is meant, or none where the body says it, or the key's own.
    pub(super) fn header_of(&self, who: Principal, meant: &'static str) -> Option<&'static str> {
        match () {
            () if self.header_chooses() => Some(meant),
            () if self.body_names() => None,
            () => Some(who.home()),
        }
    }

    fn header_chooses(&self) -> bool {
        matches!(self.access, Access::Account | Access::KeyedAccount) && !self.names_in_path()
    }

    fn names_in_path(&self) -> bool {
        [
            "{linked_account_id}",
            "{execution_id}",
            "{connection_id}",
            "{webhook_id}",
            "{api_key_id}",
            "{organization_id}",
        ]
        .iter()
        .any(|name| self.path.contains(name))
    }

    fn body_names(&self) -> bool {
        self.body.is_some_and(|body| body.contains('@'))
    }

    /// Whether what the id names is the caller's to reach.
    pub(super) fn is_reached(&self, who: Principal, whose: Whose) -> bool {
        let has = |name: &str| self.path.contains(name);
        match () {
            () if has("{execution_id}") || has("{connection_id}") => who.reaches_execution(whose),
            () if has("{webhook_id}") => who.reaches_webhook(whose),
            () if has("{api_key_id}") => whose == Whose::Own,
            () if has("{organization_id}") => whose != Whose::Absent,
            () => who.reaches_account(whose),
        }
    }

    /// The status that the caller gets.
    pub(super) fn status(&self, who: Principal, whose: Whose) -> u16 {
        match who.standing(self.access) {
            _ if self.own == 501 => return 501,
            Standing::Refused => return 401,
            Standing::Incomplete => return 400,
            Standing::Admitted => {}
        }
        if self.takes_an_id(who) && !self.is_reached(who, whose) {
            let others = match who.has_session() {
                true => self.strange,
                false => self.absent,
            };
            return others.unwrap_or_else(|| panic!("{}: nothing said of others' ids", self.path));
        }
        let limited = match who {
            Principal::ReadOnlySession => self.read_only,
            Principal::SessionForOtherApplication => self.elsewhere,
            _ => None,
        };
        limited.unwrap_or(self.own)
    }
}

fn access(word: &str) -> Access {
    let all = [
        Access::Open,
        Access::Tenant,
        Access::Account,
        Access::KeyedAccount,
        Access::Session,
        Access::TenantOrSession,
        Access::Admin,
        Access::Browser,
    ];
    let found = all.into_iter().find(|one| format!("{one:?}") == word);
    found.unwrap_or_else(|| panic!("no access `{word}`"))
}
