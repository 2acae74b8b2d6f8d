//! Builds and runs the examples against a sandbox: in C, C++ and Python they read the same
//! command line and print the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]
#![cfg(unix)]

#[path = "examples/every_type.rs"]
mod every_type;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, column};
use every_type::{EVERY_TYPE, printed};
use support::{library, root, run, scratch, succeed, venv};

fn cells<const N: usize>(row: [&str; N]) -> Vec<Option<String>> {
    row.map(|cell| Some(cell.to_owned())).into()
}

fn sandbox() -> Sandbox {
    let row = |row: usize| {
        let value = |(_, values): &(&str, [&str; 2])| values.get(row).map(ToString::to_string);
        EVERY_TYPE.iter().map(value).collect()
    };
    let every_type = (0..3).map(row).collect();
    let columns = EVERY_TYPE
        .iter()
        .map(|(kind, _)| column(kind, kind))
        .collect();
    let one = || Fixture::rows(vec![column("x", "integer")], vec![cells(["1"])]);
    Sandbox::builder()
        .fixture(
            "SELECT * FROM every_type",
            Fixture::rows(columns, every_type),
        )
        .fixture(
            "SELECT id, name FROM people",
            Fixture::rows(
                vec![column("id", "integer"), column("name", "varchar")],
                vec![
                    cells(["1", "Ada €"]),
                    vec![Some("20".into()), None],
                    cells(["300", "a\nb"]),
                ],
            )
            .data_scanned(4321),
        )
        .fixture(
            "SELECT n FROM many",
            Fixture::rows(
                vec![column("n", "bigint")],
                (0..20_000)
                    .map(|n: i32| vec![Some(n.to_string())])
                    .collect(),
            ),
        )
        .fixture(
            "SELECT none",
            Fixture::rows(vec![column("none", "integer")], Vec::new()),
        )
        .fixture("INSERT INTO people VALUES (4, 'Eve')", Fixture::count(3))
        .fixture("SELECT ?, ?, ?, ?, ?, ?", one())
        .fixture("SELECT slow", one().run_delay(Duration::from_secs(600)))
        .fixture(
            "SELECT * FROM nowhere",
            Fixture::failed(
                "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.nowhere' does not exist",
                1301,
            ),
        )
        .start_blocking()
        .expect("the sandbox starts")
}

fn connection_string(sandbox: &Sandbox) -> String {
    format!(
        "AwsRegion=us-east-1;Endpoint={};User=test;Password=test;\
         S3OutputLocation=s3://results/;Schema=flights;NumRetries=1;\
         MinQueryExecutionPollingIntervalMillis=10",
        sandbox.url()
    )
}

/// The folder of a built library.
fn library_dir() -> PathBuf {
    library().parent().expect("it is in a folder").to_owned()
}

/// Runs scripts/build-examples with the library of this test.
fn build_examples(name: &str, flags: &str) -> PathBuf {
    let out = scratch(name);
    succeed(
        Command::new(root().join("scripts/build-examples"))
            .env("LIBRARY_DIR", library_dir())
            .env("OUT", &out)
            .env("CFLAGS", flags)
            .env("CXXFLAGS", flags),
        "dash",
    );
    out
}

fn examples() -> &'static Path {
    static EXAMPLES: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLES.get_or_init(|| build_examples("examples", ""))
}

/// A Python that finds the library; without pyarrow if `arguments` begin with -S.
fn python(arguments: &[&str]) -> Command {
    let mut python = Command::new(venv().join("bin/python"));
    python
        .args(arguments)
        .env("ATHENA_LIBRARY", library())
        .env("PYTHONPATH", root().join("examples/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// The same example four times, and what each is called.
fn programs() -> [(&'static str, Command); 4] {
    let script = root().join("examples/python/athena_query.py");
    let script = script.to_str().expect("the repository's path is UTF-8");
    [
        ("C", Command::new(examples().join("athena_query"))),
        ("C++", Command::new(examples().join("athena_query_cpp"))),
        ("Python", python(&["-S", script])),
        ("Python with pyarrow", python(&[script])),
    ]
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("the output is UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("the output is UTF-8")
}

/// Runs all programs alike.
fn run_all(sandbox: &Sandbox, arguments: &[&str]) -> Vec<(&'static str, Output)> {
    programs()
        .into_iter()
        .map(|(name, mut program)| {
            program.arg(connection_string(sandbox)).args(arguments);
            (name, run(&mut program, "gcc, g++ or python3"))
        })
        .collect()
}

/// The lines of an output; those that tell a query id or a duration without it.
fn lines(output: &str) -> Vec<&str> {
    output
        .lines()
        .map(|line| {
            ["query id       ", "time           "]
                .into_iter()
                .find(|start| line.starts_with(start) && line.len() > start.len())
                .unwrap_or(line)
        })
        .collect()
}

/// Runs all programs, which must succeed and print these lines.
fn assert_prints(sandbox: &Sandbox, arguments: &[&str], expected: &[&str]) {
    for (name, output) in run_all(sandbox, arguments) {
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        assert_eq!(lines(stdout(&output)), expected, "{name}");
        assert_eq!(stderr(&output), "", "{name}");
    }
}

#[test]
fn rows_are_an_aligned_table_with_facts_below() {
    assert_prints(
        &sandbox(),
        &["SELECT id, name FROM people"],
        &[
            " id | name",
            "----+------",
            "  1 | Ada €",
            " 20 | NULL",
            "300 | a\\nb",
            "",
            "query id       ",
            "bytes scanned  4321",
            "time           ",
            "rows           3",
        ],
    );
}

#[test]
fn every_type_prints_the_same_in_every_language() {
    let sandbox = sandbox();
    let row = |cell: fn(&(&'static str, [&'static str; 2])) -> &'static str| {
        let cells: Vec<_> = EVERY_TYPE
            .iter()
            .map(|column| cell(column).trim())
            .collect();
        cells
    };
    let expected = [
        row(|(kind, _)| kind),
        row(|(_, values)| printed(values[0])),
        row(|(_, values)| printed(values[1])),
        row(|_| "NULL"),
    ];
    let mut tables = Vec::new();
    for (name, output) in run_all(&sandbox, &["SELECT * FROM every_type"]) {
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        let mut table: Vec<String> = stdout(&output).lines().take(5).map(str::to_owned).collect();
        tables.push(table.clone());
        table.remove(1);
        let cells: Vec<Vec<&str>> = table
            .iter()
            .map(|line| line.split(" | ").map(str::trim).collect())
            .collect();
        assert_eq!(cells, expected, "{name}");
    }
    assert!(
        tables.iter().all(|table| *table == tables[0]),
        "{tables:#?}"
    );
}

#[test]
fn count_reads_all_and_prints_one_line() {
    for (name, output) in run_all(&sandbox(), &["SELECT n FROM many", "--count"]) {
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        let line = stdout(&output).strip_suffix('\n').expect("a line");
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("rows=20000"), "{name}");
        let number = |word: Option<&str>, start| {
            let text = word.and_then(|word| word.strip_prefix(start));
            let text = text.unwrap_or_else(|| panic!("{name}: no {start} in {line}"));
            text.parse::<f64>().expect("a number")
        };
        assert!(number(words.next(), "batches=") >= 1.0, "{name}: {line}");
        assert!(number(words.next(), "seconds=") > 0.0, "{name}: {line}");
        assert_eq!(words.next(), None, "{name}: {line}");
    }
}

#[test]
fn a_result_without_rows_has_column_names_and_one_without_columns_has_none() {
    let sandbox = sandbox();
    let expected = [
        "none",
        "----",
        "",
        "query id       ",
        "bytes scanned  0",
        "time           ",
        "rows           0",
    ];
    assert_prints(&sandbox, &["SELECT none"], &expected);
    let expected = [
        "query id       ",
        "bytes scanned  0",
        "time           ",
        "rows           0",
        "rows updated   3",
    ];
    assert_prints(
        &sandbox,
        &["INSERT INTO people VALUES (4, 'Eve')"],
        &expected,
    );
}

#[test]
fn parameters_are_bound_in_order_and_by_prefix() {
    let sandbox = sandbox();
    let mut arguments = vec!["SELECT ?, ?, ?, ?, ?, ?"];
    for value in [
        "it's",
        "int:-5",
        "double:1.5",
        "decimal:12.50",
        "null:",
        "text:int:5",
    ] {
        arguments.extend(["--param", value]);
    }
    for (name, output) in run_all(&sandbox, &arguments) {
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
    }
    let sent: Vec<String> = sandbox
        .requests()
        .iter()
        .filter(|request| request.operation == "StartQueryExecution")
        .map(|request| {
            let body = request.body.as_ref().expect("it has a body");
            body["ExecutionParameters"].to_string()
        })
        .collect();
    let literals =
        r#"["'it''s'","BIGINT '-5'","DOUBLE '1.5E0'","DECIMAL '12.50'","NULL","'int:5'"]"#;
    assert_eq!(sent, [literals; 4]);
}

#[test]
fn errors_tell_sqlstate_and_query_id_and_exit_with_1() {
    let sandbox = sandbox();
    for (name, output) in run_all(&sandbox, &["SELECT * FROM nowhere"]) {
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert_eq!(stdout(&output), "", "{name}");
        let error = stderr(&output);
        assert!(error.starts_with("error: "), "{name}: {error}");
        assert!(error.contains("TABLE_NOT_FOUND"), "{name}: {error}");
        assert!(
            error.contains("\nstatus: NOT_FOUND, SQLSTATE 42S02\nquery id: "),
            "{name}: {error}"
        );
    }
    for (name, output) in run_all(&sandbox, &["SELECT ?, ?, ?, ?, ?, ?", "--param", "1"]) {
        assert_eq!(output.status.code(), Some(1), "{name}");
        let error = stderr(&output);
        assert!(
            error.contains("status: INVALID_ARGUMENT"),
            "{name}: {error}"
        );
        assert!(!error.contains("query id"), "{name}: {error}");
    }
}

#[test]
fn a_result_that_breaks_off_is_an_error() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("GetObject", FaultAction::ShortObject(4096)));
    for (name, output) in run_all(&sandbox, &["SELECT n FROM many", "--count"]) {
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stdout(&output));
        assert_eq!(stdout(&output), "", "{name}");
        assert!(
            stderr(&output).starts_with("error: "),
            "{name}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    let sandbox = sandbox();
    let wrong: [&[&str]; 4] = [
        &[],
        &["SELECT 1", "more"],
        &["SELECT 1", "--param"],
        &["SELECT ?", "--param", "int:99999999999999999999"],
    ];
    for arguments in wrong {
        for (name, output) in run_all(&sandbox, arguments) {
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}");
            assert_eq!(stdout(&output), "", "{name} {arguments:?}");
            assert!(!stderr(&output).is_empty(), "{name} {arguments:?}");
        }
    }
    for (name, mut program) in programs() {
        let output = run(program.arg("--help"), "gcc, g++ or python3");
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(stdout(&output).contains("--param VALUE"), "{name}");
    }
    assert_eq!(sandbox.count("StartQueryExecution"), 0);
}

/// Starts each program, interrupts it once the sandbox was asked for `operation`, and gives
/// what it printed.
fn interrupt_all(sql: &str, operation: &str) -> Vec<(&'static str, Sandbox, Output)> {
    let interrupt = |(name, mut program): (&'static str, Command)| {
        let sandbox = sandbox();
        sandbox.fault(Fault::on("GetObject", FaultAction::Stall(4096)));
        let mut child = program
            .args([&connection_string(&sandbox), sql, "--count"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example can be run");
        let give_up = Instant::now() + Duration::from_secs(60);
        while child.try_wait().expect("it is our child").is_none() {
            assert!(Instant::now() < give_up, "{name} does not end");
            std::thread::sleep(Duration::from_millis(50));
            // Again and again, because the query may be between two states.
            if sandbox.count(operation) > 0 {
                let mut kill = Command::new("kill");
                run(kill.args(["-INT", &child.id().to_string()]), "procps");
            }
        }
        let output = child.wait_with_output().expect("the example ended");
        (name, sandbox, output)
    };
    programs().into_iter().map(interrupt).collect()
}

#[test]
fn an_interrupt_stops_the_query() {
    for (name, sandbox, output) in interrupt_all("SELECT slow", "GetQueryExecution") {
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert!(error.contains("status: CANCELLED"), "{name}: {error}");
        assert_eq!(sandbox.count("StopQueryExecution"), 1, "{name}");
    }
}

#[test]
fn an_interrupt_stops_the_reading() {
    for (name, sandbox, output) in interrupt_all("SELECT n FROM many", "GetObject") {
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert!(error.contains("cancelled"), "{name}: {error}");
        assert_eq!(stdout(&output), "", "{name}");
        assert_eq!(sandbox.count("StopQueryExecution"), 0, "{name}");
    }
}

#[test]
fn the_c_and_cpp_examples_free_everything() {
    let sanitized = build_examples("examples-sanitized", "-fsanitize=address,undefined -g");
    let sandbox = sandbox();
    for program in ["athena_query", "athena_query_cpp"] {
        for (sql, code) in [
            ("SELECT * FROM every_type", 0),
            ("SELECT n FROM many", 0),
            ("INSERT INTO people VALUES (4, 'Eve')", 0),
            ("SELECT * FROM nowhere", 1),
        ] {
            let mut command = Command::new(sanitized.join(program));
            command.arg(connection_string(&sandbox)).arg(sql);
            let output = run(&mut command, "gcc");
            assert_eq!(
                output.status.code(),
                Some(code),
                "{program} {sql}: {}",
                stderr(&output)
            );
            let error = stderr(&output);
            assert!(
                !error.contains("Sanitizer") && !error.contains("runtime error"),
                "{error}"
            );
        }
    }
}

#[test]
fn values_have_one_text_in_c_and_python() {
    let printing = scratch("arrow-text").join("libarrow_text.so");
    let sources = ["arrow_text.c", "calendar.c", "text.c"];
    succeed(
        Command::new("cc")
            .args(["-std=c99", "-shared", "-fPIC", "-fsanitize=undefined"])
            .arg("-fno-sanitize-recover=all")
            .arg("-I")
            .arg(root().join("include"))
            .args(sources.map(|source| root().join("examples/c").join(source)))
            .arg("-o")
            .arg(&printing),
        "gcc",
    );
    let script = root().join("tests/examples/arrow_text.py");
    let compared = succeed(python(&[]).arg(script).arg(printing), "python3");
    assert!(
        compared.trim().parse::<u32>().expect("a count") > 5000,
        "{compared}"
    );
}

#[test]
fn python_reads_a_result_into_pyarrow() {
    let program = "
import sys
from athena_ctypes import Connection

with Connection(sys.argv[1]) as connection, connection.statement(sys.argv[2]) as statement:
    with statement.execute() as result:
        reader = result.reader()
table = reader.read_all()
print(table.num_rows, table.schema.field('n').type, sum(table['n'].to_pylist()))
";
    let sandbox = sandbox();
    let mut command = python(&["-c", program]);
    command
        .arg(connection_string(&sandbox))
        .arg("SELECT n FROM many");
    assert_eq!(succeed(&mut command, "python3"), "20000 int64 199990000\n");
    let which = "import athena_query; print(athena_query.pyarrow is not None)";
    assert_eq!(succeed(&mut python(&["-c", which]), "python3"), "True\n");
    assert_eq!(
        succeed(&mut python(&["-S", "-c", which]), "python3"),
        "False\n"
    );
}
