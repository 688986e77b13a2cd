-- breaking: yes
-- Which clients have rejected it in passing, and until when it is not offered to them: a list of {client, until}. With one
-- of them kept, two PCs whose disks are full handed it to and fro as fast as they could answer.
alter table execution add column avoided_by text;
update execution set avoided_by = json_array(json_object('client', avoid_client, 'until', avoid_until))
  where avoid_client is not null;
alter table execution drop column avoid_client;
alter table execution drop column avoid_until;
