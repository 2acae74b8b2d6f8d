//! Options of logging, and those that only other drivers and tools read.

use super::{OptionInfo, Scope, Status, row};
use crate::options::key::OptionKey as K;
use crate::options::kind::Kind;

const LENGTH: Kind = Kind::Integer {
    min: 0,
    max: i64::MAX,
};
const CATALOG: Status = Status::Planned("read by the catalog functions, which are not built yet");
const ARROW: Status = Status::Ignored("Arrow columns have no declared length or width");
const MANAGER: Status = Status::Ignored("read by the ODBC driver manager, not by a driver");

const fn ignored(key: K, kind: Kind, status: Status, summary: &'static str) -> OptionInfo {
    row(key, kind, summary).status(status)
}

const fn logging(key: K, kind: Kind, summary: &'static str) -> OptionInfo {
    row(key, kind, summary).scope(Scope::Database)
}

pub(super) const LOGGING: &[OptionInfo] = &[
    logging(
        K::LogLevel,
        Kind::Choice(&[
            ("OFF", &["0"]),
            ("FATAL", &["1"]),
            ("ERROR", &["2"]),
            ("WARN", &["WARNING", "3"]),
            ("INFO", &["4"]),
            ("DEBUG", &["5"]),
            ("TRACE", &["6"]),
        ]),
        "How much is logged; also 0 to 6 in this order, and WARNING. Nothing is written \
         unless LogPath is given.",
    )
    .aliases(&["log_level", "athena.log_level"])
    .default("INFO"),
    logging(
        K::LogPath,
        Kind::Path,
        "Folder of the log files, one file per process, readable by its owner only. \
         Giving it turns logging on.",
    )
    .aliases(&["log_path", "athena.log_path"]),
    logging(
        K::LogFileBytes,
        Kind::Integer {
            min: 4_096,
            max: 1_099_511_627_776,
        },
        "Size at which a log file is closed and a new one begun.",
    )
    .aliases(&["athena.log_file_bytes"])
    .default("16777216"),
    logging(
        K::LogFiles,
        Kind::Integer { min: 1, max: 1_000 },
        "How many log files of this process are kept.",
    )
    .aliases(&["athena.log_files"])
    .default("5"),
    logging(
        K::UseAwsLogger,
        Kind::Bool,
        "Log the AWS SDK's own messages too.",
    )
    .aliases(&["athena.use_aws_logger"])
    .default("false"),
];

pub(super) const ROWS: &[OptionInfo] = &[
    ignored(
        K::MetadataRetrievalMethod,
        Kind::Choice(&[
            ("Auto", &[]),
            ("Glue", &["AWS Glue"]),
            ("ProxyAPI", &[]),
            ("Query", &[]),
        ]),
        CATALOG,
        "Where metadata comes from.",
    ),
    ignored(
        K::QueryExternalCatalogs,
        Kind::Bool,
        CATALOG,
        "List catalogs other than Glue's too.",
    ),
    ignored(
        K::UseQueryToListTables,
        Kind::Bool,
        CATALOG,
        "List tables of Lambda catalogs by SHOW TABLES.",
    ),
    ignored(
        K::UseSingleCatalogAndSchema,
        Kind::Bool,
        CATALOG,
        "List only the configured catalog and database.",
    ),
    ignored(
        K::UseArraySupport,
        Kind::Bool,
        Status::Ignored("ComplexTypes decides how arrays are returned"),
        "Return arrays as arrays.",
    ),
    ignored(
        K::StringColumnLength,
        LENGTH,
        ARROW,
        "Reported length of string columns.",
    ),
    ignored(
        K::BinaryColumnLength,
        LENGTH,
        ARROW,
        "Reported length of binary columns.",
    ),
    ignored(
        K::ComplexTypeColumnLength,
        LENGTH,
        ARROW,
        "Reported length of array, map and row columns.",
    ),
    ignored(
        K::MaxCatalogNameLength,
        LENGTH,
        ARROW,
        "Reported length of catalog names.",
    ),
    ignored(
        K::MaxSchemaNameLength,
        LENGTH,
        ARROW,
        "Reported length of database names.",
    ),
    ignored(
        K::MaxTableNameLength,
        LENGTH,
        ARROW,
        "Reported length of table names.",
    ),
    ignored(
        K::MaxColumnNameLength,
        LENGTH,
        ARROW,
        "Reported length of column names.",
    ),
    ignored(
        K::UseWCharForStringTypes,
        Kind::Bool,
        ARROW,
        "Report strings as wide ODBC types.",
    ),
    ignored(
        K::UseSQLUnicodeTypes,
        Kind::Bool,
        ARROW,
        "Report strings as wide ODBC types.",
    ),
    ignored(K::Dsn, Kind::Text, MANAGER, "Data source name.").aliases(&["FileDsn", "SaveFile"]),
    ignored(K::Driver, Kind::Text, MANAGER, "Driver name or library."),
    ignored(
        K::Description,
        Kind::Text,
        MANAGER,
        "Description of a data source.",
    ),
    ignored(
        K::ErrorMessagesPath,
        Kind::Path,
        MANAGER,
        "Folder of an ODBC driver's messages.",
    ),
    ignored(
        K::SwapFilePath,
        Kind::Path,
        Status::Ignored("results are never swapped to disk"),
        "Folder of swap files.",
    ),
    ignored(
        K::DriverManagerEncoding,
        Kind::Text,
        MANAGER,
        "Encoding between ODBC driver and manager.",
    ),
    ignored(
        K::OdbcInstLib,
        Kind::Path,
        MANAGER,
        "Library of the ODBC installer.",
    ),
    ignored(
        K::MetabaseSettings,
        Kind::Text,
        Status::Ignored("Metabase's own settings, which it passes on to every driver"),
        "Settings of Metabase's form that mean nothing to a driver.",
    )
    .aliases(&[
        "advanced-options",
        "include-user-id-and-hash",
        "auto_run_queries",
        "let-user-control-scheduling",
        "schedules.metadata_sync",
        "schedules.cache_field_values",
        "refingerprint",
        "destination-database",
        "unaggregated-query-row-limit",
        "json-unfolding",
        "schema-filters-type",
        "schema-filters-patterns",
        "engine",
        "db",
    ]),
];
