/**
 * The one-time token of a link, from behind the `#` where no server log and no referrer sees it. Taken out of the
 * address at once, so that it stays neither in the history nor on the screen.
 */
export function takeToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined
  if (token !== undefined) history.replaceState(history.state, '', location.pathname + location.search)
  return token
}
