//! From a name to its addresses: by DNS alone, never by the hosts file, never with a search domain.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::read_system_conf;

use crate::dial::DialError;
use crate::error::{ErrorKind, Fault};

const TIME_LIMIT: Duration = Duration::from_secs(3);
const ANSWER_LIMIT: usize = 16;

/// Suffixes that are never public names.
const LOCAL_SUFFIXES: [&str; 4] = [".internal", ".local", ".localhost", ".localdomain"];

/// Finds the addresses of names.
pub(crate) struct Resolver(TokioResolver);

impl Resolver {
    /// Asks the name servers of this machine.
    pub(crate) fn new() -> Result<Self, NetError> {
        let servers = read_system_conf().map(|(config, _)| config.name_servers);
        Self::asking(servers.unwrap_or_else(|_none| machine_itself()))
    }

    /// Asks these name servers.
    pub(crate) fn asking(servers: Vec<NameServerConfig>) -> Result<Self, NetError> {
        let config = ResolverConfig::from_name_servers(servers);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options())
            .build()
            .map(Self)
    }

    /// All addresses of a public name.
    pub(crate) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DialError> {
        // The final dot says that the name is complete.
        let lookup = self.0.lookup_ip(format!("{}.", public_name(name)?));
        let answer = tokio::time::timeout(TIME_LIMIT, lookup)
            .await
            .map_err(|elapsed| DialError::new(UNRESOLVED).because(elapsed))?
            .map_err(|error| DialError::new(UNRESOLVED).because(error))?;
        let addresses: Vec<_> = answer.iter().collect();
        match addresses.len() {
            1..=ANSWER_LIMIT => Ok(addresses),
            _ => Err(DialError::new(UNRESOLVED)),
        }
    }
}

const UNRESOLVED: Fault = Fault(ErrorKind::Resolve, "has no address that could be found");

/// Without a configuration the name server is the machine itself, as resolv.conf(5) has it.
fn machine_itself() -> Vec<NameServerConfig> {
    vec![NameServerConfig::udp_and_tcp(IpAddr::V4(
        Ipv4Addr::LOCALHOST,
    ))]
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.use_hosts_file = ResolveHosts::Never;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = Duration::from_secs(1);
    options
}

/// The name without its final dot, if it can be a public one.
pub(crate) fn public_name(name: &str) -> Result<&str, Fault> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels = || name.split('.');
    let local = LOCAL_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    // Some resolvers read a name that ends in a number as an address.
    let number = labels()
        .next_back()
        .is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let complete = labels().count() > 1 && labels().all(|label| !label.is_empty());
    match complete && !local && !number {
        true => Ok(name),
        false => Err(Fault(ErrorKind::AddressNotAllowed, "is not a public name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_public_are_not_asked_for() {
        let local = [
            "localhost",
            "localhost.",
            "instance-data",
            "metadata.google.internal",
            "printer.local",
            "a.localhost",
            "localhost.localdomain",
            "example..com",
            ".example.com",
            "example.com..",
            "",
            ".",
            "127.0.0.1",
            "1.2.3",
            "example.0x7f",
        ];
        for name in local {
            assert!(public_name(name).is_err(), "{name}");
        }
        assert_eq!(public_name("api.example.com."), Ok("api.example.com"));
    }
}
