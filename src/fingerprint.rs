//! A finding's fingerprint: stays the same when code moves, and on every machine.
//!
//! Frozen: baselines and code-scanning services keep these values.

/// FNV-1a, 64 bits (Fowler, Noll, Vo): small, public and the same everywhere.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The fingerprint of a finding: 16 hexadecimal digits.
///
/// * `path`: forward slashes, relative to the project's root.
/// * `column`: `table.column`.
/// * `statement`: the text of the statement; runs of white space count as one blank.
/// * `occurrence`: which one of several equal ones in the file, from 0.
pub fn fingerprint(rule: &str, path: &str, column: &str, statement: &str, occurrence: usize) -> String {
    let folded = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let occurrence = occurrence.to_string();
    let parts = ["1", rule, path, column, &folded, &occurrence];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain(std::iter::once(0)));
    format!("{:016x}", fnv1a(bytes))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn it_is_frozen() {
        let value = fingerprint("json-column-overwrite", "src/users.rs", "users.data", "UPDATE users SET data = $1", 0);
        assert_eq!(value, "fb55a87f2f905a72");
    }

    #[test]
    fn white_space_does_not_matter_and_everything_else_does() {
        let of = |statement: &str, n| fingerprint("r", "p", "t.c", statement, n);
        assert_eq!(of("UPDATE t\n   SET c = 1", 0), of("UPDATE t SET c = 1", 0));
        assert_ne!(of("UPDATE t SET c = 1", 0), of("UPDATE t SET c = 2", 0));
        assert_ne!(of("UPDATE t SET c = 1", 0), of("UPDATE t SET c = 1", 1));
    }
}
