//! Queries over the built-in datasets give known numbers.
#![cfg(feature = "sql")]

mod sql_support;

use sql_support::{engine, run};

#[tokio::test]
async fn the_flights_are_all_there() {
    let engine = engine();
    let answer = run(&engine, "SELECT count(*) FROM flights").await;
    assert_eq!(answer.cell(), Some("336776"));
    assert_eq!(answer.columns[0].name, "_col0");
    assert_eq!(answer.columns[0].type_name, "bigint");
}

#[tokio::test]
async fn an_aggregate_over_a_join_counts_flights_by_airline() {
    let engine = engine();
    let answer = run(
        &engine,
        r#"SELECT a.name, count(*) AS departures FROM "flights"."flights" f
           JOIN AwsDataCatalog.flights.airlines a ON f.carrier = a.carrier
           GROUP BY a.name ORDER BY departures DESC LIMIT 2"#,
    )
    .await;
    assert_eq!(
        answer.lines(),
        ["United Air Lines Inc.|58665", "JetBlue Airways|54635"]
    );
    assert_eq!(answer.names(), ["name", "departures"]);
}

#[tokio::test]
async fn only_the_columns_that_are_read_count_as_scanned() {
    let engine = engine();
    let one = run(&engine, "SELECT sum(distance) FROM flights").await;
    let all = run(
        &engine,
        "SELECT sum(distance), sum(air_time), count(DISTINCT tailnum) FROM flights",
    )
    .await;
    assert_eq!(one.cell(), Some("350217607"));
    let (one, all) = (
        one.summary.data_scanned_in_bytes,
        all.summary.data_scanned_in_bytes,
    );
    assert!(one > 0 && one < 1_000_000, "{one}");
    assert!(all > one, "{all}");
}

#[tokio::test]
async fn tpch_query_6_runs() {
    let engine = engine();
    let answer = run(
        &engine,
        "SELECT sum(l_extendedprice * l_discount) AS revenue FROM tpch.lineitem
         WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR
         AND l_discount BETWEEN DECIMAL '0.05' AND DECIMAL '0.07' AND l_quantity < 24",
    )
    .await;
    assert_eq!(answer.cell(), Some("1193053.2253"));
    assert_eq!(answer.columns[0].type_name, "decimal");
    assert!(answer.summary.data_scanned_in_bytes > 1_000_000);
}

#[tokio::test]
async fn tpch_query_1_runs() {
    let engine = engine();
    let answer = run(
        &engine,
        "SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, avg(l_discount) AS avg_disc, count(*) AS n
         FROM tpch.lineitem WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
         GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus",
    )
    .await;
    assert_eq!(answer.rows.len(), 4);
    assert_eq!(answer.rows[0][2].as_deref(), Some("380456.00"));
}
