//! Renders `docs/options.md` from the table.

use super::kind::Unit;
use super::table::{GROUPS, OptionInfo, Scope, Status};

const INTRODUCTION: &str = "\
# Options

This file is generated from the option table in `crates/core/src/options`; change it there
and run the tests with `UPDATE_DOCS=1`.

## How to write them

| Form | Example |
|---|---|
| `Key=Value;…` | `Region=eu-central-1;WorkGroup=reports;PWD={a;b}` |
| JDBC URL | `jdbc:athena://[host[:port]];Key=Value;…`, also `jdbc:awsathena://…` |
| URI | `athena://[host[:port]]/[database]?key=value&key=value`, percent-encoded |
| One by one | by any name of the tables below |

- Every option has several names: those of Amazon's JDBC 3.x, JDBC 2.x, ODBC 2.x and ODBC 1.x
  drivers, of Metabase's form, and an `athena.*` key for ADBC and dbt. All of them work
  everywhere. Names are not case-sensitive.
- Blanks around names and values do not count. A value that holds `;`, or blanks at its ends,
  stands in braces: `{a;b}`. Inside braces `}` is written `}}`.
- An empty or blank value means that the option is not given.
- An option given more than once, under the same or different names, has the value given last.
- A URL's host is the address of Athena (`AthenaEndpoint`), unless it is Amazon's public host
  `athena.<region>.amazonaws.com`, from which the region is taken. An option in the URL wins
  over its host. A path after the host of a JDBC URL is not read.
- A name nobody knows is a warning, with the nearest known name; `StrictOptions=1` makes it an
  error.
- Durations take a bare number, in the unit the table gives for that name, or a number with a
  unit: `ns`, `us`, `ms`, `s`, `m`, `h`, as in `500ms`, `1.5s`, `1h30m`.

## Reading the tables

- **secret**: never shown, neither in logs and errors nor when options are listed.
- *supported*: works as described. *ignored*: known and without effect, for the reason given.
  *no effect yet*: known, harmless, read by a later version. *refused*: not built; giving
  another value than the default is an error.
- Scope: an option of a *database* object, a *connection* or a *statement*; one may be given at
  a level above its own.
";

/// The text of `docs/options.md`.
pub fn options_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for group in GROUPS {
        let lines: String = group.rows.iter().map(line).collect();
        text.push_str(&format!(
            "\n## {}\n\n\
             | Option | Other names | ADBC key | Type | Default | Scope | Status | What it does |\n\
             |---|---|---|---|---|---|---|---|\n\
             {lines}",
            group.title
        ));
    }
    text
}

fn line(row: &OptionInfo) -> String {
    let names: Vec<_> = row
        .aliases
        .iter()
        .map(|name| (*name, format!("`{name}`")))
        .chain(row.unit_aliases.iter().map(|(name, unit)| {
            let unit = match unit {
                Unit::Millis => "milliseconds",
                Unit::Seconds => "seconds",
                Unit::Attempts => "attempts: retries and one",
                Unit::Plain => "as it is",
            };
            (*name, format!("`{name}` ({unit})"))
        }))
        .collect();
    let list = |adbc: bool| {
        let chosen = names
            .iter()
            .filter(|(name, _)| name.starts_with("athena.") == adbc);
        chosen
            .map(|(_, shown)| shown.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let scope = match row.scope {
        Scope::Database => "database",
        Scope::Connection => "connection",
        Scope::Statement => "statement",
    };
    let status = match row.status {
        Status::Supported => "supported".to_owned(),
        Status::Ignored(reason) => format!("ignored: {reason}"),
        Status::Planned(reason) => format!("no effect yet: {reason}"),
        Status::NotYet(reason) => format!("refused: {reason}"),
    };
    let kind = if row.is_secret() {
        "**secret** text".to_owned()
    } else {
        row.kind.describe()
    };
    let default = row
        .default
        .map(|value| format!("`{value}`"))
        .unwrap_or_default();
    let cells = [
        format!("`{}`", row.name()),
        list(false),
        list(true),
        kind,
        default,
        scope.to_owned(),
        status,
        row.summary.to_owned(),
    ];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_md_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/options.md");
        let expected = options_markdown();
        if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            std::fs::write(path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert!(
            found == expected,
            "docs/options.md is old; run with UPDATE_DOCS=1"
        );
    }

    #[test]
    fn every_name_and_every_secret_is_documented() {
        let text = options_markdown();
        for row in GROUPS.iter().flat_map(|group| group.rows) {
            for name in row.names() {
                assert!(text.contains(&format!("`{name}`")), "{name}");
            }
            if row.is_secret() {
                assert!(line(row).contains("**secret**"), "{}", row.name());
            }
        }
    }
}
