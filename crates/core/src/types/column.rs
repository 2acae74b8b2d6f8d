//! A column of a result, and the schema of a list of them.

use super::{AthenaType, ComplexTypes};
use arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// The name as Athena gives it. Results may repeat names.
    pub name: String,
    /// The type.
    pub athena_type: AthenaType,
}

impl Column {
    /// A column of this name and type.
    pub fn new(name: impl Into<String>, athena_type: AthenaType) -> Self {
        Self {
            name: name.into(),
            athena_type,
        }
    }

    /// The column's Arrow field, arrays, maps and rows as text. Always nullable: Athena never
    /// tells. Metadata `ATHENA:type` holds the type's full text.
    pub fn field(&self) -> Field {
        self.field_as(ComplexTypes::Text)
    }

    /// The column's Arrow field with arrays, maps and rows as asked.
    pub fn field_as(&self, complex: ComplexTypes) -> Field {
        self.athena_type.arrow_field(&self.name, complex)
    }
}

/// The Arrow schema of a result whose arrays, maps and rows are text. Order and repeated names
/// are kept.
pub fn schema(columns: &[Column]) -> SchemaRef {
    schema_as(columns, ComplexTypes::Text)
}

/// The Arrow schema of a result with arrays, maps and rows as asked.
pub fn schema_as(columns: &[Column], complex: ComplexTypes) -> SchemaRef {
    let fields = columns.iter().map(|column| column.field_as(complex));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_keeps_order_repeated_names_and_types() {
        let columns = [
            Column::new("b", AthenaType::Json),
            Column::new("a", AthenaType::Real),
            Column::new("b", AthenaType::Array(None)),
        ];
        let schema = schema(&columns);
        let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert!(schema.fields().iter().all(|f| f.is_nullable()));
        assert_eq!(schema.field(0).extension_type_name(), Some("arrow.json"));
        assert_eq!(schema.field(0).extension_type_metadata(), Some(""));
        assert_eq!(schema.field(1).metadata()["ATHENA:type"], "real");
        assert_eq!(schema.field(2).metadata()["ATHENA:type"], "array");
    }
}
