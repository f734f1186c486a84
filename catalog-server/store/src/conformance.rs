//! The suite that every backend runs (to be written by the store's engineer).
