//! Which rules speak, and how loud: what the user has chosen.

use super::finding::Severity;
use std::collections::BTreeMap;

/// What the user wants of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It reports nothing.
    Off,
    /// Its findings have this severity.
    At(Severity),
}

/// The levels of all rules; a rule without one judges by itself.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    by_rule: BTreeMap<&'static str, Level>,
    /// Only these speak, when there are any.
    selected: Vec<String>,
    ignored: Vec<String>,
}

impl Levels {
    /// Sets the level of a rule.
    pub fn set(&mut self, rule: &'static str, level: Level) {
        self.by_rule.insert(rule, level);
    }

    /// Lets only the selected rules speak (all when there are none), and none of the ignored ones. A rule that is
    /// selected by its name speaks even if its level is [`Level::Off`].
    #[must_use]
    pub fn choosing(self, selected: &[String], ignored: &[String]) -> Self {
        Self { selected: selected.to_vec(), ignored: ignored.to_vec(), ..self }
    }

    /// Whether the rule speaks.
    pub fn is_on(&self, rule: &str) -> bool {
        let named = |ids: &[String]| ids.iter().any(|id| id == rule);
        if named(&self.ignored) {
            return false;
        }
        if self.selected.is_empty() { self.by_rule.get(rule) != Some(&Level::Off) } else { named(&self.selected) }
    }

    /// The severity of a finding of the rule, which the rule itself would give `own`.
    pub fn severity(&self, rule: &str, own: Severity) -> Severity {
        match self.by_rule.get(rule) {
            Some(Level::At(severity)) => *severity,
            _ => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_configuration() {
        let mut levels = Levels::default();
        levels.set("a", Level::Off);
        levels.set("b", Level::At(Severity::Error));
        assert!(!levels.is_on("a") && levels.is_on("b") && levels.is_on("c"));
        assert_eq!(levels.severity("b", Severity::Note), Severity::Error);
        assert_eq!(levels.severity("c", Severity::Note), Severity::Note);
        let selected = levels.clone().choosing(&["a".into()], &[]);
        assert!(selected.is_on("a") && !selected.is_on("b"));
        let ignored = levels.choosing(&[], &["b".into()]);
        assert!(!ignored.is_on("a") && !ignored.is_on("b") && ignored.is_on("c"));
    }
}
