//! Has the crate compiled again when a shipped connector is added: the macro that embeds the catalogue notices changed
//! files, but not new ones.

fn main() {
    println!("cargo::rerun-if-changed=../../connectors");
}
