//! Options of the session and of running a query.

use super::formats::{ACCOUNT_ID, REGION, S3_LOCATION};
use super::{OptionInfo, Scope, Status, row};
use crate::options::key::OptionKey as K;
use crate::options::kind::{Kind, Unit};

const HOUR: u64 = 3_600_000;

pub(super) const ROWS: &[OptionInfo] = &[
    row(
        K::Region,
        Kind::Format(REGION),
        "Region the queries run in. Without it: AWS_REGION, then the profile's \
         region.",
    )
    .aliases(&["AwsRegion", "athena.region"]),
    row(K::Catalog, Kind::Text, "Data catalog of unqualified names.")
        .aliases(&["athena.catalog"])
        .default("AwsDataCatalog"),
    row(
        K::Database,
        Kind::Text,
        "Database (schema) of unqualified names.",
    )
    .aliases(&["Schema", "dbname", "athena.schema", "athena.database"])
    .default("default"),
    row(K::WorkGroup, Kind::Text, "Workgroup the queries run in.")
        .aliases(&["athena.work_group", "athena.workgroup"])
        .default("primary"),
    row(
        K::OutputLocation,
        Kind::Format(S3_LOCATION),
        "Where Athena writes results. Not needed when the workgroup has a place, or \
         manages results itself.",
    )
    .aliases(&[
        "S3OutputLocation",
        "s3_staging_dir",
        "athena.output_location",
        "athena.s3_staging_dir",
    ])
    .scope(Scope::Statement),
    row(
        K::EncryptionOption,
        Kind::Choice(&[
            ("NOT_SET", &[]),
            ("SSE_S3", &[]),
            ("SSE_KMS", &[]),
            ("CSE_KMS", &[]),
        ]),
        "Encryption of the results in S3.",
    )
    .aliases(&[
        "S3OutputEncOption",
        "query_results_encryption_option",
        "athena.encryption_option",
    ])
    .default("NOT_SET"),
    row(
        K::KmsKey,
        Kind::Text,
        "Key of SSE_KMS and CSE_KMS: ARN or id. Required with these, an error \
         without them.",
    )
    .aliases(&[
        "S3OutputEncKMSKey",
        "query_results_aws_kms_key",
        "athena.kms_key",
    ]),
    row(
        K::ExpectedBucketOwner,
        Kind::Format(ACCOUNT_ID),
        "Queries fail when the result bucket belongs to another account.",
    )
    .aliases(&["athena.expected_bucket_owner"]),
    row(
        K::AclOption,
        Kind::Choice(&[("BUCKET_OWNER_FULL_CONTROL", &[])]),
        "Canned ACL put on result objects.",
    )
    .aliases(&["athena.acl_option"]),
    row(
        K::EnableResultReuseByAge,
        Kind::Bool,
        "Let Athena answer with an earlier result of the same query.",
    )
    .aliases(&["EnableResultReuse", "athena.result_reuse.enabled"])
    .default("false")
    .scope(Scope::Statement),
    row(
        K::MaxResultReuseAgeInMinutes,
        Kind::Integer {
            min: 0,
            max: 10_080,
        },
        "Oldest result that may be reused, in minutes.",
    )
    .aliases(&[
        "AgeForResultReuse",
        "ReusedResultMaxAgeInMinutes",
        "athena.result_reuse.max_age_minutes",
    ])
    .default("60")
    .scope(Scope::Statement),
    row(
        K::QueryTimeout,
        Kind::Duration {
            unit: Unit::Seconds,
            min: 0,
            max: 7 * 24 * HOUR,
        },
        "Time a query may take before it is cancelled; 0 sets no limit.",
    )
    .aliases(&["athena.query_timeout"])
    .aliases_in(&[("MaxPollDuration", Unit::Millis)])
    .default("0")
    .scope(Scope::Statement),
    row(
        K::MinQueryExecutionPollingIntervalMillis,
        Kind::Duration {
            unit: Unit::Millis,
            min: 1,
            max: HOUR,
        },
        "First wait between two questions for a query's state.",
    )
    .aliases(&[
        "MinQueryExecutionPollingInterval",
        "athena.poll_interval",
        "athena.poll_interval_min",
    ])
    .default("100"),
    row(
        K::MaxQueryExecutionPollingIntervalMillis,
        Kind::Duration {
            unit: Unit::Millis,
            min: 5,
            max: HOUR,
        },
        "Longest wait between two questions. Raised to the first wait when only \
         that is given.",
    )
    .aliases(&[
        "MaxQueryExecutionPollingInterval",
        "athena.poll_interval_max",
    ])
    .default("5000"),
    row(
        K::QueryExecutionPollingIntervalMultiplier,
        Kind::Float {
            min: 1.0,
            max: 100.0,
        },
        "Growth of the wait from one question to the next.",
    )
    .aliases(&["athena.poll_interval_multiplier"])
    .default("2"),
    row(
        K::ApplicationName,
        Kind::Text,
        "Name added to the user agent of every request.",
    )
    .aliases(&["athena.application_name"])
    .scope(Scope::Database),
    row(
        K::ConnectionTest,
        Kind::Bool,
        "Check credentials and workgroup when connecting, by a GetWorkGroup \
         request. It costs nothing; no query runs.",
    )
    .aliases(&["athena.connection_test"])
    .default("true"),
    row(
        K::StrictOptions,
        Kind::Bool,
        "Make unknown options an error in place of a warning.",
    )
    .aliases(&["athena.strict_options"])
    .default("false")
    .scope(Scope::Database),
    row(
        K::AdditionalOptions,
        Kind::Secret,
        "Further options as Key=Value;…, applied where this option stands. \
         Metabase's form has this field.",
    )
    .aliases(&["additional-options"])
    .scope(Scope::Database),
    row(
        K::IcebergCommitRetries,
        Kind::Integer { min: 0, max: 100 },
        "How often a statement that failed with ICEBERG_COMMIT_ERROR is run again.",
    )
    .aliases(&["athena.iceberg_commit_retries"])
    .scope(Scope::Statement)
    .status(Status::Planned("such a failure is reported, not repeated")),
];
