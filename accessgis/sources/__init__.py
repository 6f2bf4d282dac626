"""The only code that opens users' layers: every file is checked, hashed and recorded before it is used."""
