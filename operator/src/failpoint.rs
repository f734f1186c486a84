//! Named steps at which a test build dies, so that what a crash leaves behind can be tested.
//!
//! Only a build with the feature `failpoints` looks at `PANGOLIN_FAILPOINT`. The names are `<kind>.<step>[.<what>]`; the
//! README lists them. A point is hit *before* its step is taken, and `….done` after the last one.

/// Ends the process without any cleaning up if this is the step that the environment names.
pub fn hit(step: &str) {
    #[cfg(feature = "failpoints")]
    if std::env::var("PANGOLIN_FAILPOINT").is_ok_and(|named| named == step) {
        eprintln!("failpoint {step}: abort");
        std::process::abort();
    }
    #[cfg(not(feature = "failpoints"))]
    let _ = step;
}
