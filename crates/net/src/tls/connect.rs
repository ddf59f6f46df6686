//! The handshake of a client, over any stream.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Client, Session, TlsError};

/// Bytes of one read during the handshake.
const READ_SIZE: usize = 8 * 1024;

/// Shakes hands with `host` over a stream that is connected to it, directly or through a proxy.
///
/// The session that comes back is secured, and goes to the connection that is made of the stream. It may hold what the server has said already.
///
/// The caller sets the deadline: dropping the future gives up.
///
/// # Errors
/// Why the two do not understand or trust each other, or how the stream ended. The server has then been told, if that was possible.
pub async fn connect<S>(
    stream: &mut S,
    client: &Client,
    host: &str,
) -> Result<Box<Session>, TlsError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut session = client.session(host)?;
    let mut outcome = session.begin();
    loop {
        let records = session.take_outgoing();
        // That the server did not want to hear why is no news beside the reason itself.
        let written = stream.write_all(&records).await;
        outcome?;
        written?;
        if session.is_secured() {
            return Ok(session);
        }
        let mut buffer = vec![0; session.held() + READ_SIZE];
        let count = stream.read(&mut buffer[session.held()..]).await?;
        if count == 0 {
            return Err(TlsError::Closed);
        }
        let end = session.held() + count;
        outcome = session.receive(&mut buffer[..end]);
    }
}
