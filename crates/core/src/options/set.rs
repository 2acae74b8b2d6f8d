//! The options that were given, as text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::key::OptionKey;
use super::kind::{self, Kind, Unit};
use super::nearest::nearest_name;
use super::parse::{self, Pair};
use crate::error::{Error, ErrorKind, Result};

/// What is shown in place of a secret.
const HIDDEN: &str = "***";
/// Longest value or unknown name repeated in a message, in characters.
const SHOWN_CHARS: usize = 80;

#[derive(Clone)]
enum Value {
    Plain(String),
    Secret(SecretString),
}

/// An ordered set of option values, of any dialect, each checked when it is set.
///
/// An empty or blank value counts as not given. An option given more than once, under
/// whichever of its names, has the value given last. Unknown names are kept, and are an
/// error only when `StrictOptions` is on. Secrets are held apart: neither `Debug` nor any
/// error shows them.
#[derive(Clone, Default)]
pub struct Options {
    given: Vec<(OptionKey, Value)>,
    unknown: Vec<String>,
}

/// One option with its value, for enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionValue<'a> {
    key: OptionKey,
    shown: Option<&'a str>,
    given: bool,
}

impl<'a> OptionValue<'a> {
    /// The option.
    pub fn key(&self) -> OptionKey {
        self.key
    }

    /// Its canonical name.
    pub fn name(&self) -> &'static str {
        self.key.name()
    }

    /// Its value in the spelling it is kept in; `***` for a secret, empty when it has none.
    pub fn shown(&self) -> &'a str {
        self.shown.unwrap_or_default()
    }

    /// Where the value comes from: `given` or `default`.
    pub fn source(&self) -> &'static str {
        if self.given { "given" } else { "default" }
    }
}

/// A name that no dialect knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownOption<'a> {
    name: &'a str,
}

impl<'a> UnknownOption<'a> {
    /// The name as it was written.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The known name nearest to it, if one is near.
    pub fn nearest(&self) -> Option<&'static str> {
        nearest_name(self.name)
    }
}

impl Options {
    /// No options given.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a connection string: `Key=Value;…`, `jdbc:athena://…`, `jdbc:awsathena://…` or
    /// `athena://…`.
    ///
    /// # Errors
    /// `ConnectionString` with the position of a mistake, `InvalidOption` for a value outside
    /// its type or range, `UnknownOption` under `StrictOptions`.
    pub fn parse(connection_string: &str) -> Result<Self> {
        let mut options = Self::new();
        options.apply(parse::connection_string(connection_string)?, false)?;
        options.check_strict()?;
        Ok(options)
    }

    /// Sets the option known as `name` in any dialect. An unknown name is kept, see
    /// [`Options::unknown`].
    ///
    /// # Errors
    /// `InvalidOption` for a value outside its type or range. Nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.apply(vec![(name.to_owned(), value.to_owned())], false)
    }

    /// Sets an option by its key.
    ///
    /// # Errors
    /// As [`Options::set`].
    pub fn set_key(&mut self, key: OptionKey, value: &str) -> Result<()> {
        self.set(key.name(), value)
    }

    /// Adds `Key=Value;…`, for instance Metabase's additional options. These win over what
    /// was given before.
    ///
    /// # Errors
    /// As [`Options::parse`]. Nothing is changed then.
    pub fn extend_from_string(&mut self, additional: &str) -> Result<()> {
        let mut extended = self.clone();
        extended.apply(parse::properties(additional, 0)?, false)?;
        extended.check_strict()?;
        *self = extended;
        Ok(())
    }

    fn apply(&mut self, pairs: Vec<Pair>, nested: bool) -> Result<()> {
        for (name, value) in pairs {
            if value.trim().is_empty() {
                continue;
            }
            match OptionKey::resolve(&name) {
                Some((OptionKey::AdditionalOptions, _)) if nested => {
                    let message = format!("{name} cannot stand within {name}.");
                    return Err(Error::new(ErrorKind::ConnectionString, message));
                }
                Some((key @ OptionKey::AdditionalOptions, _)) => {
                    let mut extended = self.clone();
                    let pairs = parse::properties(&value, 0)
                        .map_err(|error| Error::new(error.kind(), format!("{key}: {error}")))?;
                    extended.apply(pairs, true)?;
                    *self = extended;
                }
                Some((key, unit)) => self.insert(key, &name, &value, unit)?,
                None => {
                    let name: String = name.trim().chars().take(SHOWN_CHARS).collect();
                    if !self
                        .unknown
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(&name))
                    {
                        self.unknown.push(name);
                    }
                }
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        key: OptionKey,
        name: &str,
        value: &str,
        unit: Option<Unit>,
    ) -> Result<()> {
        let info = key.info();
        let kept = info
            .kind
            .normalize(value, unit)
            .ok_or_else(|| refused(key, name.trim(), value, unit))?;
        let kept = if info.is_secret() {
            Value::Secret(kept.into())
        } else {
            Value::Plain(kept)
        };
        match self.given.iter_mut().find(|(given, _)| *given == key) {
            Some((_, value)) => *value = kept,
            None => self.given.push((key, kept)),
        }
        Ok(())
    }

    /// The value in effect: given, else the default. `None` for a secret.
    pub fn get(&self, key: OptionKey) -> Option<&str> {
        self.given_value(key).or(key.info().default)
    }

    /// The value given. `None` for a secret.
    pub fn given_value(&self, key: OptionKey) -> Option<&str> {
        match self.find(key) {
            Some(Value::Plain(value)) => Some(value),
            Some(Value::Secret(_)) | None => None,
        }
    }

    /// The secret given.
    pub fn secret(&self, key: OptionKey) -> Option<&SecretString> {
        match self.find(key) {
            Some(Value::Secret(value)) => Some(value),
            Some(Value::Plain(_)) | None => None,
        }
    }

    /// Whether the option was given, secret or not.
    pub fn is_given(&self, key: OptionKey) -> bool {
        self.find(key).is_some()
    }

    /// The options that were given, in the order they first were.
    pub fn given(&self) -> impl Iterator<Item = OptionValue<'_>> {
        self.given.iter().map(|(key, _)| self.describe(*key))
    }

    /// Every known option with the value in effect, in the order of the documentation.
    pub fn effective(&self) -> impl Iterator<Item = OptionValue<'_>> {
        OptionKey::ALL.iter().map(|key| self.describe(*key))
    }

    /// The names given that no dialect knows.
    pub fn unknown(&self) -> impl Iterator<Item = UnknownOption<'_>> {
        self.unknown.iter().map(|name| UnknownOption { name })
    }

    /// Fails when `StrictOptions` is on and a name is unknown.
    pub(super) fn check_strict(&self) -> Result<()> {
        match self.unknown().next() {
            Some(unknown) if self.flag(OptionKey::StrictOptions) => {
                Err(Error::new(ErrorKind::UnknownOption, unknown.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The value in effect of a boolean option; off when it has none.
    pub(super) fn flag(&self, key: OptionKey) -> bool {
        self.get(key) == Some("true")
    }

    /// The value in effect of an option that has a default.
    pub(super) fn text(&self, key: OptionKey) -> Result<String> {
        self.get(key)
            .map(str::to_owned)
            .ok_or_else(|| no_value(key))
    }

    /// The value in effect of a numeric option that has a default.
    pub(super) fn number<T: FromStr>(&self, key: OptionKey) -> Result<T> {
        self.get(key)
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| no_value(key))
    }

    /// The value in effect of a duration that has a default.
    pub(super) fn duration(&self, key: OptionKey) -> Result<Duration> {
        let unit = match key.info().kind {
            Kind::Duration { unit, .. } => unit,
            _ => Unit::Plain,
        };
        self.get(key)
            .and_then(|value| kind::kept_duration(value, unit))
            .ok_or_else(|| no_value(key))
    }

    fn find(&self, key: OptionKey) -> Option<&Value> {
        self.given
            .iter()
            .find(|(given, _)| *given == key)
            .map(|(_, value)| value)
    }

    fn describe(&self, key: OptionKey) -> OptionValue<'_> {
        let value = self.find(key);
        let shown = match value {
            Some(Value::Plain(value)) => Some(value.as_str()),
            Some(Value::Secret(_)) => Some(HIDDEN),
            None => key.info().default,
        };
        OptionValue {
            key,
            shown,
            given: value.is_some(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.given().map(|given| (given.name(), given.shown())))
            .entries(self.unknown.iter().map(|name| (name, HIDDEN)))
            .finish()
    }
}

impl fmt::Display for UnknownOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The option '{}' is not known.", self.name.escape_debug())?;
        match self.nearest() {
            Some(nearest) => write!(f, " Did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

fn refused(key: OptionKey, name: &str, value: &str, unit: Option<Unit>) -> Error {
    let kind = &key.info().kind;
    let name = if name.eq_ignore_ascii_case(key.name()) {
        key.name().to_owned()
    } else {
        format!("{name} ({key})")
    };
    // Addresses are written with user and password by some.
    let value = if key.info().is_secret() || value.contains('@') {
        "the given value".to_owned()
    } else {
        let shown: String = value.chars().take(SHOWN_CHARS).collect();
        format!("'{}'", shown.escape_debug())
    };
    let counted = match unit {
        Some(Unit::Millis) => " A bare number under this name counts milliseconds.",
        Some(Unit::Attempts) => " This name counts attempts, which are retries and one.",
        _ => "",
    };
    Error::new(
        ErrorKind::InvalidOption,
        format!(
            "{name}: {value} is not allowed. Allowed: {}.{counted}",
            kind.describe()
        ),
    )
}

fn no_value(key: OptionKey) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("The option {key} has no readable value."),
    )
}
