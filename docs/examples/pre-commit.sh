#!/bin/sh
# .git/hooks/pre-commit
exec noclobber --staged --force-exclude
