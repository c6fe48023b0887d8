pub mod compress;
pub mod scan;
pub mod split;
