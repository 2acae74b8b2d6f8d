//! Options of reading results.

use super::{OptionInfo, Scope, Status, row};
use crate::options::key::OptionKey as K;
use crate::options::kind::Kind;

pub(super) const ROWS: &[OptionInfo] = &[
    row(
        K::ResultFetcher,
        Kind::Choice(&[
            ("auto", &[]),
            ("S3", &[]),
            ("GetQueryResults", &[]),
            ("GetQueryResultsStream", &[]),
            ("unload", &[]),
        ]),
        "Where rows come from. auto: the result object in S3, pages of \
         GetQueryResults when it cannot be read. GetQueryResultsStream is Amazon's \
         private interface and means auto. unload: Parquet files that the query writes by \
         UNLOAD, see [unload.md](unload.md). Wins over the two older switches below.",
    )
    .aliases(&["athena.result_fetcher"])
    .default("auto")
    .scope(Scope::Statement),
    row(
        K::UseResultsetStreaming,
        Kind::Bool,
        "Older switch: 0 means ResultFetcher=GetQueryResults, 1 means auto.",
    )
    .scope(Scope::Statement),
    row(
        K::EnableS3Fetcher,
        Kind::Bool,
        "Older switch: 1 means ResultFetcher=S3 and wins over \
         UseResultsetStreaming; 0 changes nothing.",
    )
    .scope(Scope::Statement),
    row(
        K::FetchSize,
        Kind::Integer {
            min: 0,
            max: 10_000_000,
        },
        "Rows per batch and, up to Athena's 1000, per page; 0 leaves it to the \
         driver.",
    )
    .aliases(&["RowsToFetchPerBlock", "athena.fetch_size"])
    .default("0")
    .scope(Scope::Statement),
    row(
        K::ComplexTypes,
        Kind::Choice(&[("text", &[]), ("typed", &[])]),
        "array, map and row as text, or as Arrow list, map and struct: one or two more \
         queries, without rows, tell their types before the query runs.",
    )
    .aliases(&["athena.complex_types"])
    .default("text")
    .scope(Scope::Statement),
    row(
        K::UnloadOrderedQueries,
        Kind::Bool,
        "With ResultFetcher=unload, use UNLOAD also for a query with an ORDER BY of its \
         own, and lose the order. Without it, such a query is read as with auto.",
    )
    .aliases(&["athena.unload.ordered_queries"])
    .default("false")
    .scope(Scope::Statement),
    row(
        K::DownloadConnections,
        Kind::Integer { min: 1, max: 64 },
        "Parts of one result object read at the same time.",
    )
    .aliases(&["athena.download.connections"])
    .default("8"),
    row(
        K::DownloadPartBytes,
        Kind::Integer {
            min: 1_024,
            max: 2_146_435_072,
        },
        "Size of one such part.",
    )
    .aliases(&["S3ResultBlockSize", "athena.download.part_bytes"])
    .default("8388608"),
    row(
        K::DownloadMemoryBytes,
        Kind::Integer {
            min: 65_536,
            max: 1_099_511_627_776,
        },
        "Memory one result may hold while it is read. Parts larger than this are \
         made smaller.",
    )
    .aliases(&["athena.download.memory_bytes"])
    .default("25165824"),
    row(
        K::UseMultipleS3Threads,
        Kind::Bool,
        "Read a result object over several connections.",
    )
    .status(Status::Ignored(
        "large objects always are; DownloadConnections=1 turns it off",
    )),
    row(
        K::MaxStreamErrorRetry,
        Kind::Integer {
            min: 0,
            max: i64::MAX,
        },
        "Retries of a broken GetQueryResultsStream.",
    )
    .status(Status::Ignored(
        "that interface is not used; NumRetries covers broken downloads",
    )),
];
