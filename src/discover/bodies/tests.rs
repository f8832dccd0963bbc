use super::*;

/// Long enough to be worth leaving out.
const CALLS: &str = "let user = api.user(7).await; assert_eq!(user.name, \"Ada\"); assert_eq!(user.age, 36); check();";
const WRITES: &str = "db.execute(\"UPDATE users SET data = $1 WHERE id = $2\", &[&data, &7]).await; check(); check();";

const READS: &str =
    "let theme = user.data[\"theme\"].as_str().unwrap_or_default(); assert_eq!(theme, \"dark\"); check(); check();";

/// A text in which `CALLS`, `WRITES` and `READS` stand for those.
fn filled(template: &str) -> String {
    template.replace("CALLS", CALLS).replace("WRITES", WRITES).replace("READS", READS)
}

/// What is left out of such a text, without white space around it.
fn left_out(template: &str, test: bool) -> Vec<String> {
    let source = filled(template);
    idle(&source, test).into_iter().map(|range| source[range].trim().to_owned()).collect()
}

#[test]
fn a_function_that_tells_nothing_is_left_out_with_all_that_belongs_to_it() {
    for (before, item, after) in [
        ("", "fn a() { CALLS }", ""),
        (
            "use a::b;",
            "/// Says.\n#[doc = \";\"]\n#[utoipa::path(put, path = \"/{id}\")]\npub(crate) async fn a<T>() -> [T; 3] where T: B { CALLS }",
            "fn b() { WRITES }",
        ),
        ("#![allow(unused)]", "//! Of the module.\n/* { */ pub unsafe extern \"C\" fn a() { CALLS }", ""),
        ("mod m {", "const fn a() { CALLS }", "struct S(u8); }"),
        ("a! { b = (", "fn a() { CALLS }", ") }"),
        ("a! { b[", "fn a() { CALLS }", "] }"),
        ("static A: [fn(u8) -> u8; 3] = [b; 3];", "pub fn a() { CALLS }", ""),
        ("impl S {", "fn a<'a>(x: &'a [u8; 3]) where A: B { CALLS }", "}"),
        ("", "#[tokio::test(flavor = \"multi_thread\")]\n#[should_panic]\nasync fn a() -> Result<(), E> { CALLS }", ""),
        (
            "const Q: &str = r##\"{ \"# \"##; const C: char = '{'; const B: u8 = b'\\'';",
            "/* { /* } */ */ #[test] fn a() { CALLS }",
            "",
        ),
        ("fn r#try() { let s = \"\\\"{\"; }", "// {\n#[test] fn a() { CALLS }", ""),
    ] {
        let [item, rest] = [item.to_owned(), format!("{before} {after}")].map(|text| filled(&text));
        let text = filled(&format!("{before} {item} {after}"));
        assert_eq!(left_out(&text, false), [item.as_str()], "{text}");
        assert!(rest.parse::<proc_macro2::TokenStream>().is_ok(), "{rest}");
    }
}

#[test]
fn a_module_of_tests_that_writes_nothing_is_left_out_as_a_whole() {
    for (template, inside) in [
        ("#[cfg(test)] mod tests { INSIDE }", "use super::*; struct S { a: u8 } impl S { fn a(&self) { CALLS } }"),
        ("#[cfg(all(test, unix))] impl S { INSIDE }", "fn a<'a>(x: &'a [u8; 3]) where A: B { CALLS }"),
        ("#[cfg(test)] mod a { INSIDE } fn b() { WRITES }", "#[test] fn a() { CALLS } mod b { fn c() { READS } }"),
    ] {
        assert_eq!(left_out(&template.replace("INSIDE", inside), false), [filled(inside)], "{template}");
    }
    let one_writes = "#[cfg(test)] mod tests { fn a() { CALLS } mod b { fn c() { WRITES } } } #[test] fn d() { CALLS }";
    assert_eq!(left_out(one_writes, false), ["fn a() { CALLS }", "#[test] fn d() { CALLS }"].map(filled));
}

#[test]
fn what_may_matter_is_kept() {
    for template in [
        "fn a() { WRITES }",
        "fn a() { READS }",
        "impl From<User> for users::ActiveModel { fn from(user: User) -> Self { CALLS } }",
        "fn a(user: &User) -> serde_json::Value { CALLS }",
        "fn a() { db.run(WRITE).bind(x); CALLS }",
        "#[patch(\"/users\")] fn a() { CALLS }",
        "fn a() { let model = build(x); Users::update(model).exec(db).await; CALLS }",
        "fn a() { let model = build(x); model.update(db).await; CALLS }",
        "fn a() { build(x).save(db).await; CALLS }",
        "fn a() { pool.fetch_all(LIST).await; CALLS }",
        "fn a(to: &mut QueryBuilder<Postgres>) { to.push(\", data = NULL\"); CALLS }",
        "fn a() { let row: S = serde_json::from_str(&row.data).unwrap(); CALLS }",
        "#[test] fn a() { let row: S = serde_json::from_str(&row.data).unwrap(); CALLS }",
        "#[test] fn a() { WRITES }",
        "#[cfg(not(test))] fn a() { READS }",
        "#[cfg_attr(test, derive(Debug))] struct S; fn a() { READS }",
        "#[cfg(feature = \"test\")] fn a() { READS }",
        "#[cfg(test)] use a::{b, c}; fn a() { READS }",
        "#[cfg(test)] mod tests { fn short() { a() } } fn a() { READS }",
        "#[test] fn a(); fn b() { READS }",
        "/* #[test] */ fn a() { READS }",
        "\"#[test]\"; fn a() { READS }",
        "fn a() { CALLS",
        "fn a() { b() }",
    ] {
        assert_eq!(left_out(template, false), [""; 0], "{template}");
    }
}

#[test]
fn what_only_test_code_reads_tells_nothing() {
    let text = "fn a() { READS } fn b() { WRITES }";
    assert_eq!(left_out(text, true), [filled("fn a() { READS }")]);
    assert_eq!(left_out(text, false), [""; 0]);
    assert_eq!(left_out("#[test] fn a() { READS } fn b() { WRITES }", false), [filled("#[test] fn a() { READS }")]);
}

#[test]
fn what_a_wanted_function_calls_is_kept() {
    let text = "fn wanted() { a::inner(); } mod a { fn inner() -> u8 { S::last(\"other\"); CALLS } fn other() -> u8 { CALLS } }
        impl S { fn last() -> u8 { CALLS } fn wanted_not() { fn wanted() { CALLS } } }"
        .replace("CALLS", CALLS);
    let idle = but(&text, |function| text[function.whole.clone()].starts_with("fn wanted("));
    let names: Vec<&str> = idle.iter().map(|whole| text[whole.clone()].split('{').next().unwrap().trim()).collect();
    assert_eq!(names, ["fn other() -> u8", "fn wanted_not()"]);
    assert!(but(&text, |_| true).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "(fn |a|#\\[test\\]|[{}()\\[\\];'\"\\\\/*#rb é\n])*") {
        for bodies in [idle(&text, true), but(&text, |_| false)] {
            let mut last = 0;
            for body in bodies {
                assert!(body.start >= last && text.is_char_boundary(body.start) && text.is_char_boundary(body.end));
                last = body.end;
            }
        }
    }
}

#[test]
fn what_gives_nothing_to_whoever_calls_it_is_not_followed() {
    for (signature, followed) in [
        ("(x: u8)", false),
        ("(x: u8) -> ()", false),
        ("(&mut self, x: u8) -> anyhow::Result<()>", false),
        ("(f: impl Fn(u8) -> X) -> Result<(), Error<X>> where T: A", false),
        ("<T>(x: T) -> Result<u8, E>", true),
        ("(x: T) -> bool", false),
        ("(x: u8) -> X", true),
        ("(x: u8) -> Result<X>", true),
        ("(x: Result<(), E>) -> X", true),
        ("(f: impl Fn() -> Result<(), E>)", false),
        ("(x: &mut X)", true),
        ("(&mut self, x: &mut X) -> Result<()>", true),
    ] {
        let text = filled(&format!("fn a() {{ b(); WRITES }} fn b{signature} {{ CALLS }}"));
        assert_eq!(idle(&text, false).is_empty(), followed, "{signature}");
    }
}

#[test]
fn the_arguments_of_a_call_are_counted() {
    for (text, expected) in [
        (")", Some(0..=0)),
        ("a) + f(b, c)", Some(1..=1)),
        ("a, g(b, c), [d, e], S { f, g },\n)", Some(4..=4)),
        ("\"a, b)\", 'x', ',', r#\"\")\"#)", Some(4..=4)),
        ("a, b // the last, for now\n)", Some(1..=2)),
        ("a, b, // the last\n)", Some(2..=3)),
        ("a / b, c)", Some(2..=2)),
        ("|a, b| a + b)", None),
        ("Vec::<(A, B)>::new(), c)", None),
        ("a, b", None),
    ] {
        assert_eq!(arguments(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(arguments("a, ".repeat(3000).as_bytes()), None);
}

/// What the front end reads of a text, with parts of it left out.
fn facts(source: &str, idle: &[std::ops::Range<usize>]) -> crate::frontend::facts::Facts {
    use crate::frontend::rust;
    let file = crate::source::SourceFile { path: "a.rs".into(), absolute: "a.rs".into(), text: source.to_owned() };
    rust::read(crate::source::FileId(0), &file, rust::Context { idle, ..rust::Context::default() })
}

#[test]
fn no_call_that_the_readers_know_is_left_out() {
    use crate::frontend::rust::spelled::{DECODERS, FETCHING, QUERY_FUNCTIONS, QUERY_MACROS, SQL_METHODS, STORING};
    let each = |names: &[&str], spelled: fn(&str) -> String| names.iter().map(|name| spelled(name)).collect::<Vec<_>>();
    let calls = [
        each(QUERY_FUNCTIONS, |name| format!("{name}(SAVE);")),
        each(QUERY_FUNCTIONS, |name| format!("{name}::<Db>(SAVE);")),
        each(QUERY_MACROS, |name| format!("{name}!(SAVE);")),
        each(SQL_METHODS, |name| format!("db.{name}(SAVE);")),
        each(SQL_METHODS, |name| format!("db.{name}::<A>(SAVE);")),
        // A function of the same name has the statement first.
        each(SQL_METHODS, |name| {
            let client = if QUERY_FUNCTIONS.contains(&name) { "" } else { "db, " };
            format!("Db::{name}({client}SAVE);")
        }),
        each(STORING, |name| format!("let user = make_user(7); user.{name}(db);")),
        each(DECODERS, |name| format!("let page = {name}::<Page>(text()).unwrap(); show(page.title);")),
        each(DECODERS, |name| format!("let page: Page = {name}(text()).unwrap(); show(page.title);")),
        each(FETCHING, |name| format!("let user = users().{name}(db); show(user.page.title);")),
    ];
    for call in calls.concat() {
        let source = format!(
            "use sea_orm::ActiveModelTrait; const SAVE: &str = \"UPDATE users SET data = $1\"; fn f() {{ {CALLS} {call} }}"
        );
        let idle = idle(&source, false);
        assert!(idle.is_empty(), "{call} is left out");
        // The readers do know it: a statement that is run, a model that is stored.
        let read = facts(&source, &idle);
        let runs = read.texts.iter().any(|text| text.text.function.is_some());
        let is_read = ["from_", "show("].iter().any(|part| call.contains(part));
        assert!(runs || is_read || !read.models.ends.is_empty(), "{call} is not read");
    }
    // What they do not know is left out: the lists tell the two apart.
    let unknown =
        format!("const SAVE: &str = \"UPDATE users SET data = $1\"; fn f() {{ {CALLS} db.unheard_of(SAVE); }}");
    assert_eq!(idle(&unknown, false).len(), 1);
}

#[test]
fn what_closes_a_repetition_of_a_macro_stays() {
    let text = filled("macro_rules! all { () => { mod a { $(one!($b => $c);)* pub(crate) fn f() { CALLS } } }; }");
    let left: Vec<&str> = idle(&text, false).into_iter().map(|range| &text[range]).collect();
    assert!(
        matches!(left.as_slice(), [one] if one.trim_start_matches([' ', '*']).starts_with("pub(crate) fn f")),
        "{left:?}"
    );
}
