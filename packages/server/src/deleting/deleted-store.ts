import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId, TaskId } from '@octopus/protocol/ids.ts'

import type { Touched } from '#executions/execution-store.ts'
import type { Actor } from '#store/page.ts'

interface Act {
  readonly now: EpochMs
  readonly actor: Actor
}

/** A restore finds what was deleted after this time; what is older is gone, even if its row is still there. */
interface Restore extends Act {
  readonly deletedAfter: EpochMs
}

/**
 * Deleted things are marked, vanish from everything but the list of deleted things, and can be restored as they were.
 * Each verb is one atomic act; deleting what is deleted already finds nothing, restoring what is there changes nothing.
 */
export interface DeletedStore {
  /** Refused while a run of it is not completed. A schedule is paused, so that restoring it starts nothing. */
  deleteTask(
    input: Act & { readonly task: TaskId },
  ): Promise<
    | { readonly outcome: 'deleted'; readonly touched: Touched }
    | { readonly outcome: 'no-task' }
    | { readonly outcome: 'at-work'; readonly name: string; readonly executions: number }
  >
  /** Refused while its plugin or its user is deleted: it could not run. */
  restoreTask(
    input: Restore & { readonly task: TaskId },
  ): Promise<
    | { readonly outcome: 'restored'; readonly touched: Touched }
    | { readonly outcome: 'no-task' }
    | { readonly outcome: 'plugin-gone'; readonly plugin: string }
    | { readonly outcome: 'user-gone'; readonly user: string }
  >
  /**
   * Refused while executions are in its hands. What is queued for this client alone is cancelled, a slice at a time:
   * `more` says that the same call goes on. With the last slice it is deleted and its session is over.
   */
  deleteClient(
    input: Act & { readonly client: ClientId },
  ): Promise<
    | { readonly outcome: 'deleted' | 'more'; readonly touched: Touched }
    | { readonly outcome: 'no-client' }
    | { readonly outcome: 'at-work'; readonly name: string; readonly executions: number }
  >
  restoreClient(input: Restore & { readonly client: ClientId }): Promise<'restored' | 'no-client'>
  /** Refused for the last administrator who can sign in, and while clients or tasks that have not ended are theirs. Sessions and tokens end for good. */
  deleteUser(
    input: Act & { readonly name: string },
  ): Promise<
    | { readonly outcome: 'deleted' | 'no-user' | 'last-administrator' }
    | { readonly outcome: 'in-use'; readonly clients: readonly string[]; readonly tasks: readonly string[] }
  >
  restoreUser(input: Restore & { readonly name: string }): Promise<'restored' | 'no-user'>
  restorePlugin(input: Restore & { readonly name: string }): Promise<'restored' | 'no-plugin'>
}
