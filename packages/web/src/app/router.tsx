import { ApiError } from '@octopus/api-client/api-error.ts'
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'

import { meQuery } from '#domain/me.ts'
import { Skeleton } from '#ui/skeleton.tsx'

import { Frame } from './frame.tsx'
import { NotFound, PageProblem } from './page-problem.tsx'
import { filters, instantOf, oneOf, ownPath, textOf } from './search.ts'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: filters((search) => ({ to: ownPath(search['to']) })),
  component: lazyRouteComponent(() => import('#app/pages/sign-in-page.tsx'), 'SignInPage'),
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('#app/pages/sign-in-page.tsx'), 'SetupPage'),
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Frame,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.query({ ...meQuery, staleTime: 'static' })
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      const to = location.href === '/' ? undefined : location.href
      // oxlint-disable-next-line typescript/only-throw-error -- the router's own way to say where to go instead
      throw redirect({ to: '/sign-in', search: { to } })
    }
  },
})

const page = { getParentRoute: () => signedIn } as const

const overview = createRoute({
  ...page,
  path: '/',
  component: lazyRouteComponent(() => import('#app/pages/overview-page.tsx'), 'OverviewPage'),
})

const clients = createRoute({
  ...page,
  path: '/clients',
  validateSearch: filters((search) => ({
    status: oneOf(['pending', 'approved', 'revoked'], search['status']),
    presence: oneOf(['online', 'offline'], search['presence']),
    user: textOf(search['user']),
    name: textOf(search['name'], 255),
    label: textOf(search['label']),
    deleted: oneOf(['true'], search['deleted']),
  })),
  component: lazyRouteComponent(() => import('#app/pages/clients-page.tsx'), 'ClientsPage'),
})

const client = createRoute({
  ...page,
  path: '/clients/$id',
  component: lazyRouteComponent(() => import('#app/pages/clients-page.tsx'), 'ClientPage'),
})

const plugins = createRoute({
  ...page,
  path: '/plugins',
  component: lazyRouteComponent(() => import('#app/pages/plugins-page.tsx'), 'PluginsPage'),
})

const plugin = createRoute({
  ...page,
  path: '/plugins/$name',
  component: lazyRouteComponent(() => import('#app/pages/plugin-page.tsx'), 'PluginPage'),
})

const newPlugin = createRoute({
  ...page,
  path: '/new-plugin',
  component: lazyRouteComponent(() => import('#app/pages/plugin-page.tsx'), 'NewPluginPage'),
})

const tasks = createRoute({
  ...page,
  path: '/tasks',
  validateSearch: filters((search) => ({
    status: oneOf(['created', 'active', 'completed'], search['status']),
    owner: oneOf(['all', 'anyone', 'user'], search['owner']),
    type: oneOf(['ad-hoc', 'scheduled'], search['type']),
    plugin: textOf(search['plugin']),
    deleted: oneOf(['true'], search['deleted']),
    sort: oneOf(['newest', 'next-run'], search['sort']),
  })),
  component: lazyRouteComponent(() => import('#app/pages/tasks-page.tsx'), 'TasksPage'),
})

const task = createRoute({
  ...page,
  path: '/tasks/$id',
  component: lazyRouteComponent(() => import('#app/pages/tasks-page.tsx'), 'TaskPage'),
})

const newTask = createRoute({
  ...page,
  path: '/new-task',
  validateSearch: filters((search) => ({
    plugin: textOf(search['plugin']),
    user: textOf(search['user']),
    copy: textOf(search['copy']),
  })),
  component: lazyRouteComponent(() => import('#app/pages/new-task-page.tsx'), 'NewTaskPage'),
})

const editTask = createRoute({
  ...page,
  path: '/tasks/$id/edit',
  component: lazyRouteComponent(() => import('#app/pages/new-task-page.tsx'), 'EditTaskPage'),
})

const runs = createRoute({
  ...page,
  path: '/runs',
  validateSearch: filters((search) => ({
    status: oneOf(['active', 'completed'], search['status']),
    outcome: oneOf(['succeeded', 'partly-failed', 'failed', 'cancelled', 'expired', 'skipped'], search['outcome']),
    last: oneOf(['24h'], search['last']),
    from: instantOf(search['from']),
    to: instantOf(search['to']),
  })),
  component: lazyRouteComponent(() => import('#app/pages/runs-page.tsx'), 'RunsPage'),
})

const run = createRoute({
  ...page,
  path: '/runs/$id',
  validateSearch: filters((search) => ({ digest: textOf(search['digest']) })),
  component: lazyRouteComponent(() => import('#app/pages/runs-page.tsx'), 'RunPage'),
})

const executions = createRoute({
  ...page,
  path: '/executions',
  validateSearch: filters((search) => ({
    state: oneOf(STATES, search['state']),
    client: textOf(search['client']),
    user: textOf(search['user']),
    last: oneOf(['24h'], search['last']),
  })),
  component: lazyRouteComponent(() => import('#app/pages/executions-page.tsx'), 'ExecutionsPage'),
})

const STATES = [
  'queued',
  'assigned',
  'running',
  'disconnected',
  'succeeded',
  'failed',
  'timed-out',
  'cancelled',
  'expired',
  'lost',
  'skipped',
] as const

const execution = createRoute({
  ...page,
  path: '/executions/$id',
  component: lazyRouteComponent(() => import('#app/pages/executions-page.tsx'), 'ExecutionPage'),
})

const settings = createRoute({
  ...page,
  path: '/settings',
  validateSearch: filters((search) => ({
    show: oneOf(['users', 'api-tokens', 'enrollment-tokens', 'notifications', 'retention', 'audit'], search['show']),
    actor: textOf(search['actor'], 300),
    action: textOf(search['action']),
    subject: textOf(search['subject'], 300),
  })),
  component: lazyRouteComponent(() => import('#app/pages/settings-page.tsx'), 'SettingsPage'),
})

const tree = root.addChildren([
  signIn,
  setup,
  signedIn.addChildren([
    overview,
    clients,
    client,
    plugins,
    plugin,
    newPlugin,
    tasks,
    task,
    newTask,
    editTask,
    runs,
    run,
    executions,
    execution,
    settings,
  ]),
])

/** The dashboard's addresses. Each page is loaded when it is opened. */
export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: '/dashboard',
    context: { queries },
    defaultPreload: 'intent',
    defaultErrorComponent: PageProblem,
    defaultPendingComponent: () => <Skeleton lines={8} />,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
