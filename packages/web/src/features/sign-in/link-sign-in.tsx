import { useEffect, useRef, useState, type ReactNode } from 'react'

import { call } from '#api/call.ts'
import { ProblemText } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import { useEntry } from './use-entry.ts'

interface LinkSignInProps {
  readonly token: string
  readonly to: string | undefined
  /** The link does not work (any more): sign in otherwise. */
  readonly children: ReactNode
}

/** Signs in with the token of a one-time link. It is sent once: a second time it would be used up. */
export function LinkSignIn({ token, to, children }: LinkSignInProps): ReactNode {
  const enter = useEntry(to)
  const sent = useRef(false)
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    if (sent.current) return
    sent.current = true
    call('loginLink', { body: { token } }).then(enter).catch(setError)
  }, [token, enter])
  if (error === undefined) return <Skeleton lines={3} label="Signing in" />
  return (
    <div className="stack">
      <ProblemText error={error} />
      {children}
    </div>
  )
}
