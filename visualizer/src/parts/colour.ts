/** What a custom property comes to now, for a canvas: it knows neither `var()` nor `light-dark()`. */
export function colourOf(property: `--${string}`, place: HTMLElement): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  place.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** The same colour, see-through: `share` from 0 to 1. */
export function thinned(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`
}
