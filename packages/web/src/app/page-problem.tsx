import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Empty } from '#ui/empty.tsx'
import { Problem } from '#ui/problem.tsx'

/** A page that could not be shown at all. */
export function PageProblem({ error, reset }: ErrorComponentProps): ReactNode {
  const router = useRouter()
  const retry = async (): Promise<void> => {
    reset()
    await router.invalidate()
  }
  return (
    <div className="main">
      <Problem error={error} onRetry={retry} />
    </div>
  )
}

export function NotFound(): ReactNode {
  return (
    <main className="main">
      <h1 className="visually-hidden">No such page</h1>
      <Empty title="There is no such page">
        <Link to="/" className="button">
          Go to the overview
        </Link>
      </Empty>
    </main>
  )
}
