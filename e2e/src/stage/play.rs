//! A case's scene from its beginning to its end.

use std::fs;

use super::{Scene, Stage, Values};
use crate::failure::Outcome;
use crate::lab::Lab;

/// Sets the scene, plays it, and clears up. Of one that fails, the operator's log and what the resources say are kept in
/// the case's folder.
pub(crate) async fn play(
    lab: &Lab,
    case: &str,
    values: Values,
    acts: impl AsyncFnOnce(&Scene<'_>) -> Outcome<String>,
) -> Outcome<String> {
    play_on(lab.stage().await?, lab, case, values, acts).await
}

/// The same on a stage of the case's own.
pub(crate) async fn play_on(
    stage: &Stage,
    lab: &Lab,
    case: &str,
    values: Values,
    acts: impl AsyncFnOnce(&Scene<'_>) -> Outcome<String>,
) -> Outcome<String> {
    let folder = lab.folder(case)?;
    let scene = Scene::open(stage, case, folder.clone()).await?;
    let played = async {
        scene.install(&values).await?;
        acts(&scene).await
    };
    let ended = played.await;
    if ended.is_err() {
        for (name, text) in [("operator.log", scene.operator_log().await), ("resources.log", scene.resources().await)] {
            // The failure of the case is what matters.
            let _ = fs::write(folder.join(name), text.unwrap_or_else(|failure| failure.chain()));
        }
    }
    let cleared = scene.clear().await;
    let says = ended?;
    cleared.map(|()| says)
}
