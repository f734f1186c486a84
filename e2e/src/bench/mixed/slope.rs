//! How fast something grows. Pure.

/// Of the straight line that is nearest to these points (least squares): what the second number grows by when the first
/// one grows by one. Not a number, if the points do not tell.
pub(super) fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (with, square) = points.iter().fold((0.0, 0.0), |(with, square), point| {
        (with + (point.0 - x) * (point.1 - y), square + (point.0 - x) * (point.0 - x))
    });
    with / square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_through_the_points() {
        let line: Vec<_> = (0..10).map(|x| (f64::from(x), 5.0 + 0.5 * f64::from(x))).collect();
        assert!((slope(&line) - 0.5).abs() < 1e-9);
        let saw: Vec<_> = (0..100).map(|x| (f64::from(x), f64::from(x % 2))).collect();
        assert!(slope(&saw).abs() < 0.01);
        assert!(slope(&[(1.0, 1.0)]).is_nan() && slope(&[]).is_nan());
    }
}
