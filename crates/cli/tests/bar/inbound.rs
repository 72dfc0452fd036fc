//! I: the way in. Slow, large and malformed requests.
