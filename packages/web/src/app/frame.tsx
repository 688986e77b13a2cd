import './frame.css'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouter } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'

import { call } from '#api/call.ts'
import { meQuery } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { Icon, type IconName } from '#ui/icon.tsx'
import { useTheme, type Theme } from '#ui/theme.ts'
import { sayProblem, Toasts } from '#ui/toasts.tsx'

import { BrakeBanner } from './brake-banner.tsx'
import { LivePill } from './live-pill.tsx'
import { useLive } from './live-provider.tsx'
import { SearchButton } from './search-box.tsx'
import { StoppedBanner } from './stopped-banner.tsx'

const PLACES = [
  { to: '/', label: 'Overview', icon: 'overview' },
  { to: '/tasks', label: 'Tasks', icon: 'tasks' },
  { to: '/runs', label: 'Runs', icon: 'runs' },
  { to: '/clients', label: 'Clients', icon: 'clients' },
  { to: '/plugins', label: 'Plugins', icon: 'plugins' },
  { to: '/settings', label: 'Settings', icon: 'settings' },
] as const satisfies readonly { to: string; label: string; icon: IconName }[]

/** What stands around every page. */
export function Frame(): ReactNode {
  const live = useLive()
  useEffect(() => {
    live.wake()
    return () => live.rest()
  }, [live])
  return (
    <div className="frame">
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <nav className="rail" aria-label="Main">
        <Link to="/" className="brand">
          <img src="/dashboard/octopus.svg" alt="" width="26" height="26" />
          Octopus
        </Link>
        {PLACES.map(({ to, label, icon }) => (
          <Link key={to} to={to} className="rail-link" activeOptions={{ exact: to === '/' }}>
            <Icon name={icon} size={18} />
            {label}
          </Link>
        ))}
      </nav>
      <div>
        <Top />
        <StoppedBanner />
        <BrakeBanner />
        <main className="main" id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Toasts />
    </div>
  )
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'theme', light: 'sun', dark: 'moon' }

function Top(): ReactNode {
  const { data: me } = useQuery(meQuery)
  const [theme, setTheme] = useTheme()
  const router = useRouter()
  const live = useLive()
  const leave = async (): Promise<void> => {
    // First the stream: the server ends it with the session, and the browser would ask for it again and be refused.
    live.rest()
    try {
      await call('logout', {})
      router.options.context.queries.clear()
      await router.navigate({ to: '/sign-in' })
    } catch (error) {
      live.wake()
      sayProblem(error)
    }
  }
  return (
    <header className="top">
      <SearchButton />
      <LivePill />
      <Button
        look="quiet"
        icon={THEME_ICONS[theme]}
        aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
        title={`Theme: ${theme}`}
        onClick={() => setTheme(NEXT[theme])}
      />
      {me ? (
        <>
          <span className="row" title={`Signed in as ${me.role}`}>
            <Icon name="user" />
            <span className="user-name">{me.name}</span>
          </span>
          <Button look="quiet" onClick={() => void leave()}>
            Sign out
          </Button>
        </>
      ) : null}
    </header>
  )
}
