//! `noclobber init`: a commented configuration to start from.

use anyhow::{Context as _, bail};
use noclobber::config;
use noclobber::discover::root::CONFIG_FILE;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};

/// Writes `noclobber.toml` into the working directory; never over one that is there.
pub(crate) fn run() -> anyhow::Result<u8> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(CONFIG_FILE) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{CONFIG_FILE} is there already; it is left as it is")
        }
        Err(error) => return Err(error).context(CONFIG_FILE),
    };
    file.write_all(config::template().as_bytes()).context(CONFIG_FILE)?;
    writeln!(io::stderr(), "wrote {CONFIG_FILE}; its folder is the project's root from now on")?;
    Ok(0)
}
