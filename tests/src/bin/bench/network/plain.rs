//! A plain TCP copy: a file into a socket, and out of one into nothing.

use std::error::Error;
use std::fs::File;
use std::net::{TcpListener, TcpStream};

/// Gives a file to the first who asks.
pub(in super::super) fn give(file: &str, listen: &str) -> Result<(), Box<dyn Error>> {
    let (mut taker, _) = TcpListener::bind(listen)?.accept()?;
    std::io::copy(&mut File::open(file)?, &mut taker)?;
    Ok(())
}

/// Takes so many bytes.
pub(in super::super) fn take(address: &str, bytes: u64) -> Result<(), Box<dyn Error>> {
    let taken = std::io::copy(&mut TcpStream::connect(address)?, &mut std::io::sink())?;
    if taken == bytes { Ok(()) } else { Err(format!("{taken} bytes of {bytes}").into()) }
}
