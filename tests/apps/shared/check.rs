//! The same check for what was and for what the fixes made of it: change one thing, read the rest back.

use serde_json::{Value, json};
use sqlx::{PgPool, Row};

#[path = "after/writes.rs"]
mod after;
#[path = "before/writes.rs"]
mod before;
#[path = "after/read_modify_write.rs"]
mod changed_after;
#[path = "before/read_modify_write.rs"]
mod changed_before;
mod readers;

/// What a user's documents are before every check.
fn seed() -> Value {
    json!({
        "data": {
            "phone": "1", "country": "CH", "postal_code": 3000, "visits": 1, "tags": ["a"],
            "address": { "city": "Bern", "street": "Gasse 1" },
        },
        "notes": { "pinned": "yes", "note": null },
        "settings": { "language": "de", "theme": "dark" },
    })
}

/// Puts the row of user 1 back.
async fn reset(pool: &PgPool) -> sqlx::Result<()> {
    let seed = seed();
    sqlx::query("DELETE FROM users").execute(pool).await?;
    sqlx::query("INSERT INTO users (id, data, notes, settings) VALUES (1, $1, $2, $3)")
        .bind(&seed["data"])
        .bind(&seed["notes"])
        .bind(seed["settings"].to_string())
        .execute(pool)
        .await?;
    Ok(())
}

/// The documents of user 1.
async fn documents(pool: &PgPool) -> sqlx::Result<Value> {
    let row = sqlx::query("SELECT data, notes, settings::jsonb FROM users WHERE id = 1").fetch_one(pool).await?;
    Ok(json!({ "data": row.get::<Value, _>(0), "notes": row.get::<Value, _>(1), "settings": row.get::<Value, _>(2) }))
}

/// Whether everything that the label needs is there.
async fn is_whole(pool: &PgPool) -> sqlx::Result<bool> {
    Ok(readers::label(pool, 1).await?.iter().all(Option::is_some))
}

/// Runs a write before and after: the first must lose something that is read elsewhere, the second must store what it
/// says and nothing else.
macro_rules! check {
    ($pool:expr, $module:ident :: $name:ident($($argument:expr),*), $($at:literal = $value:expr),+) => {{
        reset($pool).await?;
        before::$name($pool, 1, $({ use before as $module; $argument }),*).await?;
        let lost = documents($pool).await?;
        assert!(!is_whole($pool).await?, "{} before: {lost}", stringify!($name));
        reset($pool).await?;
        after::$name($pool, 1, $({ use after as $module; $argument }),*).await?;
        let mut expected = seed();
        $( *expected.pointer_mut($at).expect("the seed has it") = json!($value); )+
        assert_eq!(documents($pool).await?, expected, "{} after", stringify!($name));
        println!("{}: red before, green after", stringify!($name));
    }};
}

/// Runs a write that reads the document first, before and after, while somebody else writes another key of it all the
/// time: the first must lose one of these writes, the second none, and both must do what they say.
macro_rules! race {
    ($pool:expr, $name:ident($($argument:expr),*), $expected:expr) => {{
        for (is_fixed, phase) in [(false, "before"), (true, "after")] {
            let mut lost = 0;
            for _ in 0..ROUNDS {
                reset($pool).await?;
                let others = async {
                    for n in 0..WRITES {
                        sqlx::query("UPDATE users SET data = data || jsonb_build_object('n' || $1::text, true) WHERE id = 1")
                            .bind(n.to_string())
                            .execute($pool)
                            .await?;
                    }
                    Ok::<(), sqlx::Error>(())
                };
                let own = async {
                    if is_fixed {
                        changed_after::$name($pool, 1, $($argument),*).await
                    } else {
                        changed_before::$name($pool, 1, $($argument),*).await
                    }
                };
                let (others, own) = tokio::join!(others, own);
                others?;
                own?;
                let mut data = documents($pool).await?["data"].take();
                let object = data.as_object_mut().expect("an object");
                let kept = object.keys().filter(|key| key.starts_with('n')).count();
                lost += WRITES - kept;
                object.retain(|key, _| !key.starts_with('n'));
                let mut expected = seed()["data"].take();
                $expected(&mut expected);
                assert_eq!(data, expected, "{} {phase}", stringify!($name));
                if lost > 0 && !is_fixed {
                    break;
                }
            }
            assert_eq!(lost == 0, is_fixed, "{} {phase}: {lost} writes of others are lost", stringify!($name));
        }
        println!("{}: red before, green after", stringify!($name));
    }};
}

/// How often a race is run at most.
const ROUNDS: usize = 200;
/// How many keys somebody else writes meanwhile.
const WRITES: usize = 12;

/// Connects to the server that `DATABASE_URL` names and runs every check.
#[allow(unused_imports, reason = "only some of the arguments name a type of the module")]
pub async fn run() -> sqlx::Result<()> {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL database");
    let pool = PgPool::connect(&url).await?;
    let pool = &pool;
    sqlx::raw_sql("DROP TABLE IF EXISTS users").execute(pool).await?;
    sqlx::raw_sql(include_str!("migrations/1.sql")).execute(pool).await?;
    check!(pool, m::set_phone("2"), "/data/phone" = "2");
    check!(pool, m::set_phone_and_mail("it's \"2\"".to_owned()), "/data/phone" = "it's \"2\"");
    check!(pool, m::set_two("2", 4000), "/data/phone" = "2", "/data/postal_code" = 4000);
    check!(pool, m::set_city("Basel"), "/data/address/city" = "Basel");
    check!(pool, m::set_country("LI"), "/data/country" = "LI");
    check!(pool, m::build_phone("2"), "/data/phone" = "2");
    let note = json!(["a"]);
    check!(
        pool,
        m::patch(m::Patch { phone: "2".to_owned(), postal_code: 4000 }),
        "/data/phone" = "2",
        "/data/postal_code" = 4000
    );
    check!(pool, m::upsert("2"), "/data/phone" = "2");
    check!(pool, m::merge_city(), "/data/address/city" = "Basel");
    check!(pool, m::set_note(&note), "/notes/note" = ["a"]);
    check!(pool, m::set_theme("light"), "/settings/theme" = "light");

    race!(pool, set_phone("2".to_owned()), |data: &mut Value| data["phone"] = json!("2"));
    race!(pool, move_to("Basel".to_owned()), |data: &mut Value| data["address"]["city"] = json!("Basel"));
    race!(pool, set_two("2".to_owned()), |data: &mut Value| {
        data["phone"] = json!("2");
        data["postal_code"] = json!(4000);
    });
    race!(pool, remove_phone(), |data: &mut Value| drop(data.as_object_mut().expect("an object").remove("phone")));
    race!(pool, count_visit(), |data: &mut Value| data["visits"] = json!(2));
    race!(pool, add_tag("b"), |data: &mut Value| data["tags"] = json!(["a", "b"]));

    // JSON null takes the place of the number, and of nothing else.
    reset(pool).await?;
    after::clear_phone(pool, 1, None).await?;
    let mut expected = seed();
    expected["data"]["phone"] = Value::Null;
    assert_eq!(documents(pool).await?, expected);
    before::clear_phone(pool, 1, None).await?;
    assert_eq!(documents(pool).await?["data"], json!({ "phone": null }));
    println!("clear_phone: red before, green after");
    Ok(())
}
