-- breaking: no
-- When the server heard that an attempt had started, as a steady time, from which its end follows. A wall time that is
-- carried over to a steady one later than it was read is wrong by every step of the wall clock in between.
alter table execution add column started_steady integer;
