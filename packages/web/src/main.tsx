import './ui/styles/tokens.css'
import './ui/styles/base.css'
import './ui/styles/controls.css'
import './ui/styles/parts.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { LiveProvider } from '#app/live-provider.tsx'
import { createQueries } from '#app/queries.ts'
import { createAppRouter } from '#app/router.tsx'
import { Live } from '#live/live.ts'

const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no element with the id "root".')

const router = createAppRouter(createQueries(() => void router.invalidate()))
const { queries } = router.options.context
const live = new Live(queries)
live.start()

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LiveProvider live={live}>
        <RouterProvider router={router} />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
)
