//! Builds and runs the programs of `c-tests/` against the library and a sandbox: as they
//! are, under AddressSanitizer and UndefinedBehaviorSanitizer, and under valgrind.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, State, WorkGroup, column};
use support::{library, root, run, scratch, succeed};

/// The bucket whose objects stop coming after a few kilobytes.
const STALLING_BUCKET: &str = "stalling-results";
/// The bucket whose objects break off after a few kilobytes, and give no byte more.
const TRUNCATING_BUCKET: &str = "truncating-results";

fn sandbox() -> Sandbox {
    let text = |text: &str| Some(text.to_owned());
    let people = || vec![column("id", "integer"), column("name", "varchar")];
    let one = || Fixture::rows(vec![column("x", "integer")], vec![vec![text("1")]]);
    let many = (0..20_000).map(|n: i32| vec![text(&n.to_string())]);
    Sandbox::builder()
        .credentials("AKIDEXAMPLE", "sesame")
        .fixture(
            "SELECT id, name FROM people",
            Fixture::rows(
                people(),
                vec![
                    vec![text("1"), text("Ada €")],
                    vec![text("2"), None],
                    vec![text("-2147483648"), text("")],
                ],
            )
            .data_scanned(4321),
        )
        .fixture(
            "SELECT n FROM many",
            Fixture::rows(vec![column("n", "bigint")], many.collect()),
        )
        .fixture("INSERT INTO people VALUES (4, 'Eve')", Fixture::count(3))
        .fixture(
            "SELECT id FROM corrupt",
            Fixture::rows(vec![column("id", "integer")], vec![vec![text("x17")]]),
        )
        .fixture("SELECT slow", one().run_delay(Duration::from_secs(600)))
        .fixture(
            "SELECT queued",
            one().states([State::Queued, State::Queued, State::Running]),
        )
        .fixture("SELECT ?,?,?,?,?,?,?,?,?,?,? /* ? */ -- ?", one())
        .fixture("SELECT arrow, ?", one())
        .fixture(
            "SELECT 1 / 0",
            Fixture::failed("DIVISION_BY_ZERO: Division by zero", 1206),
        )
        .fixture(
            "SELEC 1",
            Fixture::refused("MALFORMED_QUERY", "line 1:1: mismatched input 'SELEC'"),
        )
        .fixture(
            "SELECT * FROM nowhere",
            Fixture::failed(
                "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.nowhere' does not exist",
                1301,
            ),
        )
        .fixture(
            "SELECT half",
            Fixture::failed("HIVE_BAD_DATA: Error parsing a column", 1001)
                .states([State::Queued, State::Running]),
        )
        .work_group(WorkGroup::new("off").disabled())
        .fault(Fault::on("GetObject", FaultAction::Stall(4096)).key(STALLING_BUCKET))
        .fault(
            Fault::on("GetObject", FaultAction::CutBody(4096))
                .key(TRUNCATING_BUCKET)
                .times(1),
        )
        .fault(
            Fault::on("GetObject", FaultAction::CutBody(0))
                .key(TRUNCATING_BUCKET)
                .skip(1),
        )
        .start_blocking()
        .expect("the sandbox starts")
}

fn without_location(endpoint: &str) -> String {
    format!(
        "Region=eu-west-1;Endpoint={endpoint};User=AKIDEXAMPLE;Password=sesame;\
         MinQueryExecutionPollingIntervalMillis=10;NumRetries=1"
    )
}

fn connection_string(endpoint: &str, bucket: &str) -> String {
    format!(
        "{};S3OutputLocation=s3://{bucket}/c/",
        without_location(endpoint)
    )
}

/// An endpoint nobody listens at: a port that was free a moment ago.
fn closed_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

/// The programs of one way to build and run them.
struct Programs {
    directory: PathBuf,
    compiler_flags: &'static [&'static str],
}

impl Programs {
    fn new(name: &str, compiler_flags: &'static [&'static str]) -> Self {
        let directory = scratch(name);
        // The name the programs ask for at run time; cargo builds the other one only.
        std::os::unix::fs::symlink(library(), directory.join("libathena.so.0"))
            .expect("the library can be linked to");
        Self {
            directory,
            compiler_flags,
        }
    }

    /// Compiles and links one program.
    fn build(&self, source: &Path) -> PathBuf {
        let (compiler, standard, package) = match source.extension() {
            Some(suffix) if suffix == "cpp" => ("c++", "-std=c++11", "g++"),
            _ => ("cc", "-std=c99", "gcc"),
        };
        let program = self
            .directory
            .join(source.file_stem().expect("a file name"));
        let mut command = Command::new(compiler);
        command
            .args([standard, "-D_POSIX_C_SOURCE=200809L", "-g", "-pthread"])
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(self.compiler_flags)
            .arg("-I")
            .arg(root().join("include"))
            .arg(source)
            .arg(self.directory.join("libathena.so.0"))
            .arg(format!("-Wl,-rpath,{}", self.directory.display()))
            .arg("-o")
            .arg(&program);
        succeed(&mut command, package);
        program
    }

    /// Builds all programs and runs each as `start` says; `look` sees each before it runs.
    fn run(&self, start: impl Fn(&Path) -> Command, package: &str, look: impl Fn(&Path)) {
        let mut sources: Vec<PathBuf> = fs::read_dir(root().join("c-tests"))
            .expect("c-tests can be listed")
            .map(|entry| entry.expect("c-tests can be listed").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|suffix| suffix == "c" || suffix == "cpp")
            })
            .collect();
        sources.sort();
        assert!(sources.len() >= 8, "{sources:?}");
        let mut failures = String::new();
        for source in sources {
            let program = self.build(&source);
            look(&program);
            let sandbox = sandbox();
            let mut command = start(&program);
            command
                .arg(connection_string(&sandbox.url(), "results"))
                .arg(connection_string(&closed_endpoint(), "results"))
                .arg(connection_string(&sandbox.url(), STALLING_BUCKET))
                .arg(without_location(&sandbox.url()))
                .arg(connection_string(&sandbox.url(), TRUNCATING_BUCKET));
            let output = run(&mut command, package);
            if !output.status.success() {
                let name = program.display();
                let told = String::from_utf8_lossy(&output.stderr);
                failures.push_str(&format!("{name} ended with {}\n{told}", output.status));
            } else if program.ends_with("test_statement") {
                check_parameters(&sandbox);
            }
        }
        assert!(failures.is_empty(), "{failures}");
    }
}

/// What was bound arrived, as literals.
fn check_parameters(sandbox: &Sandbox) {
    let sent: Vec<String> = sandbox
        .requests()
        .iter()
        .filter_map(|request| {
            Some(
                request
                    .body
                    .as_ref()?
                    .get("ExecutionParameters")?
                    .to_string(),
            )
        })
        .collect();
    let typed = concat!(
        r#"["NULL","TRUE","BIGINT '-9223372036854775808'","DOUBLE '-5E-1'","#,
        r#""DECIMAL '-12.50'","'it''s\u0000?'","X'00FF'","DATE '1969-12-31'","#,
        r#""TIME '01:02:03.004'","TIMESTAMP '1970-01-01 00:00:00.000001'","#,
        r#""TIMESTAMP '1970-01-01 00:00:00 UTC'"]"#
    );
    assert_eq!(sent, [typed, r#"["BIGINT '41'"]"#]);
}

#[test]
fn the_programs_succeed() {
    Programs::new("c-plain", &["-O1"]).run(|program| Command::new(program), "gcc", |_| ());
}

#[test]
fn the_programs_succeed_under_the_sanitizers() {
    let flags = &[
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ];
    let start = |program: &Path| {
        let mut command = Command::new(program);
        command.env("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0");
        command
    };
    let is_sanitized = |program: &Path| {
        let mut nm = Command::new("nm");
        let symbols = succeed(nm.arg("--undefined-only").arg(program), "binutils");
        assert!(
            symbols.contains("__asan_init"),
            "{program:?} is not sanitized"
        );
    };
    Programs::new("c-asan", flags).run(start, "gcc", is_sanitized);
}

#[test]
fn the_programs_succeed_under_valgrind() {
    let start = |program: &Path| {
        let mut command = Command::new("valgrind");
        command
            .args([
                "--quiet",
                "--leak-check=full",
                "--show-leak-kinds=definite,indirect,possible",
            ])
            .args([
                "--errors-for-leak-kinds=definite,indirect,possible",
                "--error-exitcode=99",
            ])
            .arg("--num-callers=40")
            .arg(format!(
                "--suppressions={}",
                root().join("c-tests/valgrind.supp").display()
            ))
            .arg(program);
        command
    };
    Programs::new("c-valgrind", &[]).run(start, "valgrind", |_| ());
}
