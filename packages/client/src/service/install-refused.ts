/** Something on this machine is in the way; the message says what to do. */
export class InstallRefused extends Error {
  override name = 'InstallRefused'
}
