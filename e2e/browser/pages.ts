import type { Page } from 'playwright-core'

import { rowsOf, SOON, type Stage } from './stage.ts'

/** An address of the dashboard, and what is there when it has been drawn. */
export interface Place {
  readonly name: string
  readonly path: string
  readonly ready: (page: Page) => Promise<void>
}

/** Every page with something on it: the newest task, run and execution, the first client and plugin of the lists. */
export async function everyPlace({ octopus: { api } }: Stage, plugin: string): Promise<readonly Place[]> {
  const [task] = (await api.get('/tasks?limit=1')).items
  const [run] = (await api.get('/runs?limit=1')).items
  const [execution] = (await api.get('/executions?limit=1')).items
  const [client] = (await api.get('/clients?limit=1')).items
  return [
    { name: 'overview', path: '/', ready: region('Now') },
    { name: 'tasks', path: '/tasks', ready: list('Tasks') },
    { name: 'task', path: `/tasks/${task.id}`, ready: list('Runs') },
    {
      name: 'new task',
      path: `/new-task?plugin=${plugin}`,
      ready: region('What', 'Creating tasks needs the role operator'),
    },
    {
      name: 'edit task',
      path: `/tasks/${task.id}/edit`,
      ready: region('What', 'Editing tasks needs the role operator'),
    },
    {
      name: 'copy of a task',
      path: `/new-task?copy=${task.id}`,
      ready: region('What', 'Creating tasks needs the role operator'),
    },
    { name: 'runs', path: '/runs', ready: list('Runs') },
    { name: 'run', path: `/runs/${run.id}`, ready: list('Executions') },
    { name: 'executions', path: '/executions', ready: list('Executions') },
    { name: 'execution', path: `/executions/${execution.id}`, ready: region('Arguments') },
    { name: 'clients', path: '/clients', ready: list('Clients') },
    { name: 'client', path: `/clients/${client.id}`, ready: list('Executions') },
    { name: 'plugins', path: '/plugins', ready: list('Plugins') },
    { name: 'plugin', path: `/plugins/${plugin}`, ready: source },
    { name: 'new plugin', path: '/new-plugin', ready: region('Source', 'Writing plugins needs the role admin') },
    { name: 'settings', path: '/settings', ready: list('Users') },
    { name: 'API tokens', path: '/settings?show=api-tokens', ready: region('Your API tokens') },
    {
      name: 'enrolment tokens',
      path: '/settings?show=enrollment-tokens',
      ready: region('Enrolment tokens', 'needs the role admin'),
    },
    {
      name: 'notifications',
      path: '/settings?show=notifications',
      ready: region('Who is told', 'needs the role admin'),
    },
    { name: 'retention', path: '/settings?show=retention', ready: region('How long things are kept') },
    { name: 'audit trail', path: '/settings?show=audit', ready: region('Audit trail', 'needs the role admin') },
    { name: 'no such page', path: '/nowhere', ready: text('There is no such page') },
    { name: 'no such task', path: `/tasks/${NOBODY}`, ready: text('There is no task') },
  ]
}

/** An id that is well formed and names nothing. */
const NOBODY = '01890000-0000-7000-8000-00000000000a'

function list(name: string): Place['ready'] {
  return (page) => rowsOf(page, name).first().waitFor(SOON)
}

/** A part of the page, or what is said to those who may not have it. */
function region(name: string, refusal = 'not for you'): Place['ready'] {
  return (page) => page.getByRole('region', { name, exact: true }).or(page.getByText(refusal)).waitFor(SOON)
}

function text(words: string): Place['ready'] {
  return (page) => page.getByText(words).waitFor(SOON)
}

async function source(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Source' }).waitFor(SOON)
}
