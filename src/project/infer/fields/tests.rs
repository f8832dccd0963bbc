use super::*;
use crate::frontend::facts::{FieldFacts, JsonField};
use crate::source::{FileId, Span};

fn field(owner: Option<&str>, variable: &str, field: &str) -> FieldRef {
    FieldRef { owner: owner.map(str::to_owned), variable: variable.into(), field: field.into() }
}

fn file(structs: &[&str], json: Vec<FieldRef>) -> Facts {
    let structs = structs.iter().map(|name| ((*name).to_owned(), vec!["data".to_owned()])).collect();
    let json = json.into_iter().map(|field| JsonField { field, decoded: true, span: Span::default() }).collect();
    Facts { fields: FieldFacts { structs, json, ..FieldFacts::default() }, ..Facts::new(FileId(0)) }
}

fn sure(facts: &[Facts]) -> Vec<(String, bool)> {
    Fields::of(facts).json.into_iter().map(|(key, found)| (format!("{}.{}", key.0, key.1), found.0)).collect()
}

#[test]
fn a_field_is_sure_where_one_struct_has_the_name() {
    let decoded = || vec![field(Some("Job"), "j", "data")];
    assert_eq!(sure(&[file(&["Job"], decoded())]), [("Job.data".to_owned(), true)]);
    assert_eq!(sure(&[file(&["Job"], decoded()), file(&["Job"], vec![])]), [("Job.data".to_owned(), false)]);
}

#[test]
fn a_variable_stands_for_the_struct_of_its_name() {
    let decoded = |variable| vec![field(None, variable, "data")];
    assert_eq!(sure(&[file(&["PgJob"], decoded("pg_job"))]), [("PgJob.data".to_owned(), false)]);
    assert!(sure(&[file(&["PgJob"], decoded("job"))]).is_empty(), "another name");
    assert!(sure(&[file(&["PgJob"], vec![field(None, "pg_job", "note")])]).is_empty(), "another field");
    assert!(sure(&[file(&["Job"], decoded("job")), file(&["Job"], vec![])]).is_empty(), "two structs");
}
