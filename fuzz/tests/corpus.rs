//! Every input of the committed corpus, through the entry points of the fuzzers.

use athena_core::fuzzing;

/// A fuzzer's entry point.
type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 7] = [
    ("csv", fuzzing::csv),
    ("nested", fuzzing::nested),
    ("page", fuzzing::page),
    ("type_text", fuzzing::type_text),
    ("connection_string", fuzzing::connection_string),
    ("statement", fuzzing::statement),
    ("metadata", athena_sandbox::fuzzing::metadata),
];

#[test]
fn the_corpus_finds_nothing() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, target) in TARGETS {
        let folder = root.join("corpus").join(name);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // What a panic was about is told by the last name printed.
            println!("{}", path.display());
            target(&std::fs::read(&path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 5, "{inputs} inputs in {}", folder.display());
    }
}

#[test]
fn each_fuzzer_is_replayed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(root.join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut expected = TARGETS.map(|(name, _)| format!("{name}.rs")).to_vec();
    expected.sort();
    assert_eq!(files, expected);
}
