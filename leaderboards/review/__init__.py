"""What a pull request adds to the submissions, checked without running anything of it."""
