//! Gives the worker's WebAssembly its JavaScript: `bind IN.wasm FOLDER` writes `index.js`, `index_bg.wasm` and
//! the snippets that they import.

use std::{env, error::Error, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

fn bind() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(wasm), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("Usage: bind IN.wasm FOLDER".into());
    };
    Bindgen::new()
        .module(true)?
        .input_path(std::path::PathBuf::from(wasm))
        .out_name("index")
        .typescript(false)
        // Names say in which order functions compress well: scripts/lib/shrink.mjs takes them out.
        .remove_name_section(false)
        .remove_producers_section(true)
        // What broke off is begun anew in place: src/edge/entry.js.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(std::path::PathBuf::from(folder))?;
    Ok(())
}

fn main() -> ExitCode {
    match bind() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bind: {error:?}");
            ExitCode::FAILURE
        }
    }
}
