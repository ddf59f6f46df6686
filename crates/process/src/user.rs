//! The user that a worker runs as.

use std::ffi::CString;

use nix::errno::Errno;
use nix::unistd::{Group, Uid, User, initgroups, setgid, setuid};

/// Why the user could not be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// There is no such user.
    #[error("user {0} does not exist")]
    UnknownUser(String),
    /// There is no such group.
    #[error("group {0} does not exist")]
    UnknownGroup(String),
    /// The system refuses; only root may change its user.
    #[error("can not become user {user}: {error}")]
    Refused {
        /// The user that was asked for.
        user: String,
        /// The system's reason.
        error: Errno,
    },
}

/// The name of the user that this process runs as; its number where it has no name.
#[must_use]
pub fn current() -> String {
    let uid = Uid::effective();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

/// Whether this process may become another user.
#[must_use]
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Becomes `user`, in `group` or the user's own group, with the user's supplementary groups. For good: there is no way back.
///
/// # Errors
///
/// [`UserError`]. The process must not go on as the user that it is, which usually is root.
pub fn become_user(user: &str, group: Option<&str>) -> Result<(), UserError> {
    let account = User::from_name(user)
        .ok()
        .flatten()
        .ok_or_else(|| UserError::UnknownUser(user.to_owned()))?;
    let gid = match group {
        None => account.gid,
        Some(name) => {
            let group = Group::from_name(name).ok().flatten();
            group
                .ok_or_else(|| UserError::UnknownGroup(name.to_owned()))?
                .gid
        }
    };
    let refused = |error| UserError::Refused {
        user: user.to_owned(),
        error,
    };
    if account.uid == Uid::effective() && gid == nix::unistd::Gid::effective() {
        return Ok(());
    }
    let name = CString::new(account.name.as_str()).unwrap_or_default();
    setgid(gid).map_err(refused)?;
    initgroups(&name, gid).map_err(refused)?;
    setuid(account.uid).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn becoming_oneself_is_allowed_and_changes_nothing() {
        let me = current();
        assert!(become_user(&me, None).is_ok());
        assert_eq!(current(), me);
    }

    #[test]
    fn unknown_names_are_told() {
        let error = become_user("no such user", None).unwrap_err();
        assert_eq!(error.to_string(), "user no such user does not exist");
        let error = become_user(&current(), Some("no such group")).unwrap_err();
        assert_eq!(error.to_string(), "group no such group does not exist");
    }
}
