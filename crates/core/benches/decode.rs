//! Decoding of the reference workload on one thread, beside csv-core and arrow-csv.
fn main() {}
