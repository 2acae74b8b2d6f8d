//! The program `athena-sandbox`: the library, behind a command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use athena_sandbox::metastore::Metastore;
use athena_sandbox::{Builder, Policy, Sandbox, WorkGroup};

const HELP: &str = "\
A faithful local Amazon Athena: Athena, Glue, S3 and STS on one loopback endpoint.

Usage: athena-sandbox [options]

  --listen ADDRESS       loopback address and port (default 127.0.0.1:0; port 0 picks one)
  --data DIR             register tables: DIR/<database>/<table>.parquet or .csv, or folders
                         of such files
  --dataset NAME         register data: flights, or tpch:SCALE such as tpch:0.1 (repeatable)
  --store DIR            keep buckets in DIR (default: a folder that goes with the program)
  --output-location URI  where work group `primary` puts results, such as s3://results/
  --s3-tables BUCKET     an S3 Tables bucket: catalogue s3tablescatalog/BUCKET (repeatable)
  --access-key ID        accept only this key, and verify signatures
  --secret-key SECRET    its secret; better given as ATHENA_SANDBOX_SECRET_KEY
  --verify-signatures    require --access-key, so that nothing unsigned is accepted
  --policy FILE          an IAM policy document; what it does not allow is refused (repeatable)
  --tls FILE             encrypt connections; FILE gets the certificate clients must trust
  --latency-ms N         wait before every answer
  --bandwidth N          bytes per second for each connection
  --help, --version

Prints `ready http://127.0.0.1:PORT` (https with --tls) when it accepts. Ends at SIGTERM or SIGINT.
";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect();
    let options = match Options::parse(arguments) {
        Ok(Command::Run(options)) => *options,
        Ok(Command::Print(text)) => return finish(say(&text)),
        Err(problem) => {
            complain(&format!("{problem} (see --help)"));
            return ExitCode::from(2);
        }
    };
    finish(run(options))
}

fn finish(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&problem.to_string());
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    out.flush()
}

fn complain(text: &str) {
    // Without a standard error there is nobody to tell.
    drop(writeln!(io::stderr(), "athena-sandbox: {text}"));
}

#[tokio::main]
async fn run(options: Options) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sandbox = options.builder()?.start().await?;
    if let (Some(path), Some(authority)) = (&options.tls, sandbox.certificate_authority()) {
        std::fs::write(path, authority).map_err(|problem| named(path, problem))?;
    }
    say(&format!("ready {}", sandbox.url()))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    sandbox.shutdown().await;
    Ok(())
}

fn named(path: &str, problem: io::Error) -> io::Error {
    io::Error::new(problem.kind(), format!("{path}: {problem}"))
}

enum Command {
    Run(Box<Options>),
    Print(String),
}

#[derive(Default)]
struct Options {
    listen: Option<SocketAddr>,
    data: Option<String>,
    store: Option<String>,
    datasets: Vec<String>,
    output_location: Option<String>,
    access_key: Option<String>,
    secret_key: Option<String>,
    verify: bool,
    policies: Vec<String>,
    s3_tables: Vec<String>,
    tls: Option<String>,
    latency: Option<u64>,
    bandwidth: Option<u64>,
}

impl Options {
    fn parse(arguments: Vec<String>) -> Result<Command, String> {
        let mut options = Self {
            secret_key: std::env::var("ATHENA_SANDBOX_SECRET_KEY").ok(),
            ..Self::default()
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, attached) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            match name.as_str() {
                "--help" | "-h" => return Ok(Command::Print(HELP.to_owned())),
                "--version" | "-V" => {
                    return Ok(Command::Print(format!(
                        "athena-sandbox {}",
                        env!("CARGO_PKG_VERSION")
                    )));
                }
                "--verify-signatures" => {
                    options.verify = true;
                    continue;
                }
                _ => {}
            }
            let known = [
                "--listen",
                "--data",
                "--store",
                "--dataset",
                "--output-location",
                "--access-key",
                "--secret-key",
                "--policy",
                "--s3-tables",
                "--tls",
                "--latency-ms",
                "--bandwidth",
            ];
            if !known.contains(&name.as_str()) {
                return Err(format!("unknown argument '{name}'"));
            }
            let value = attached
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a value"))?;
            options.set(&name, value)?;
        }
        options.check()?;
        Ok(Command::Run(Box::new(options)))
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let number = |value: &str| {
            value
                .parse::<u64>()
                .map_err(|problem| format!("{name} '{value}' is not a whole number: {problem}"))
        };
        match name {
            "--listen" => {
                let address: SocketAddr = value.parse().map_err(|problem| {
                    format!(
                        "--listen '{value}' is not an address such as 127.0.0.1:8080: {problem}"
                    )
                })?;
                if !address.ip().is_loopback() {
                    return Err(format!("--listen '{value}' is not a loopback address"));
                }
                self.listen = Some(address);
            }
            "--data" => self.data = Some(value),
            "--store" => self.store = Some(value),
            "--dataset" => {
                #[cfg(feature = "sql")]
                value
                    .parse::<athena_sandbox::sql::Dataset>()
                    .map_err(|problem| format!("--dataset: {problem}"))?;
                self.datasets.push(value);
            }
            "--output-location" => self.output_location = Some(value),
            "--access-key" => self.access_key = Some(value),
            "--secret-key" => self.secret_key = Some(value),
            "--policy" => self.policies.push(value),
            "--s3-tables" => self.s3_tables.push(value),
            "--tls" => self.tls = Some(value),
            "--latency-ms" => self.latency = Some(number(&value)?),
            _ => self.bandwidth = Some(number(&value)?),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match (&self.access_key, &self.secret_key) {
            (None, _) if self.verify => Err("--verify-signatures needs --access-key".to_owned()),
            (Some(_), None) => {
                Err("--access-key needs --secret-key or ATHENA_SANDBOX_SECRET_KEY".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn builder(&self) -> io::Result<Builder> {
        let metastore = Arc::new(Metastore::new());
        for bucket in &self.s3_tables {
            metastore.add_s3_tables_bucket(bucket);
        }
        let builder = Sandbox::builder().metastore(Arc::clone(&metastore));
        let mut builder = self.engine(builder, &metastore)?;
        if let Some(address) = self.listen {
            builder = builder.listen(address);
        }
        if let Some(path) = &self.store {
            builder = builder.data_dir(path);
        }
        if let Some(uri) = &self.output_location {
            builder = builder.work_group(WorkGroup::new("primary").output_location(uri));
        }
        if let (Some(id), Some(secret)) = (&self.access_key, &self.secret_key) {
            builder = builder.credentials(id, secret);
        }
        for path in &self.policies {
            let text = std::fs::read_to_string(path).map_err(|problem| named(path, problem))?;
            let policy = Policy::parse(&text)
                .map_err(|problem| io::Error::other(format!("--policy {path}: {problem}")))?;
            builder = builder.policy(policy);
        }
        if self.tls.is_some() {
            builder = builder.tls();
        }
        if let Some(millis) = self.latency {
            builder = builder.latency(Duration::from_millis(millis));
        }
        if let Some(bytes) = self.bandwidth {
            builder = builder.bandwidth(bytes);
        }
        Ok(builder)
    }

    #[cfg(feature = "sql")]
    fn engine(&self, builder: Builder, metastore: &Metastore) -> io::Result<Builder> {
        use athena_sandbox::sql::{Dataset, SqlEngine};

        let mut engine = SqlEngine::builder();
        for name in &self.datasets {
            engine = engine.dataset(name.parse::<Dataset>().map_err(io::Error::other)?);
        }
        if let Some(folder) = &self.data {
            engine = engine.data_dir(folder);
        }
        let engine = Arc::new(engine.build()?);
        metastore.own().mount(engine.clone());
        Ok(builder.engine(engine))
    }

    #[cfg(not(feature = "sql"))]
    fn engine(&self, builder: Builder, _metastore: &Metastore) -> io::Result<Builder> {
        if self.datasets.is_empty() && self.data.is_none() {
            return Ok(builder);
        }
        Err(io::Error::other(
            "--dataset and --data need the feature `sql`, which this program was built without",
        ))
    }
}
