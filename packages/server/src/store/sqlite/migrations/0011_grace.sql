-- breaking: no
-- Until when a client that came back after the time of its attempt may say how that ended, as a steady time. It gets this
-- once: one that came back again and again, with work that it said still ran, kept that open for ever.
alter table execution add column grace_ends_at integer;
