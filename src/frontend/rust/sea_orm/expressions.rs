//! sea-query expressions to the SQL that they build, with the values bound in it.

use super::typing::{Place, column_path, last_of, parts, peel};
use crate::frontend::facts::{BuiltColumn, SqlPiece};
use crate::frontend::rust::macros;
use syn::{Expr, ExprCall, ExprMethodCall};

/// How deep expressions are followed.
const MAX_DEPTH: usize = 24;

impl<'a> Place<'_, 'a, '_> {
    /// The SQL of an expression that is assigned to a column; `field` is the model's field for it.
    pub(super) fn sql(&self, expr: &Expr, field: Option<&str>) -> Vec<SqlPiece> {
        self.sql_in(expr, field, 0)
    }

    fn sql_in(&self, expr: &Expr, field: Option<&str>, depth: usize) -> Vec<SqlPiece> {
        let bound = || vec![SqlPiece::Bind(self.bind(expr, field))];
        if depth > MAX_DEPTH {
            return bound();
        }
        let expr = peel(expr);
        if let Some((_, variant)) = column_path(expr) {
            return vec![SqlPiece::Column(BuiltColumn::Variant(variant))];
        }
        match expr {
            Expr::Call(call) => self.call(call, field, depth).unwrap_or_else(bound),
            Expr::MethodCall(call) => self.method(call, field, depth).unwrap_or_else(bound),
            Expr::Path(_) => {
                let init = self.binding(expr).and_then(|id| self.scope.bindings.get(id)).and_then(|b| b.init);
                match init {
                    Some(init) if self.is_sql(init, 0) => self.sql_in(init, field, depth + 1),
                    _ => bound(),
                }
            }
            Expr::Block(block) => match last_of(&block.block) {
                Some(last) => self.sql_in(last, field, depth + 1),
                None => bound(),
            },
            _ => bound(),
        }
    }

    /// Whether an expression builds SQL, and is no plain value.
    pub(super) fn is_sql(&self, expr: &Expr, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        match peel(expr) {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => {
                    let parts = parts(&path.path);
                    matches!(
                        parts.as_slice(),
                        [.., owner, _] if matches!(owner.as_str(), "Expr" | "SimpleExpr" | "Func" | "PgFunc" | "PgExpr" | "CaseStatement" | "Keyword")
                    )
                }
                _ => false,
            },
            Expr::MethodCall(call) => self.is_sql(&call.receiver, depth + 1),
            Expr::Path(_) => {
                let init = self.binding(expr).and_then(|id| self.scope.bindings.get(id)).and_then(|b| b.init);
                init.is_some_and(|init| self.is_sql(init, depth + 1))
            }
            _ => false,
        }
    }

    fn call(&self, call: &ExprCall, field: Option<&str>, depth: usize) -> Option<Vec<SqlPiece>> {
        let Expr::Path(path) = &*call.func else { return None };
        let parts = parts(&path.path);
        let [.., owner, function] = parts.as_slice() else { return None };
        let next = |expr| self.sql_in(expr, field, depth + 1);
        let first = call.args.first();
        let arguments = || call.args.iter();
        match (owner.as_str(), function.as_str()) {
            ("Expr" | "SimpleExpr", "value" | "val" | "Value" | "from") => Some(self.value(first?, field)),
            ("Expr", "col" | "column") => Some(vec![SqlPiece::Column(self.column(first?)?)]),
            ("Expr" | "SimpleExpr", "expr") => first.map(next),
            ("Expr", "cust" | "cust_with_values" | "cust_with_expr" | "cust_with_exprs") => {
                let sql = self.file.reader.text(first?, self.scope)?.known()?.value;
                let values: Vec<Vec<SqlPiece>> = match call.args.get(1) {
                    None => vec![],
                    Some(list) if function == "cust_with_values" => {
                        self.list(list).into_iter().map(|value| self.value(value, field)).collect()
                    }
                    Some(one) if function == "cust_with_expr" => vec![next(one)],
                    Some(list) => self.list(list).into_iter().map(next).collect(),
                };
                Some(fill(&sql, &values))
            }
            ("Expr", "null") | ("Keyword", "Null") => Some(text("NULL")),
            ("Expr", "current_timestamp") => Some(text("CURRENT_TIMESTAMP")),
            ("Expr", "case") => {
                let (condition, then) = (first?, call.args.get(1)?);
                Some(join([text("CASE WHEN "), self.condition(condition), text(" THEN "), next(then)]))
            }
            ("CaseStatement", "new") => Some(text("CASE")),
            ("Func", "coalesce") => Some(self.function("COALESCE", &self.list(first?), field, depth)),
            ("Func", "if_null") => Some(self.function("COALESCE", &arguments().collect::<Vec<_>>(), field, depth)),
            ("Func", "lower" | "upper" | "abs" | "max" | "min") => {
                Some(self.function(&function.to_uppercase(), &arguments().collect::<Vec<_>>(), field, depth))
            }
            ("Func", "cust") => {
                let name = self.file.idens.name(first?)?;
                Some(text(&format!("{name}()")))
            }
            ("Func", "cast_as") => {
                let ty = self.file.idens.name(call.args.get(1)?)?;
                Some(join([text("CAST("), next(first?), text(&format!(" AS {ty})"))]))
            }
            ("PgExpr", "concat" | "concatenate") => Some(join([next(first?), text(" || "), next(call.args.get(1)?)])),
            _ => None,
        }
    }

    /// A bound value; one that is certainly NULL is spelled so.
    fn value(&self, expr: &Expr, field: Option<&str>) -> Vec<SqlPiece> {
        let source = self.file.reader.source.folded(self.file.reader.source.expr(expr));
        let typed_null = source.starts_with("Option::<") && source.ends_with("::None");
        if source.ends_with("::Json(None)") || typed_null || source == "None" {
            return text("NULL");
        }
        if self.is_sql(expr, 0) {
            return self.sql(expr, field);
        }
        // A bound constant is what it spells: most often a path into the document.
        if let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. }) = peel(expr) {
            return text(&format!("'{}'", literal.value().replace('\'', "''")));
        }
        vec![SqlPiece::Bind(self.bind(expr, field))]
    }

    fn method(&self, call: &ExprMethodCall, field: Option<&str>, depth: usize) -> Option<Vec<SqlPiece>> {
        let name = call.method.to_string();
        let next = |expr| self.sql_in(expr, field, depth + 1);
        let builds = || self.is_sql(&call.receiver, 0) || column_path(&call.receiver).is_some();
        match name.as_str() {
            "into" | "to_owned" | "clone" | "into_simple_expr" | "into_column_ref" if builds() => {
                Some(next(&call.receiver))
            }
            "arg" | "args" if builds() => {
                let head = next(&call.receiver);
                let more: Vec<Vec<SqlPiece>> = match (name.as_str(), call.args.first()?) {
                    ("args", list) => self.list(list).into_iter().map(|e| self.argument(e, field, depth)).collect(),
                    (_, one) => vec![self.argument(one, field, depth)],
                };
                more.into_iter().try_fold(head, with_argument)
            }
            "concat" | "concatenate" if builds() => {
                Some(join([next(&call.receiver), text(" || "), self.argument(call.args.first()?, field, depth)]))
            }
            "binary" if builds() => {
                let operator = self.file.reader.source.folded(self.file.reader.source.expr(call.args.first()?));
                let operator = match operator.rsplit("::").next().unwrap_or_default() {
                    "Concatenate" => "||",
                    "Sub" => "-",
                    "Add" => "+",
                    other => {
                        let quoted = other.split('"').nth(1).map(str::to_owned);
                        return quoted.and_then(|operator| {
                            let right = self.argument(call.args.get(1)?, field, depth);
                            Some(join([next(&call.receiver), text(&format!(" {operator} ")), right]))
                        });
                    }
                };
                Some(join([
                    next(&call.receiver),
                    text(&format!(" {operator} ")),
                    self.argument(call.args.get(1)?, field, depth),
                ]))
            }
            "add" | "sub" | "mul" | "div" if builds() => {
                let operator = match name.as_str() {
                    "add" => " + ",
                    "sub" => " - ",
                    "mul" => " * ",
                    _ => " / ",
                };
                Some(join([next(&call.receiver), text(operator), self.argument(call.args.first()?, field, depth)]))
            }
            "cast_as" if builds() => {
                let ty = self.file.idens.name(call.args.first()?)?;
                Some(join([text("CAST("), next(&call.receiver), text(&format!(" AS {ty})"))]))
            }
            "get_json_field" if builds() => {
                Some(join([next(&call.receiver), text(" -> "), self.argument(call.args.first()?, field, depth)]))
            }
            "cast_json_field" if builds() => {
                Some(join([next(&call.receiver), text(" ->> "), self.argument(call.args.first()?, field, depth)]))
            }
            "if_null" if builds() => Some(join([
                text("COALESCE("),
                next(&call.receiver),
                text(", "),
                self.argument(call.args.first()?, field, depth),
                text(")"),
            ])),
            "case" if builds() => Some(join([
                next(&call.receiver),
                text(" WHEN "),
                self.condition(call.args.first()?),
                text(" THEN "),
                self.argument(call.args.get(1)?, field, depth),
            ])),
            "finally" if builds() => Some(join([
                next(&call.receiver),
                text(" ELSE "),
                self.argument(call.args.first()?, field, depth),
                text(" END"),
            ])),
            _ => None,
        }
    }

    /// An operand: SQL where it builds some, else a bound value; text literals are spelled out.
    fn argument(&self, expr: &Expr, field: Option<&str>, depth: usize) -> Vec<SqlPiece> {
        if let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. }) = peel(expr) {
            return text(&format!("'{}'", literal.value().replace('\'', "''")));
        }
        self.sql_in(expr, field, depth + 1)
    }

    fn function(&self, name: &str, arguments: &[&'a Expr], field: Option<&str>, depth: usize) -> Vec<SqlPiece> {
        let mut pieces = text(&format!("{name}("));
        for (i, argument) in arguments.iter().enumerate() {
            if i > 0 {
                pieces.extend(text(", "));
            }
            pieces.extend(self.argument(argument, field, depth));
        }
        pieces.extend(text(")"));
        pieces
    }

    /// A column, however it is named.
    pub(super) fn column(&self, expr: &Expr) -> Option<BuiltColumn> {
        if let Some((_, variant)) = column_path(expr) {
            return Some(BuiltColumn::Variant(variant));
        }
        self.file.idens.name(peel(expr)).map(BuiltColumn::Name)
    }

    /// A condition. What is not understood still picks rows.
    pub(super) fn condition(&self, expr: &Expr) -> Vec<SqlPiece> {
        self.condition_in(expr, 0).unwrap_or_else(|| vec![SqlPiece::Key])
    }

    fn condition_in(&self, expr: &Expr, depth: usize) -> Option<Vec<SqlPiece>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let expr = peel(expr);
        let Expr::MethodCall(call) = expr else {
            return self.is_sql(expr, 0).then(|| self.sql(expr, None));
        };
        let operand = |expr: &Expr| match self.column(expr) {
            Some(column) if column_path(expr).is_some() => Some(vec![SqlPiece::Column(column)]),
            _ if self.is_sql(expr, 0) => Some(self.sql(expr, None)),
            _ => None,
        };
        let right = || call.args.first().map(|right| operand(right).unwrap_or_else(|| self.argument(right, None, 0)));
        let compare = |operator: &str| Some(join([operand(&call.receiver)?, text(operator), right()?]));
        match call.method.to_string().as_str() {
            "eq" => compare(" = "),
            "ne" => compare(" <> "),
            "lt" => compare(" < "),
            "lte" => compare(" <= "),
            "gt" => compare(" > "),
            "gte" => compare(" >= "),
            "is_null" => Some(join([operand(&call.receiver)?, text(" IS NULL")])),
            "is_not_null" => Some(join([operand(&call.receiver)?, text(" IS NOT NULL")])),
            "and" => Some(join([
                self.condition_in(&call.receiver, depth + 1)?,
                text(" AND "),
                self.condition(call.args.first()?),
            ])),
            "add" => {
                let receiver = self.condition_in(&call.receiver, depth + 1);
                let added = self.condition(call.args.first()?);
                Some(match receiver {
                    Some(receiver) => join([receiver, text(" AND "), added]),
                    None => added,
                })
            }
            "into" | "into_condition" | "to_owned" => self.condition_in(&call.receiver, depth + 1),
            _ => None,
        }
    }

    /// The elements of a list, through `vec!`.
    pub(super) fn list<'e>(&self, expr: &'e Expr) -> Vec<&'e Expr>
    where
        'a: 'e,
    {
        match peel(expr) {
            Expr::Array(array) => array.elems.iter().collect(),
            Expr::Macro(mac) if macros::name(&mac.mac) == "vec" => match self.file.reader.macros.get(&mac.mac) {
                Some(parsed) if parsed.is_list => parsed.exprs.iter().collect(),
                _ => vec![],
            },
            Expr::MethodCall(call)
                if matches!(
                    call.method.to_string().as_str(),
                    "into_iter" | "iter" | "to_vec" | "to_owned" | "cloned"
                ) =>
            {
                self.list(&call.receiver)
            }
            path @ Expr::Path(_) => {
                let init = self.binding(path).and_then(|id| self.scope.bindings.get(id)).and_then(|b| b.init);
                match init {
                    Some(init) if matches!(peel(init), Expr::Array(_) | Expr::Macro(_)) => self.list(init),
                    _ => vec![],
                }
            }
            _ => vec![],
        }
    }
}

/// A piece of text.
pub(super) fn text(sql: &str) -> Vec<SqlPiece> {
    vec![SqlPiece::Text(sql.to_owned())]
}

/// All pieces, one after the other.
pub(super) fn join<const N: usize>(parts: [Vec<SqlPiece>; N]) -> Vec<SqlPiece> {
    parts.into_iter().flatten().collect()
}

/// Puts one more argument before the closing parenthesis of a call.
fn with_argument(mut call: Vec<SqlPiece>, argument: Vec<SqlPiece>) -> Option<Vec<SqlPiece>> {
    let Some(SqlPiece::Text(last)) = call.last_mut() else { return None };
    let open = last.strip_suffix(')')?.to_owned();
    let first = open.ends_with('(');
    *last = open;
    if !first {
        call.extend(text(", "));
    }
    call.extend(argument);
    call.extend(text(")"));
    Some(call)
}

/// Puts values at the placeholders of custom SQL: `$1` by number, `?` in order. Quoted text is left alone.
fn fill(sql: &str, values: &[Vec<SqlPiece>]) -> Vec<SqlPiece> {
    let mut pieces = vec![];
    let mut plain = String::new();
    let mut quoted = false;
    let mut next = 0;
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            quoted = !quoted;
        }
        let index = match c {
            _ if quoted => None,
            '$' => {
                let mut digits = String::new();
                while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                let index = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                if index.is_none_or(|index| index >= values.len()) {
                    plain.push('$');
                    plain.push_str(&digits);
                    continue;
                }
                index
            }
            '?' if !values.is_empty() && next < values.len() => {
                next += 1;
                Some(next - 1)
            }
            _ => None,
        };
        match index.and_then(|index| values.get(index)) {
            Some(value) => {
                pieces.push(SqlPiece::Text(std::mem::take(&mut plain)));
                pieces.extend(value.iter().cloned());
            }
            None => plain.push(c),
        }
    }
    pieces.push(SqlPiece::Text(plain));
    pieces
}
