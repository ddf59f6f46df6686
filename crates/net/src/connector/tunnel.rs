//! The conversation with a proxy, up to the point where the target speaks.

use std::io;

use ouvrier_protocol::proxy::{Dialogue, Turn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::ConnectError;

/// Most bytes of one look at what the proxy says.
const LOOK: usize = 1024;

/// Says `words`, and then what `dialogue` makes of the answers, until the tunnel is open. Nothing is read that comes from the target: it may speak
/// first, and its words belong to whoever reads the stream next.
pub(super) async fn open(
    stream: &mut TcpStream,
    mut dialogue: Dialogue,
    mut words: Vec<u8>,
) -> Result<(), ConnectError> {
    loop {
        stream.write_all(&words).await?;
        match listen(stream, &mut dialogue).await? {
            Turn::Say(next) => words = next,
            Turn::Open => return Ok(()),
        }
    }
}

/// Reads one whole answer and not a byte more. The dialogue limits its length.
async fn listen(stream: &mut TcpStream, dialogue: &mut Dialogue) -> Result<Turn, ConnectError> {
    let (mut heard, mut chunk) = (Vec::new(), [0; LOOK]);
    loop {
        let seen = stream.peek(&mut chunk).await?;
        if seen == 0 {
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, "closed the connection");
            return Err(ConnectError::Proxy(Box::new(error.into())));
        }
        let before = heard.len();
        heard.extend_from_slice(&chunk[..seen]);
        let step = dialogue.decode(&heard)?;
        let taken = match &step.item {
            Some(_) => step.consumed.saturating_sub(before),
            None => seen,
        };
        stream.read_exact(&mut chunk[..taken]).await?;
        if let Some(turn) = step.item {
            return Ok(turn);
        }
    }
}
