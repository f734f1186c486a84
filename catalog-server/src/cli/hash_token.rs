//! `catalog-server hash-token`: for whoever bootstraps a server by hand. The token comes on standard input, since
//! arguments can be seen by everybody on the host.

use std::io::Read as _;

use catalog_api::BearerToken;
use clap::Args;
use zeroize::Zeroizing;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct HashToken {
    /// Make a new token instead: it goes to standard output, its hash to standard error
    #[arg(long)]
    generate: bool,
}

impl HashToken {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.generate {
            let token = BearerToken::generate()?;
            println!("{}", token.expose());
            eprintln!("{}", token.hash());
            return Ok(());
        }
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().take(1_000).read_to_string(&mut text)?;
        println!("{}", BearerToken::parse(text.trim())?.hash());
        Ok(())
    }
}
