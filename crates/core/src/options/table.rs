//! The option table: what every option is called, takes, defaults to and does.

mod compat;
mod formats;
mod network;
mod plugins;
mod results;
mod session;
mod signin;

use super::key::OptionKey;
use super::kind::{Kind, Unit};

/// The level an option belongs to; it may also be given at a level above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Shared by all connections of a database object.
    Database,
    /// Of one connection.
    Connection,
    /// May differ from statement to statement.
    Statement,
}

/// What this driver does with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does what the documentation says.
    Supported,
    /// Known, without effect for good; the reason.
    Ignored(&'static str),
    /// Known, without effect so far and harmless to leave out; what will read it.
    Planned(&'static str),
    /// Refused when given with another value than the default; what to do instead.
    NotYet(&'static str),
}

/// One row of the option table.
#[derive(Debug, Clone, Copy)]
pub struct OptionInfo {
    /// The option.
    pub key: OptionKey,
    /// Its other names. Those that begin with `athena.` are ADBC's; the first is preferred.
    pub aliases: &'static [&'static str],
    /// Further names under which a bare number has a unit of its own.
    pub unit_aliases: &'static [(&'static str, Unit)],
    /// Type, range or values.
    pub kind: Kind,
    /// The value in effect when none is given.
    pub default: Option<&'static str>,
    /// The level it belongs to.
    pub scope: Scope,
    /// What this driver does with it.
    pub status: Status,
    /// One line for people.
    pub summary: &'static str,
}

impl OptionInfo {
    /// The canonical name.
    pub const fn name(&self) -> &'static str {
        self.key.name()
    }

    /// Whether its value must never be shown.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret)
    }

    /// Every name, the canonical one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name())
            .chain(self.aliases.iter().copied())
            .chain(self.unit_aliases.iter().map(|(name, _)| *name))
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn aliases_in(mut self, aliases: &'static [(&'static str, Unit)]) -> Self {
        self.unit_aliases = aliases;
        self
    }

    const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    const fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    const fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }
}

/// A supported connection option without other names and default.
const fn row(key: OptionKey, kind: Kind, summary: &'static str) -> OptionInfo {
    OptionInfo {
        key,
        aliases: &[],
        unit_aliases: &[],
        kind,
        default: None,
        scope: Scope::Connection,
        status: Status::Supported,
        summary,
    }
}

/// Options that belong together in the documentation.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) rows: &'static [OptionInfo],
}

/// The whole table.
pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "Session and query",
        rows: session::ROWS,
    },
    Group {
        title: "Reading results",
        rows: results::ROWS,
    },
    Group {
        title: "Network",
        rows: network::ROWS,
    },
    Group {
        title: "Signing in",
        rows: signin::ROWS,
    },
    Group {
        title: "Sign-in plugins",
        rows: plugins::ROWS,
    },
    Group {
        title: "Logging",
        rows: compat::LOGGING,
    },
    Group {
        title: "Metadata, column lengths and tools",
        rows: compat::ROWS,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_values_in_their_kept_spelling() {
        for row in GROUPS.iter().flat_map(|group| group.rows) {
            if let Some(default) = row.default {
                let kept = row.kind.normalize(default, None);
                assert_eq!(kept.as_deref(), Some(default), "{}", row.name());
            }
        }
    }

    #[test]
    fn secrets_have_no_default() {
        for row in GROUPS.iter().flat_map(|group| group.rows) {
            assert!(!row.is_secret() || row.default.is_none(), "{}", row.name());
        }
    }

    #[test]
    fn units_are_only_given_to_numbers() {
        for row in GROUPS.iter().flat_map(|group| group.rows) {
            for (name, unit) in row.unit_aliases {
                let fits = match unit {
                    Unit::Attempts => matches!(row.kind, Kind::Integer { .. }),
                    _ => matches!(row.kind, Kind::Duration { .. }),
                };
                assert!(fits, "{name}");
            }
        }
    }
}
