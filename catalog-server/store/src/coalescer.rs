//! Group commit (to be written by the store's engineer).
/// See above.
#[derive(Debug)]
pub struct GroupCommit;
/// See above.
#[derive(Debug)]
pub struct GroupLimits;
