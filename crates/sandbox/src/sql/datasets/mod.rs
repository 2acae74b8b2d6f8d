//! Data to query: two built-in datasets, and folders of files.

mod files;
mod flights;
mod folder;
mod tpch;

pub(super) use flights::STORE_URL as FLIGHTS_URL;
pub(super) use flights::store as flights_store;
pub(super) use folder::tables as folder_tables;
pub(super) use tpch::ScanCounter;

use std::fmt;
use std::str::FromStr;

use super::catalog::Tables;

/// A dataset that comes with the sandbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dataset {
    /// Database `flights`: departures from New York in 2013, 336,776 rows, and what
    /// belongs to them.
    Flights,
    /// Database `tpch`: the eight TPC-H tables at a scale factor, made while they are read.
    Tpch(f64),
}

/// A dataset name that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDataset(String);

impl fmt::Display for UnknownDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown dataset '{}': use 'flights', or 'tpch:SF' with a scale factor above 0, e.g. 'tpch:0.1'",
            self.0
        )
    }
}

impl std::error::Error for UnknownDataset {}

impl FromStr for Dataset {
    type Err = UnknownDataset;

    fn from_str(text: &str) -> Result<Self, UnknownDataset> {
        if text == "flights" {
            return Ok(Self::Flights);
        }
        text.strip_prefix("tpch:")
            .and_then(|scale| scale.parse::<f64>().ok())
            .filter(|scale| scale.is_finite() && *scale > 0.0)
            .map(Self::Tpch)
            .ok_or_else(|| UnknownDataset(text.to_owned()))
    }
}

impl Dataset {
    /// Adds the dataset's database.
    pub(super) fn add_to(self, tables: &mut Tables) {
        match self {
            Self::Flights => tables
                .entry("flights".to_owned())
                .or_default()
                .extend(flights::tables()),
            Self::Tpch(scale) => tables
                .entry("tpch".to_owned())
                .or_default()
                .extend(tpch::tables(scale)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_or_say_what_would() {
        assert_eq!("flights".parse(), Ok(Dataset::Flights));
        assert_eq!("tpch:0.01".parse(), Ok(Dataset::Tpch(0.01)));
        for text in [
            "tpch", "tpch:", "tpch:0", "tpch:-1", "tpch:inf", "Flights", "",
        ] {
            let error = text.parse::<Dataset>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("'{text}'")) && error.contains("tpch:SF"),
                "{error}"
            );
        }
    }
}
