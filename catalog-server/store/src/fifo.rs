//! The FIFO per (branch, table) (to be written by the store's engineer).
/// See above.
#[derive(Debug)]
pub struct Turns;
/// See above.
#[derive(Debug)]
pub struct Turn;
