//! The data host as later cases mistreat it: cut off, a program killed, all of it killed; what was written stays.

use std::fs;
use std::time::Duration;

use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use sqlx::Connection;
use tokio::time::timeout;

use crate::cluster::{Cluster, Data, Plan, Service, eventually};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;

const BUCKET: &str = "lake";
const OBJECT: &str = "a/b";
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let plan = Plan { data: true, ..Plan::API };
    let mut cluster = Cluster::for_case(&lab.programs.checkout, plan).await?;
    let data = cluster.data()?;
    write(data).await?;
    cut_off(data).await?;
    for service in [Service::Postgres, Service::S3] {
        data.kill_service(service).await?;
        check(read(data).await.is_err(), || format!("{service:?} answers after its end"))?;
        data.start_service(service).await?;
        read(data).await.attempt(format!("after the end of {service:?}"))?;
    }
    data.kill().await?;
    check(read(data).await.is_err(), || "the host answers after its end".to_owned())?;
    cluster.data_mut()?.start_again().await?;
    read(cluster.data()?).await.attempt("after the end of the host")?;
    // As another process does with a cluster that a person has brought up.
    read(&Data::open(cluster.place())?).await.attempt("by what is written down about the host")?;
    no_secret_in_logs(&cluster)?;
    Ok("Postgres and MinIO keep what was written through a cut cable and three kills".to_owned())
}

async fn write(data: &Data) -> Outcome {
    data.postgres().database("kept").await?;
    let mut connection = data.postgres().connect("kept").await?;
    sqlx::query("CREATE TABLE kept AS SELECT 7 AS number").execute(&mut connection).await.attempt("write a row")?;
    data.s3().bucket(BUCKET).await?;
    data.s3().bucket(BUCKET).await.attempt("make a bucket twice")?;
    let put = data.s3().store(BUCKET)?.put_opts(&Key::from(OBJECT), "7".into(), PutMode::Create.into()).await;
    put.map(drop).attempt("write an object")
}

async fn read(data: &Data) -> Outcome {
    let mut connection = data.postgres().connect("kept").await?;
    let number: i32 =
        sqlx::query_scalar("SELECT number FROM kept").fetch_one(&mut connection).await.attempt("read the row")?;
    connection.close().await.attempt("leave Postgres")?;
    data.s3().answers().await?;
    let found = data.s3().store(BUCKET)?.get(&Key::from(OBJECT)).await.attempt("read the object")?;
    let bytes = found.bytes().await.attempt("read the object")?;
    check(number == 7 && bytes == "7", || format!("what was written is now {number} and {bytes:?}"))
}

/// Nothing is refused, nothing answers; afterwards a connection from before goes on.
async fn cut_off(data: &Data) -> Outcome {
    let mut connection = data.postgres().connect("kept").await?;
    data.cut_off()?;
    let answer = timeout(Duration::from_secs(1), read(data)).await;
    data.connect_again()?;
    if let Ok(answer) = answer {
        return Err(Failure::new(format!("a host that is cut off answered: {answer:?}")));
    }
    eventually(ANSWERS_WITHIN, async || read(data).await).await?;
    connection.ping().await.attempt("go on with the connection from before the cut")
}

fn no_secret_in_logs(cluster: &Cluster) -> Outcome {
    let url = cluster.data()?.postgres().url("kept", 5432);
    let password = url.split([':', '@']).nth(2).unwrap_or_default().to_owned();
    let s3 = cluster.data()?.s3();
    for log in ["data-postgres.log", "data-minio.log"] {
        let path = cluster.place().logs().join(log);
        let text = fs::read_to_string(&path).attempt(format!("read {log}"))?;
        let told = [password.as_str(), s3.key_id(), s3.key()].iter().any(|secret| text.contains(secret));
        check(!told, || format!("there is a secret in {log}"))?;
    }
    Ok(())
}
