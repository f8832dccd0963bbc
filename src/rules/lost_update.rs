//! `json-lost-update`.

use super::evidence::{Reason, handed_over, in_a_transaction, of_a_race, on_purpose, undecoded, wiped};
use super::judgement::Fact;
use super::{Case, Draft, rule, wording};
use crate::document::survival::Word;
use crate::document::{Document, Path, ReadSite, SetMode};

rule! {
    /// Reports a document that is read, changed in the program and written back whole.
    ///
    /// ## What it does
    ///
    /// Finds writes of a JSON column whose new value is computed from the same column as it was read earlier, when
    /// neither a lock nor a comparison with the old value shows that the row is still the same.
    ///
    /// ## Why is this bad?
    ///
    /// Whatever another request stores between the read and the write is undone, also under keys that this code does
    /// not touch. Nothing fails, and it happens only under load.
    ///
    /// ## Example
    ///
    /// ```text
    /// let mut data = user.data.clone();
    /// data["phone"] = json!(phone);
    /// let mut user: users::ActiveModel = user.into();
    /// user.data = Set(data);
    /// user.update(db).await?;
    /// ```
    ///
    /// Let the database change the one key:
    ///
    /// ```text
    /// users::Entity::update_many()
    ///     .col_expr(users::Column::Data, Expr::cust_with_values("jsonb_set(data, '{phone}', $1)", [json!(phone)]))
    ///     .filter(users::Column::Id.eq(id))
    ///     .exec(db)
    ///     .await?;
    /// ```
    ///
    /// Where the change cannot be said in SQL, read the row with `FOR UPDATE` in the same transaction, or compare a
    /// version in the `WHERE` and try again.
    "json-lost-update", check
}

fn check(case: &Case<'_>) -> Option<Draft> {
    let write = case.write;
    // Where the edits are not known, the document that was read is stored all the same.
    let undecided = write.survival.word == Word::Unknown && !write.reads.is_empty();
    if write.survival.word != Word::Stale && !undecided && !super::keeps_by_type(case) {
        return None;
    }
    // Nobody writes in between, and the document goes all the same.
    if let Some(reason) = write.protection().and_then(|_| wiped(case)) {
        return Some(Draft {
            message: format!(
                "{} replaces all of {} with a default where the document that was read does not decode",
                wording::subject(write.verb),
                case.column()
            ),
            label: "a default, or the document that was read with changes".into(),
            reasons: vec![reason],
            lost_keys: None,
            notes: vec![],
        });
    }
    let mut reasons = vec![earlier_read(case)];
    reasons.extend(handed_over(case));
    // Every writer who appends or counts is in the way of every other one; a transaction alone helps none of them.
    reasons.extend(in_a_transaction(case).filter(|_| !accumulates(&write.value)));
    reasons.extend(undecoded(case));
    reasons.extend(on_purpose(case));
    reasons.extend(of_a_race(case));
    // Who holds the row keeps others from writing in between.
    let how = match write.protection() {
        Some(_) => ", with changes and under a guard",
        None => ", with changes: what others wrote in between is lost",
    };
    let read = read_site(&write.value);
    let from = read.map_or_else(String::new, |read| format!(" ({})", read.what));
    Some(Draft {
        message: format!("{} stores {} as it was read earlier{from}{how}", wording::subject(write.verb), case.column()),
        label: "computed from an earlier read".into(),
        reasons,
        lost_keys: None,
        notes: write.survival.why.clone().into_iter().collect(),
    })
}

/// Where the document was read, or handed in.
fn earlier_read(case: &Case<'_>) -> Reason {
    let site = case.write.reads.iter().find_map(|read| Some((read, read.site?)));
    match site {
        Some((read, site)) if site.span != case.write.site.span => {
            let words = if read.handed_in { "handed in as a caller has read it" } else { "read here" };
            Reason::at(Fact::EarlierRead, site, words)
        }
        _ => Fact::EarlierRead.into(),
    }
}

/// Whether a value is an earlier read with something appended to it, a log: what it becomes depends on all that was
/// there.
fn accumulates(value: &Document) -> bool {
    let mut found = false;
    value.visit(&mut |part| {
        if let Document::Set { of, path: Path::Steps(steps), mode: SetMode::Append, .. } = part {
            found |= steps.is_empty() && of.holds_old() && !matches!(**of, Document::Get { .. });
        }
    });
    found
}

/// The earlier read in a value.
fn read_site(value: &Document) -> Option<&ReadSite> {
    let mut found = None;
    value.visit(&mut |document| {
        if let Document::Read(site) = document
            && found.is_none()
        {
            found = Some(site);
        }
    });
    found
}
