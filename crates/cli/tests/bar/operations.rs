//! J: operations. Upgrade, back-up, tamper evidence.
