import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

import { fakeApi } from './dev/fake-api.ts'
import { scriptBudget } from './tools/script-budget.ts'

/** As the server sends it: `vite preview` holds the built pages to it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** With OCTOPUS_API=http://127.0.0.1:8000 the pages talk to a real server, without it to the invented one in dev/. */
const server = process.env['OCTOPUS_API']
const proxy = server === undefined ? {} : { '/api': { target: server } }

export default defineConfig({
  base: '/dashboard/',
  plugins: [react(), scriptBudget(), ...(server === undefined ? [fakeApi()] : [])],
  server: { proxy },
  preview: { proxy, headers: { 'content-security-policy': CONTENT_SECURITY_POLICY } },
  build: {
    target: 'es2023',
    // light-dark() and nesting stay as they are: browsers of the last two years know them.
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    modulePreload: { polyfill: false },
    // Nothing inlined: the policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        // A few files instead of thirty crumbs: what every page uses comes at once, each page and the editor when opened.
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules\/(?:react|react-dom|scheduler|@tanstack)\// },
            { name: 'shared', test: /packages\/web\/src\/(?:api|domain|live|text|ui)\// },
          ],
        },
      },
    },
  },
})
