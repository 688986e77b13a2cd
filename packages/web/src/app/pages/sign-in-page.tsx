import { getRouteApi } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { Door } from '#features/sign-in/door.tsx'
import { LinkSignIn } from '#features/sign-in/link-sign-in.tsx'
import { SetupForm } from '#features/sign-in/setup-form.tsx'
import { SignInForm } from '#features/sign-in/sign-in-form.tsx'
import { takeToken } from '#features/sign-in/take-token.ts'

const route = getRouteApi('/sign-in')

export function SignInPage(): ReactNode {
  const { to } = route.useSearch()
  const [token] = useState(takeToken)
  const form = <SignInForm to={to} />
  return (
    <Door title="Sign in to Octopus">
      {token === undefined ? (
        form
      ) : (
        <LinkSignIn token={token} to={to}>
          {form}
        </LinkSignIn>
      )}
      <p className="hint">First start? Open the setup link that the server printed.</p>
    </Door>
  )
}

export function SetupPage(): ReactNode {
  const [token] = useState(takeToken)
  return (
    <Door title="Welcome to Octopus">
      <p className="quiet-text">Make the first administrator. Everybody else is added from the dashboard.</p>
      <SetupForm token={token} />
    </Door>
  )
}
