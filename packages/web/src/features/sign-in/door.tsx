import './door.css'
import { useEffect, type ReactNode } from 'react'

/** The page in front of the dashboard. */
export function Door({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · Octopus`
  }, [title])
  return (
    <main className="door">
      <div className="door-card">
        <div className="door-head">
          <img src="/dashboard/octopus.svg" alt="" width="44" height="44" />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  )
}
