//! H: fairness and overload. One tenant's trouble stays its own.
