"""From checked submissions to results.json and the site."""
