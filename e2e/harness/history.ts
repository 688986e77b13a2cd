import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How much has been: so many tasks for all, each with so many runs, each for so many clients. */
export interface History {
  readonly tasks: number
  readonly runs: number
  readonly clients: number
}

/** Over which it is spread: nothing of it is old enough to be deleted. */
const SPAN_MS = 50 * 86_400_000

/**
 * Multiplies the one finished execution of a task for all into a long history, as a server would have written it. The
 * server is stopped meanwhile. Every column is taken from the real row, so that no change of the schema is missed.
 */
export function growHistory(serverFolder: string, task: string, history: History): void {
  const database = new DatabaseSync(join(serverFolder, 'octopus.db'))
  try {
    database.exec('pragma synchronous = off; pragma cache_size = -200000')
    new Grower(database, task, history).grow()
    database.exec('pragma wal_checkpoint(truncate)')
  } finally {
    database.close()
  }
}

class Grower {
  readonly #database: DatabaseSync
  readonly #task: string
  readonly #history: History

  constructor(database: DatabaseSync, task: string, history: History) {
    this.#database = database
    this.#task = task
    this.#history = history
  }

  grow(): void {
    const { tasks, runs, clients } = this.#history
    this.#database.exec('begin immediate')
    this.#clone('client', `client_id from execution where task_id = '${this.#task}'`, clients, {
      id: idAt('template.created_at', '1', 'n'),
      name: `'pc-' || n`,
      session_id: 'null',
      public_key: `'of pc-' || n`,
    })
    this.#addTotal('client', 'approved', clients)
    for (let at = 0; at < tasks; at++) this.#growTask(at)
    this.#addTotal('task', 'completed', tasks)
    this.#addTotal('execution', 'succeeded', tasks * runs * clients)
    this.#database.exec(`update counter set value = value + ${tasks * runs * clients} where name = 'fence'`)
    this.#database.exec('commit')
  }

  #growTask(number: number): void {
    const { runs, clients } = this.#history
    const taskId = `printf('%s-%012x', substr(template.id, 1, 23), ${number})`
    this.#clone('task', `'${this.#task}'`, 1, {
      id: taskId,
      name: `'history ' || ${number}`,
      ...sums(runs * clients),
    })
    const task = `printf('%s-%012x', substr('${this.#task}', 1, 23), ${number})`
    const at = `template.created_at - (${runs} - n) * ${Math.floor(SPAN_MS / runs)}`
    const ofTask = `id from run where task_id = '${this.#task}'`
    this.#clone('run', ofTask, runs, {
      id: idAt(at, '2', `n * 100000 + ${number}`),
      task_id: task,
      occurrence: `'history ' || n`,
      audience_size: String(clients),
      rows_written: String(clients),
      created_at: at,
      ended_at: at,
      due_at: at,
      ...sums(clients),
    })
    const pc = `n % ${clients}`
    const run = `n / ${clients}`
    const runAt = `(select r.created_at from run r where r.id = ${this.#runId(number, run)})`
    const client = `(select id from client where name = 'pc-' || (${pc}))`
    this.#clone('execution', `id from execution where task_id = '${this.#task}'`, runs * clients, {
      id: idAt(runAt, '3', `n * 1000 + ${number}`),
      run_id: this.#runId(number, run),
      task_id: task,
      slot_value: client,
      client_id: client,
      fence: `template.fence + n + ${number * runs * clients}`,
      result_fence: `template.fence + n + ${number * runs * clients}`,
      due_at: runAt,
      queued_at: runAt,
      assigned_at: runAt,
      ended_at: runAt,
    })
  }

  /** As its insertion has named it. */
  #runId(task: number, run: string): string {
    return `(select id from run where task_id = printf('%s-%012x', substr('${this.#task}', 1, 23), ${task}) and occurrence = 'history ' || (${run}))`
  }

  /** Copies of one row, `n` = 0, 1, …, with other values in some columns. */
  #clone(table: string, template: string, count: number, other: Readonly<Record<string, string>>): void {
    const columns = this.#database.prepare(`select name from pragma_table_info('${table}')`).all()
    const names = columns.map(({ name }) => String(name))
    const values = names.map((name) => other[name] ?? `template.${name}`)
    this.#database.exec(`insert into ${table} (${names.join(', ')})
      with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < ${count - 1})
      select ${values.join(', ')} from numbers, ${table} template where template.id = (select ${template})`)
  }

  #addTotal(kind: string, word: string, by: number): void {
    this.#database.prepare('update total set value = value + ? where kind = ? and word = ?').run(by, kind, word)
  }
}

function sums(count: number): Readonly<Record<string, string>> {
  return { total: String(count), succeeded: String(count) }
}

/** A UUID of version 7 of this time, with a number in it that makes it the only one. */
function idAt(at: string, kind: string, number: string): string {
  return `printf('%08x-%04x-7000-800${kind}-%012x', (${at}) >> 16, (${at}) & 65535, ${number})`
}
