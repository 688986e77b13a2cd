-- breaking: no
-- A client that has come anew may have what it lacked, also for what another client has in its hands just then.
drop index execution_rejected;
create index execution_rejected on execution (id) where rejected_by is not null and ends_at_latest is not null;
