import { useEffect, type ReactNode } from 'react'

interface PageProps {
  readonly title: string
  /** Beside the title: a state. */
  readonly badge?: ReactNode
  /** Under the title: one line that places it. */
  readonly about?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A page: its heading is the document's title too. */
export function Page({ title, badge, about, actions, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Octopus`
  }, [title])
  return (
    <>
      <header className="page-head">
        <div>
          <h1>
            {title} {badge}
          </h1>
          {about ? <p className="page-about">{about}</p> : null}
        </div>
        {actions ? <div className="page-actions">{actions}</div> : null}
      </header>
      {children}
    </>
  )
}

interface SectionProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A part of a page with its heading. */
export function Section({ title, aside, children }: SectionProps): ReactNode {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** Names and values, side by side. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
