//! Findings to text, JSON and other formats. Knows neither syn nor sqlparser nor how a rule decides.
