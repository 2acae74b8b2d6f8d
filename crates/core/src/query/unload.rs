//! UNLOAD in a query's place: whether it can be, and what is sent.

use super::casts;
use crate::types::Column;

/// Quick to read, and not large.
const COMPRESSION: &str = "SNAPPY";

/// Whether the files can hold columns of these types.
pub(crate) fn holds(columns: &[Column]) -> bool {
    columns
        .iter()
        .all(|column| column.athena_type.without_carrier().is_none())
}

/// The UNLOAD of `query`, whose columns are these, to the folder `to`.
///
/// Columns are called `c0`, `c1`, … in the files: a query's may have no name, or share one.
pub(crate) fn statement(query: &str, columns: &[Column], to: &str) -> String {
    let mut written = Vec::with_capacity(columns.len());
    let mut names = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let name = format!("c{index}");
        written.push(match casts::written(&column.athena_type, &name) {
            Some(expression) => format!("{expression} AS {name}"),
            None => name.clone(),
        });
        names.push(name);
    }
    let (written, names) = (written.join(", "), names.join(", "));
    // The newline ends a comment that the query may end with.
    format!(
        "UNLOAD (SELECT {written} FROM ({query}\n) AS q ({names})) TO '{}' WITH (format = 'PARQUET', compression = '{COMPRESSION}')",
        to.replace('\'', "''")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AthenaType;

    fn column(name: &str, athena_type: &str) -> Column {
        Column::new(name, AthenaType::parse(athena_type).unwrap())
    }

    #[test]
    fn the_statement_names_and_casts_every_column() {
        let columns = [
            column("a", "bigint"),
            column("A", "time(3)"),
            column("_col2", "json"),
        ];
        assert_eq!(
            statement("SELECT 1 -- one", &columns, "s3://b/it's/u/"),
            "UNLOAD (SELECT c0, CAST(c1 AS varchar) AS c1, json_format(c2) AS c2 \
             FROM (SELECT 1 -- one\n) AS q (c0, c1, c2)) TO 's3://b/it''s/u/' \
             WITH (format = 'PARQUET', compression = 'SNAPPY')"
        );
    }
}
