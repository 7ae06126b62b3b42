/** In front of a command that is to have no more rights than its files give it: root may write everything. */
export const asAnybody: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : []
