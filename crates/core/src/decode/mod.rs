//! Bytes of a result in, Arrow record batches out. No I/O, no async.
