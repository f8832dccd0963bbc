#!/bin/sh
# .git/hooks/pre-commit
git diff --cached --name-only --diff-filter=ACMR -z -- '*.rs' '*.sql' | xargs -0 -r noclobber --force-exclude
