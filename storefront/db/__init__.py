"""Sessions, column types, the vault, migrations."""
