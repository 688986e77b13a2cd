-- 0002_kept.sql (breaking: no)
-- Output ends, too. By the server's clock, in whole hours, so that output that grows moves the index once an hour.

alter table output_head add column stored_at integer not null default 0;
update output_head set stored_at = coalesce(
  (select max(at) from output_chunk c where c.execution_id = output_head.execution_id), 0);
create index output_head_stored on output_head (stored_at);
