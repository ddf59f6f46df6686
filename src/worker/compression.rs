//! What the option `websocket.compression` says.

use ext_php_rs::types::Zval;
use ouvrier_net::{Compression, compression::Level};

use crate::zend::array;

/// `None` for no compression.
///
/// # Errors
/// What the value has to be, for a message that names the option.
pub(super) fn read(value: &Zval) -> Result<Option<Compression>, String> {
    if let Some(wanted) = value.bool() {
        return Ok(wanted.then(Compression::default));
    }
    if !value.is_array() {
        return Err("a bool or an array with threshold, level and context_takeover".to_owned());
    }
    let mut compression = Compression::default();
    for (name, value) in array::entries(value) {
        let name = name.into_bytes();
        match &name[..] {
            b"threshold" => {
                let threshold = value.long().and_then(|bytes| bytes.try_into().ok());
                compression.threshold = threshold.ok_or("given a threshold in bytes, an int")?;
            }
            b"level" => {
                let level = value.long().and_then(|level| level.try_into().ok());
                let level = level.and_then(Level::new);
                compression.level = level.ok_or("given a level from 1 to 9")?;
            }
            b"context_takeover" => {
                let takeover = value.bool();
                compression.context_takeover =
                    takeover.ok_or("given a context_takeover that is a bool")?;
            }
            _ => {
                let name = String::from_utf8_lossy(&name);
                return Err(format!(
                    "given threshold, level or context_takeover, and not {name}"
                ));
            }
        }
    }
    Ok(Some(compression))
}
