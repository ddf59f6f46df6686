//! A client that a proxy introduces by the PROXY protocol, before its connection begins.

use std::{io, time::Duration};

use ouvrier_protocol::forwarded::header::Decoder;
use tokio::time::timeout;

use crate::{address::Peer, stream::ReadHalf};

/// How long a proxy may take: it speaks first, and at once.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that are looked at at once; a header usually has less.
const PIECE: usize = 256;

/// Reads the header, and nothing behind it. Returns whom it names, or `proxy` where it names nobody.
///
/// # Errors
/// When what comes is no header, or too late.
pub(crate) async fn introduced(reader: &ReadHalf, proxy: Peer) -> io::Result<Peer> {
    timeout(PATIENCE, read(reader, proxy)).await?
}

async fn read(reader: &ReadHalf, proxy: Peer) -> io::Result<Peer> {
    let (mut decoder, mut piece) = (Decoder::new(), [0; PIECE]);
    loop {
        reader.readable().await?;
        let count = match reader.try_peek(&mut piece) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let step = decoder.decode(&piece[..count]).map_err(io::Error::other)?;
        // It was there a moment ago, and nobody else reads.
        if reader.take(&mut piece[..step.consumed])? < step.consumed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(client) = step.item {
            return Ok(client.map_or(proxy, Peer::Ip));
        }
    }
}
