//! F: the way out. Only public addresses, only the hosts of the credential.
