/** A promise that was broken, by its name in the list of what Octopus promises. */
export class Broken extends Error {
  override name = 'Broken'
}
