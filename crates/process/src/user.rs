//! The user that a worker runs as.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User, chown, initgroups, setgid, setuid};

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
    /// A file could not be given to the user or the group.
    #[error("can not change the owner of {path}: {error}")]
    NotGiven {
        /// The file.
        path: PathBuf,
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
    let account = account(user)?;
    let gid = group.map_or(Ok(account.gid), gid)?;
    let refused = |error| UserError::Refused {
        user: user.to_owned(),
        error,
    };
    if account.uid == Uid::effective() && gid == Gid::effective() {
        return Ok(());
    }
    let name = CString::new(account.name.as_str()).unwrap_or_default();
    setgid(gid).map_err(refused)?;
    initgroups(&name, gid).map_err(refused)?;
    setuid(account.uid).map_err(refused)
}

/// Gives the file at `path` to a user and a group; an empty name leaves the one or the other as it is.
///
/// # Errors
///
/// [`UserError`].
pub fn give_file(path: &Path, user: &str, group: &str) -> Result<(), UserError> {
    let owner = if user.is_empty() {
        None
    } else {
        Some(account(user)?.uid)
    };
    let group = if group.is_empty() {
        None
    } else {
        Some(gid(group)?)
    };
    chown(path, owner, group).map_err(|error| UserError::NotGiven {
        path: path.to_owned(),
        error,
    })
}

fn account(user: &str) -> Result<User, UserError> {
    let account = User::from_name(user).ok().flatten();
    account.ok_or_else(|| UserError::UnknownUser(user.to_owned()))
}

fn gid(group: &str) -> Result<Gid, UserError> {
    let found = Group::from_name(group).ok().flatten();
    let found = found.ok_or_else(|| UserError::UnknownGroup(group.to_owned()))?;
    Ok(found.gid)
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
    fn a_file_can_be_given_to_oneself() {
        let path = std::env::temp_dir().join(format!("ouvrier-user-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let me = current();
        assert!(give_file(&path, &me, "").is_ok());
        let error = give_file(&path, "no such user", "").unwrap_err();
        assert_eq!(error.to_string(), "user no such user does not exist");
        std::fs::remove_file(&path).unwrap();
        let error = give_file(&path, &me, "").unwrap_err().to_string();
        assert!(error.starts_with("can not change the owner of "), "{error}");
    }

    #[test]
    fn unknown_names_are_told() {
        let error = become_user("no such user", None).unwrap_err();
        assert_eq!(error.to_string(), "user no such user does not exist");
        let error = become_user(&current(), Some("no such group")).unwrap_err();
        assert_eq!(error.to_string(), "group no such group does not exist");
    }
}
