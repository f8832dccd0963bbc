//! The configuration that `noclobber init` writes: every key, each commented out and explained.

use crate::rules::RULES;
use std::fmt::Write as _;

/// What stands before the rules.
const HEAD: &str = "\
# The configuration of noclobber. Its folder is the root of the project: the schema is read from all files below.
# The lines that begin with `#` and no blank are examples: take the `#` away to use one. Paths start at this file.

# The database: postgres, mysql (also for MariaDB) or sqlite. Without it noclobber reads it from the features of sqlx
# and SeaORM, from DATABASE_URL in .env, and from the placeholders of each statement.
#dialect = \"postgres\"

# Files and folders with the schema that are ignored by git or lie outside of the project. All others are found.
#schema = [\"../database/schema.sql\"]

# What is left out, neither checked nor read for the schema; patterns as in a .gitignore.
#exclude = [\"vendor/\", \"*.generated.sql\"]

# Known findings, as written by `noclobber --write-baseline`: they are not reported again.
#baseline = \"noclobber-baseline.json\"

# The severity of a rule, instead of the one it gives each finding: off, note, warning or error.
# A run fails on warnings and errors. `noclobber explain RULE` shows a rule's page.
[rules]
";

/// What stands after them.
const TAIL: &str = "
# What the project does not show of its columns, by `table.column`; `*` stands for any characters.
[columns]
# Always replaced as a whole, on purpose:
#\"users.settings\" = { replace = \"whole\" }
# Not to be looked at:
#\"*.payload\" = { json = false }
# JSON in a text column, and keys that it has:
#\"jobs.state\" = { json = true, keys = [\"step\"] }
";

/// The text of a commented configuration that changes nothing.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for rule in RULES {
        let _ = writeln!(text, "# {}\n#{} = \"warning\"", rule.summary(), rule.id);
    }
    text.push_str(TAIL);
    text
}
