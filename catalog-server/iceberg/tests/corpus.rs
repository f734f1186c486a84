//! The corpus of `examples/fuzz.rs` as an ordinary test: every text in it ends in a value or an error.

#[path = "corpus/exercise.rs"]
mod exercise;

#[test]
fn every_text_of_the_corpus_ends_in_a_value_that_lasts_or_in_an_error() {
    let folder = format!("{}/tests/corpus", env!("CARGO_MANIFEST_DIR"));
    let (mut texts, mut values) = (0, 0);
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            println!("{}", path.display());
            values += exercise::exercise(&std::fs::read(&path).unwrap());
            texts += 1;
        }
    }
    assert!(texts > 20 && values > 20, "{texts} texts were {values} values: the corpus shows nothing");
}
