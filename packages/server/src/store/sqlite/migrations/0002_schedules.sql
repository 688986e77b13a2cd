-- breaking: no
-- Schedules by the calendar, what becomes of missed and of overlapping occurrences, and tasks that pause.

alter table task add column cron text;
alter table task add column time_zone text;
alter table task add column catch_up text not null default 'last' check (catch_up in ('none', 'last', 'all'));
alter table task add column overlap text not null default 'skip'
  check (overlap in ('skip', 'queue', 'allow', 'cancel-previous'));
-- Null: it is not paused. The next due time stays while it is, so that the task has not ended.
alter table task add column paused_at integer;
alter table task drop column paused;
-- The newest occurrences that got no run, beside the count of all of them.
alter table task add column missed_from integer;
alter table task add column missed_to integer;
alter table task add column missed_last_count integer;
alter table task add column missed_reason text;

-- What the task said when the run was made: an edit changes later runs only.
alter table run add column overlap text not null default 'skip';
alter table run add column slot_kind text not null default 'any';
update run set slot_kind = (select case owner when 'all' then 'client' when 'user' then 'user' else 'any' end
  from task where task.id = run.task_id);

-- What the planner asks for: a paused task costs it nothing.
drop index task_due;
create index task_due on task (next_run_at) where next_run_at is not null and paused_at is null;
-- Counts the schedules before one more is made.
create index task_schedules on task (id) where type = 'scheduled' and next_run_at is not null;

-- What is out in a slot: a younger one that was handed out first, after the clock was set back, counts too.
create index execution_out_of_slot on execution (task_id, slot_kind, slot_value)
  where state in ('assigned', 'running', 'disconnected');
