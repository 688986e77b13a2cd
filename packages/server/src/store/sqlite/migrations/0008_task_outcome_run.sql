-- breaking: no
-- Which run the task's outcome is of: an older one that ends late must not overwrite it.
alter table task add column outcome_run text;
