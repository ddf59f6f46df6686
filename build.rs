//! Tells the code which version of PHP it is built for, as `cfg(php82)` and so on.

use std::{env, process::Command};

/// The versions whose differences the code knows of.
const VERSIONS: [(u32, &str); 4] = [
    (80_200, "php82"),
    (80_300, "php83"),
    (80_400, "php84"),
    (80_500, "php85"),
];

fn main() {
    println!("cargo:rerun-if-env-changed=PHP_CONFIG");
    println!("cargo:rerun-if-env-changed=PATH");
    let php_config = env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".to_owned());
    let output = Command::new(&php_config)
        .arg("--vernum")
        .output()
        .unwrap_or_else(|error| {
            panic!("{php_config} cannot be run ({error}): install PHP's development files")
        });
    let version: u32 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("php-config --vernum is a number");
    for (since, name) in VERSIONS {
        println!("cargo:rustc-check-cfg=cfg({name})");
        if version >= since {
            println!("cargo:rustc-cfg={name}");
        }
    }
}
