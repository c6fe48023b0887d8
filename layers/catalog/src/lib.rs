//! Scans, page ranges and opinions in PostgreSQL: the status machine and all the SQL.
