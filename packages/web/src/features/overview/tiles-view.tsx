import './overview.css'
import type { Answer } from '@octopus/api-client/request.ts'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { number } from '#domain/counts.ts'
import { Icon, type IconName } from '#ui/icon.tsx'
import type { Tone } from '#ui/tone.ts'

import { successRate } from './tiles.ts'

type Stats = Answer<'getStats'>

/** The first question: is everything all right? Each tile leads to the list that it counts. */
export function Tiles({ stats }: { readonly stats: Stats }): ReactNode {
  const { clients, executions, last24h, plugins } = stats
  const away = clients.known - clients.online - clients.pending
  return (
    <ul className="tiles" aria-label="Counters">
      <li>
        <Link to="/clients" search={{ status: 'approved', presence: 'online' }} className="tile">
          <Tile
            label="Clients online"
            value={`${number(clients.online)} of ${number(clients.known)}`}
            note={away > 0 ? `${number(away)} offline` : undefined}
            icon="clients"
          />
        </Link>
      </li>
      <li>
        <Link to="/executions" search={{ state: 'running' }} className="tile">
          <Tile
            label="Running now"
            value={number(executions.running)}
            note={executions.disconnected > 0 ? `${number(executions.disconnected)} disconnected` : undefined}
            tone={executions.running > 0 ? 'active' : undefined}
            icon="play"
          />
        </Link>
      </li>
      <li>
        <Link to="/executions" search={{ state: 'queued' }} className="tile">
          <Tile
            label="Waiting"
            value={number(executions.queued)}
            tone={executions.queued > 0 ? 'waiting' : undefined}
            icon="clock"
          />
        </Link>
      </li>
      <li>
        <Link to="/executions" search={{ state: 'failed', last: '24h' }} className="tile">
          <Tile
            label="Failed in 24 h"
            value={number(last24h.failed)}
            tone={last24h.failed > 0 ? 'bad' : undefined}
            icon={last24h.failed > 0 ? 'alert' : 'check'}
          />
        </Link>
      </li>
      <li>
        <Link to="/runs" search={{ last: '24h' }} className="tile">
          <Tile
            label="Success in 24 h"
            value={successRate(last24h)}
            note={`${number(last24h.runs)} runs`}
            icon="runs"
          />
        </Link>
      </li>
      <li>
        <Link to="/plugins" className="tile">
          <Tile
            label="Plugins in sync"
            value={`${number(plugins.inSync)} of ${number(plugins.total)}`}
            tone={plugins.inSync < plugins.total ? 'warning' : undefined}
            icon="plugins"
          />
        </Link>
      </li>
    </ul>
  )
}

interface TileProps {
  readonly label: string
  readonly value: string
  readonly note?: string | undefined
  readonly tone?: Tone | undefined
  readonly icon: IconName
}

function Tile({ label, value, note, tone, icon }: TileProps): ReactNode {
  return (
    <span className={`tile-inside ${tone ? `tone-${tone} toned` : ''}`}>
      <span className="tile-label">
        <Icon name={icon} size={14} /> {label}
      </span>
      <span className="tile-value">{value}</span>
      <span className="tile-note">{note ?? '\u00a0'}</span>
    </span>
  )
}
