//! `POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::ReportMetricsRequest;
use http::StatusCode;

use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::metrics::Report;
use crate::routes::iceberg::names::RelationInPath;
use crate::session::Session;

/// Counts what an engine says of a scan or a commit. Nothing is looked up and nothing is stored: an engine sends one for
/// each query, and whether the table is still there is of no interest to it.
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
    extract::Json(request): extract::Json<ReportMetricsRequest>,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    let report = read(&request).ok_or_else(|| {
        ApiError::bad_request("cannot read the body at report-type: it must be scan-report or commit-report")
    })?;
    app.metrics.report(&report);
    Ok(StatusCode::NO_CONTENT)
}

fn read(request: &ReportMetricsRequest) -> Option<Report> {
    let ReportMetricsRequest { report_type, metrics } = request;
    let value = |name: &str| metrics.get(name).and_then(|result| result.value).unwrap_or(0);
    let nanos = |name: &str| {
        let timer = metrics.get(name)?;
        timer.total_duration.filter(|_| timer.time_unit.as_deref() == Some("nanoseconds"))
    };
    match report_type.as_str() {
        "scan-report" => Some(Report::Scan {
            planning_nanos: nanos("total-planning-duration"),
            files: value("result-data-files"),
            bytes: value("total-file-size-in-bytes"),
        }),
        "commit-report" => Some(Report::Commit {
            nanos: nanos("total-duration"),
            attempts: value("attempts"),
            files: value("added-data-files"),
            bytes: value("added-files-size-in-bytes"),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_say_is_read_and_what_they_leave_out_is_nothing() {
        let scan = r#"{"report-type": "scan-report", "table-name": "t", "snapshot-id": 1, "filter": true,
            "metrics": {"total-planning-duration": {"count": 1, "time-unit": "nanoseconds", "total-duration": 7},
                        "result-data-files": {"unit": "count", "value": 3}}}"#;
        let report = read(&serde_json::from_str(scan).unwrap()).unwrap();
        assert_eq!(report, Report::Scan { planning_nanos: Some(7), files: 3, bytes: 0 });
        let other = r#"{"report-type": "weather-report"}"#;
        assert_eq!(read(&serde_json::from_str(other).unwrap()), None);
    }
}
