"""The worker as a whole: it stands above every floor, because its chores reach them all."""
