"""What an editor asks about texts that are being written: findings, meanings, names, completions. Knows no protocol but in `server`."""
