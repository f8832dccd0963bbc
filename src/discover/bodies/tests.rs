use super::*;

/// Long enough to be worth leaving out.
const CALLS: &str = "let user = api.user(7).await; assert_eq!(user.name, \"Ada\"); assert_eq!(user.age, 36); check();";
const WRITES: &str = "db.execute(\"UPDATE users SET data = $1 WHERE id = $2\", &[&data, &7]).await; check(); check();";

/// The bodies that are left out, of a text in which `CALLS` and `WRITES` stand for those.
fn left_out(template: &str, test: bool) -> (usize, Vec<String>) {
    let source = template.replace("CALLS", CALLS).replace("WRITES", WRITES);
    let bodies = of_tests(&source, test).into_iter().map(|body| source[body].trim().to_owned()).collect::<Vec<_>>();
    (bodies.len(), bodies)
}

#[test]
fn tests_that_write_nothing_are_left_out() {
    for template in [
        "#[test] fn a() { CALLS }",
        "#[tokio::test(flavor = \"multi_thread\")]\n#[should_panic]\nasync fn a() -> Result<(), E> { CALLS }",
        "#[cfg(test)] mod tests { use super::*; struct S { a: u8 } impl S { fn a(&self) { CALLS } } }",
        "#[cfg(all(test, unix))] impl S { fn a<'a>(x: &'a [u8; 3]) where A: B { CALLS } }",
        "const Q: &str = r##\"{ \"# \"##; const C: char = '{'; const B: u8 = b'\\''; /* { /* } */ */ #[test] fn a() { CALLS }",
        "fn r#try() { let s = \"\\\"{\"; } // {\n#[test] fn a() { CALLS }",
    ] {
        assert_eq!(left_out(template, false), (1, vec![CALLS.to_owned()]), "{template}");
    }
}

#[test]
fn what_may_matter_is_kept() {
    for template in [
        "fn a() { CALLS }",
        "#[cfg(not(test))] fn a() { CALLS }",
        "#[cfg_attr(test, derive(Debug))] struct S; fn a() { CALLS }",
        "#[cfg(feature = \"test\")] fn a() { CALLS }",
        "#[cfg(test)] use a::{b, c}; fn a() { CALLS }",
        "#[cfg(test)] mod tests { fn short() { a() } } fn a() { CALLS }",
        "#[test] fn a() { WRITES }",
        "#[test] fn a(); fn b() { CALLS }",
        "#[test] fn a() { CALLS",
        "/* #[test] */ fn a() { CALLS }",
        "\"#[test]\"; fn a() { CALLS }",
        "#[cfg(test)] fn a() { let row: S = serde_json::from_str(&row.data).unwrap(); CALLS }",
    ] {
        assert_eq!(left_out(template, false), (0, vec![]), "{template}");
    }
}

#[test]
fn every_function_of_a_test_file_is_test_code() {
    assert_eq!(left_out("fn a() { CALLS } fn b() { WRITES } mod m { fn c() { CALLS } }", true).0, 2);
    assert_eq!(left_out("fn a() { CALLS } fn b() { WRITES }", false).0, 0);
}

#[test]
fn what_a_wanted_function_calls_is_kept() {
    let text = "fn wanted() { a::inner(); } mod a { fn inner() { S::last(\"other\"); CALLS } fn other() { CALLS } }
        impl S { fn last() { CALLS } fn wanted_not() { fn wanted() { CALLS } } }"
        .replace("CALLS", CALLS);
    let idle = but(&text, |function| text[function.whole.clone()].starts_with("fn wanted("));
    let names: Vec<&str> = idle.iter().map(|body| text[..body.start].rsplit("fn ").next().unwrap()).collect();
    assert_eq!(names, ["other() {", "wanted_not() {"]);
    assert!(but(&text, |_| true).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "(fn |a|#\\[test\\]|[{}()\\[\\];'\"\\\\/*#rb é\n])*") {
        for bodies in [of_tests(&text, true), but(&text, |_| false)] {
            let mut last = 0;
            for body in bodies {
                assert!(body.start >= last && text.is_char_boundary(body.start) && text.is_char_boundary(body.end));
                last = body.end;
            }
        }
    }
}
