//! Rows that are tuples: which column an element is.

use super::texts;
use crate::document::Document;

/// The column that the value of the last write of a body is an earlier read of, by its position or its name, and the type
/// that it was decoded into where the file declares that.
fn column(body: &str) -> Option<String> {
    let file = format!(
        "#[derive(Serialize, Deserialize)] struct Doc {{ n: i64 }}
         async fn f(pool: &PgPool, id: i64) -> Result<()> {{
             {body}
             sqlx::query(\"UPDATE docs SET data = $1 WHERE id = $2\").bind(data).bind(id).execute(pool).await?;
         }}"
    );
    let text = texts(&file).into_iter().find(|text| text.sql.starts_with("UPDATE")).unwrap();
    let bind = text.binds.into_iter().next().unwrap();
    let mut found = vec![];
    bind.value.visit(&mut |part| {
        if let Document::Read(read) = part {
            found.extend(read.column.clone());
        }
    });
    found.dedup();
    let [column] = found.as_slice() else { return None };
    let mut decoded =
        bind.types.iter().any(|pending| pending.tag.contains("column") && pending.ty.document().path == "Doc");
    bind.value.visit(&mut |part| {
        decoded |= matches!(part, Document::Retype { ty: Some(ty), .. } if ty == "Doc");
    });
    Some(if decoded { format!("{column} as Doc") } else { column.clone() })
}

const FETCH: &str = "(\"SELECT id, data FROM docs WHERE id = $1\").bind(id).fetch_";

#[test]
fn an_element_of_a_row_is_the_column_at_its_place() {
    for (body, expected) in [
        ("let row = sqlx::query_as::<_, (i64, Value)>FETCHone(pool).await?; let data = row.1;", "1"),
        ("let row = sqlx::query_as::<_, (i64, Value)>FETCHone(pool).await?; let (_, data) = row;", "1"),
        ("let (data, id) = sqlx::query_as::<_, (Value, i64)>FETCHone(pool).await?;", "0"),
        ("let data = sqlx::query_as::<_, (i64, Value)>FETCHone(pool).await.map(|(_, data)| data)?;", "1"),
        ("let data = sqlx::query_as::<_, (i64, Value)>FETCHoptional(pool).await?.map(|row| row.1);", "1"),
        (
            "let mut row = sqlx::query_as::<_, (i64, Value)>FETCHone(pool).await?; row.1[\"k\"] = json!(1); let data = row.1;",
            "1",
        ),
        ("let row: (i64, Json<Doc>) = sqlx::query_asFETCHone(pool).await?; let data = row.1;", "1 as Doc"),
        (
            "let row: Option<(i64, Json<Doc>)> = sqlx::query_asFETCHoptional(pool).await?; let data = row.unwrap().1;",
            "1 as Doc",
        ),
        (
            "let row: Option<(i64, Json<Doc>)> = sqlx::query_asFETCHoptional(pool).await?;
          let Some((id, data)) = row else { return Ok(()) };",
            "1 as Doc",
        ),
        (
            "let row: Option<(i64, Json<Doc>)> = sqlx::query_asFETCHoptional(pool).await?;
          let Some((id, Json(data))) = row else { return Ok(()) };",
            "1 as Doc",
        ),
        (
            "let rows: Vec<(i64, Json<Doc>)> = sqlx::query_asFETCHall(pool).await?; let data = rows[0].1.clone();",
            "1 as Doc",
        ),
        ("let (data,): (Json<Doc>,) = sqlx::query_asFETCHone(pool).await?;", "0 as Doc"),
    ] {
        assert_eq!(column(&body.replace("FETCH", FETCH)).as_deref(), Some(expected), "{body}");
    }
}

#[test]
fn a_query_builder_names_what_it_selects() {
    let of = |chain: &str| {
        column(&format!(
            "let (_, data) = docs::Entity::find_by_id(id).select_only(){chain}.into_tuple::<(i64, Json)>().one(db).await?.unwrap();"
        ))
    };
    let data = Some("data".to_owned());
    assert_eq!(of(".column(docs::Column::Id).column(docs::Column::Data)"), data);
    assert_eq!(of(".columns([docs::Column::Id, docs::Column::Data])"), data);
    assert_eq!(of(".column(docs::Column::Data).column(docs::Column::Id)").as_deref(), Some("id"));
    let models = "let (doc, _) = docs::Entity::find_by_id(id).find_also_related(notes::Entity).one(db).await?.unwrap(); \
                  let data = doc.data;";
    assert_eq!(column(models), data);
    // Computed: which column that is does not show.
    assert_eq!(of(".column(docs::Column::Id).column_as(Expr::cust(\"data\"), \"d\")"), None);
}
