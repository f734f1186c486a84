//! `POST …/metrics`

use catalog_api::Privilege;
use serde_json::json;

use crate::lab::Lab;

#[tokio::test]
async fn a_report_is_counted_whether_or_not_the_table_is_still_there() {
    let lab = Lab::start().await;
    let reader = lab.client("reader", &[(&[], &[Privilege::Read])]).await;
    let timer = |nanos: i64| json!({"count": 1, "time-unit": "nanoseconds", "total-duration": nanos});
    let scan = json!({
        "report-type": "scan-report", "table-name": "t", "snapshot-id": 1, "filter": true, "schema-id": 0,
        "projected-field-ids": [], "projected-field-names": [],
        "metrics": {"total-planning-duration": timer(2_000_000_000), "result-data-files": {"unit": "count", "value": 7}},
    });
    let commit = json!({
        "report-type": "commit-report", "table-name": "t", "snapshot-id": 1, "sequence-number": 1, "operation": "append",
        "metrics": {"total-duration": timer(5), "attempts": {"unit": "count", "value": 3}, "added-data-files": {"unit": "count", "value": -4}},
    });
    for body in [&scan, &commit] {
        assert_eq!(reader.post("/namespaces/a/tables/t/metrics", body).await.status, 204);
    }
    let metrics = reqwest::get(format!("{}/metrics", lab.platform())).await.unwrap().text().await.unwrap();
    for line in [
        r#"pangolin_engine_reports_total{type="scan"} 1"#,
        r#"pangolin_engine_reports_total{type="commit"} 1"#,
        "pangolin_engine_scan_planning_seconds_sum 2.0",
        r#"pangolin_engine_scanned_total{unit="files"} 7"#,
        "pangolin_engine_commit_attempts_total 3",
        r#"pangolin_engine_committed_total{unit="files"} 0"#,
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line} is not in\n{metrics}");
    }
    let answer = reader.post("/namespaces/a/tables/t/metrics", &json!({"report-type": "weather"})).await;
    assert_eq!(answer.error().0, 400);
}
