-- breaking: no
-- Old rows end: the audit trail may be shortened at its old end, and only up to a mark that is moved in sight (moving it
-- is an entry of the trail itself). Everything else stays forbidden.

drop trigger audit_is_never_deleted;
create trigger audit_is_only_deleted_when_old before delete on audit
  when old.at >= coalesce((select value from counter where name = 'audit_kept_from'), 0)
begin
  select raise(abort, 'the audit trail is append-only');
end;

-- A row that goes looks for whoever refers to it: without these, through all rows there are.
create index run_try_client on run (try_client) where try_client is not null;
create index task_try_client on task (try_client) where try_client is not null;
create index task_by_user on task (user_id) where user_id is not null;
