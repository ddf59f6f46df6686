use std::{env, fs, path::PathBuf};

use crate::{Result, tls};

const SMALL: usize = 1024;
const LARGE: usize = 10 * 1024 * 1024;

/// What servers need on disk, until it is dropped: a certificate, and files to send.
pub struct Material {
    folder: PathBuf,
}

impl Material {
    pub fn prepare() -> Result<Self> {
        let folder = env::temp_dir().join(format!("ouvrier-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let material = Self { folder };
        tls::write(&material.certificate(), &material.key())?;
        fs::write(material.file(false), vec![b'x'; SMALL])?;
        fs::write(material.file(true), vec![b'x'; LARGE])?;
        Ok(material)
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    pub fn file(&self, large: bool) -> PathBuf {
        self.folder.join(if large { "10m.bin" } else { "1k.bin" })
    }

    /// Where else something may be put for the time being.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

impl Drop for Material {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
