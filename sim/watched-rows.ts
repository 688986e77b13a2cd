import { FINAL_STATES } from '@octopus/protocol/work.ts'

import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

const finals = FINAL_STATES.map((state) => `'${state}'`).join(', ')

/**
 * The database itself notes, in the transaction that does it, what nobody could tell later: who was there when a run was
 * made or work handed over, what has been written since the last look, and ends that changed.
 */
export function watchRows(database: DatabaseSync): void {
  database.exec(`
    create temp table was_there (run text not null, client text not null) strict;
    create temp trigger notes_who_was_there after insert on main.run begin
      insert into was_there select new.id, id from client where status = 'approved' and session_id is not null;
    end;
    create temp table handed (execution text not null, wrong text not null) strict;
    create temp trigger notes_hand_overs after update of state on main.execution
      when new.state = 'assigned' and old.state = 'queued' begin
      insert into handed select new.id, case
          when status <> 'approved' or session_id is null or draining = 1 then 'a client that takes nothing'
          when new.slot_kind = 'client' and new.slot_value <> id then 'another client'
          else 'the PC of another user' end
        from client where id = new.client_id and (status <> 'approved' or session_id is null or draining = 1
          or (new.slot_kind = 'client' and new.slot_value <> id)
          or (new.slot_kind = 'user' and new.slot_value is not user_id));
    end;
    create temp table changed_end (execution text not null, was text not null, became text not null) strict;
    create temp trigger notes_changed_ends after update of state, reason on main.execution
      when old.state in (${finals}) and (new.state <> old.state or new.reason is not old.reason) begin
      insert into changed_end values (new.id, old.state || ' ' || coalesce(old.reason, ''), new.state || ' ' || coalesce(new.reason, ''));
    end;
    create temp table touched (kind text not null, id text not null, primary key (kind, id)) strict, without rowid;
    ${[
      touches('insert', 'execution', ['execution', 'id'], ['run', 'run_id'], ['task', 'task_id']),
      touches('update', 'execution', ['execution', 'id'], ['run', 'run_id'], ['task', 'task_id']),
      touches('insert', 'run', ['run', 'id'], ['task', 'task_id']),
      touches('update', 'run', ['run', 'id'], ['task', 'task_id']),
      touches('insert', 'attempt', ['execution', 'execution_id']),
      touches('update', 'attempt', ['execution', 'execution_id']),
      touches('insert', 'task', ['task', 'id']),
      touches('update', 'task', ['task', 'id']),
    ].join('\n')}
    insert into touched select 'execution', id from execution union all select 'run', id from run
      union all select 'task', id from task;`)
}

/** In a query of what must not be: only rows that were written since the last look, for the others were looked at then. */
export function touched(kind: 'execution' | 'run' | 'task', id: string): string {
  return `${id} in (select id from touched where kind = '${kind}')`
}

function touches(
  how: 'insert' | 'update',
  table: string,
  ...of: readonly (readonly [kind: string, column: string])[]
): string {
  const rows = of.map(([kind, column]) => `('${kind}', new.${column})`).join(', ')
  return `create temp trigger notes_${how}_of_${table} after ${how} on main.${table} begin
    insert or ignore into touched values ${rows}; end;`
}
