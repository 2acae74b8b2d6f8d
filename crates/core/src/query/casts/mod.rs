//! What must be cast before values can travel in some form, arrays, maps and rows included.
//!
//! Two tables tell what becomes of types that are not nested: [`json`]'s and [`parquet`]'s. A
//! nested type is cast as a whole where that says the same; with a function needed somewhere
//! inside, arrays and maps are transformed and rows put together anew.

mod json;
mod parquet;

pub(super) use json::castable_to_json;
pub(super) use parquet::written;

use crate::types::{AthenaType, RowField};

/// Where a type stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    /// The key of a map.
    Key,
}

/// How values of a type that is not nested are made to travel.
enum Way {
    Itself,
    /// Cast to this type.
    Cast(AthenaType),
    /// By an expression, which yields this type.
    Function(String, AthenaType),
}

/// What becomes of which type.
struct Table {
    /// The way of values that are called so; `None` for a nested type, and where no way is known.
    way: fn(&AthenaType, Place, &str) -> Option<Way>,
    /// Whether a row must get other names for its fields: `f0`, `f1`, …. A row that is cast
    /// anyway gets them too, where any row may.
    renames: Option<fn(&[RowField]) -> bool>,
}

impl Table {
    /// An expression for `operand`, a value of this type, that can travel; `None` where
    /// `operand` itself can. Every part of the type has a way.
    fn expression(&self, athena_type: &AthenaType, operand: &str) -> Option<String> {
        self.convert(athena_type, operand, Place::Value, 0)
    }

    /// Finds the first part for which there is no way.
    fn check<'a>(&self, athena_type: &'a AthenaType, place: Place) -> Result<(), &'a AthenaType> {
        match (athena_type, place) {
            (AthenaType::Array(Some(element)), Place::Value) => self.check(element, place),
            (AthenaType::Map(Some(types)), Place::Value) => self
                .check(&types.0, Place::Key)
                .and_then(|()| self.check(&types.1, place)),
            (AthenaType::Row(Some(fields)), Place::Value) => fields
                .iter()
                .try_for_each(|field| self.check(&field.athena_type, place)),
            _ if (self.way)(athena_type, place, "").is_some() => Ok(()),
            _ => Err(athena_type),
        }
    }

    fn convert(
        &self,
        athena_type: &AthenaType,
        operand: &str,
        place: Place,
        depth: usize,
    ) -> Option<String> {
        if let Some(way) = (self.way)(athena_type, place, operand) {
            return match way {
                Way::Itself => None,
                Way::Cast(to) => Some(format!("CAST({operand} AS {to})")),
                Way::Function(expression, _) => Some(expression),
            };
        }
        if !self.needs_function(athena_type, place) {
            return self
                .needs_cast(athena_type, place)
                .then(|| format!("CAST({operand} AS {})", self.target(athena_type, place)));
        }
        Some(match athena_type {
            AthenaType::Array(Some(element)) => {
                let item = format!("e{depth}");
                let converted = self.convert(element, &item, place, depth + 1)?;
                format!("transform({operand}, {item} -> {converted})")
            }
            AthenaType::Map(Some(types)) => {
                let (key, value) = (format!("k{depth}"), format!("v{depth}"));
                let mut map = operand.to_owned();
                if let Some(converted) = self.convert(&types.0, &key, Place::Key, depth + 1) {
                    map = format!("transform_keys({map}, ({key}, {value}) -> {converted})");
                }
                if let Some(converted) = self.convert(&types.1, &value, place, depth + 1) {
                    map = format!("transform_values({map}, ({key}, {value}) -> {converted})");
                }
                map
            }
            AthenaType::Row(Some(fields)) => {
                let part = |(index, field): (usize, &RowField)| {
                    let part = format!("{operand}[{}]", index + 1);
                    self.convert(&field.athena_type, &part, place, depth + 1)
                        .unwrap_or(part)
                };
                let parts: Vec<_> = fields.iter().enumerate().map(part).collect();
                let (parts, target) = (parts.join(", "), self.target(athena_type, place));
                format!("IF({operand} IS NULL, NULL, CAST(ROW({parts}) AS {target}))")
            }
            _ => return None,
        })
    }

    /// Whether some part of the type is converted by a function.
    fn needs_function(&self, athena_type: &AthenaType, place: Place) -> bool {
        let is_function = |way| matches!(way, Way::Function(..));
        self.any_part(athena_type, place, &|part, place| {
            (self.way)(part, place, "").is_some_and(is_function)
        })
    }

    /// Whether some part of the type cannot travel as it is.
    fn needs_cast(&self, athena_type: &AthenaType, place: Place) -> bool {
        let is_cast = |way| !matches!(way, Way::Itself);
        self.any_part(athena_type, place, &|part, place| match part {
            AthenaType::Row(Some(fields)) => self.renames.is_some_and(|renames| renames(fields)),
            part => (self.way)(part, place, "").is_some_and(is_cast),
        })
    }

    /// Whether the type or a part of it is what `is_meant` says.
    fn any_part(
        &self,
        athena_type: &AthenaType,
        place: Place,
        is_meant: &dyn Fn(&AthenaType, Place) -> bool,
    ) -> bool {
        let any = |part, place| self.any_part(part, place, is_meant);
        is_meant(athena_type, place)
            || match athena_type {
                AthenaType::Array(Some(element)) => any(element, place),
                AthenaType::Map(Some(types)) => any(&types.0, Place::Key) || any(&types.1, place),
                AthenaType::Row(Some(fields)) => {
                    fields.iter().any(|field| any(&field.athena_type, place))
                }
                _ => false,
            }
    }

    /// The type after the conversion.
    fn target(&self, athena_type: &AthenaType, place: Place) -> AthenaType {
        match athena_type {
            AthenaType::Array(Some(element)) => {
                AthenaType::Array(Some(Box::new(self.target(element, place))))
            }
            AthenaType::Map(Some(types)) => {
                let key = self.target(&types.0, Place::Key);
                let value = self.target(&types.1, place);
                AthenaType::Map(Some(Box::new((key, value))))
            }
            AthenaType::Row(Some(fields)) => {
                let field = |(index, field): (usize, &RowField)| RowField {
                    name: match self.renames {
                        Some(_) => Some(format!("f{index}")),
                        None => field.name.clone(),
                    },
                    athena_type: self.target(&field.athena_type, place),
                };
                AthenaType::Row(Some(fields.iter().enumerate().map(field).collect()))
            }
            _ => match (self.way)(athena_type, place, "") {
                Some(Way::Cast(to) | Way::Function(_, to)) => to,
                Some(Way::Itself) | None => athena_type.clone(),
            },
        }
    }
}
