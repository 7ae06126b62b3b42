/** What of the page's styles a drawing needs to stand alone. */
const properties = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const

function standAlone(original: Element, copy: Element): void {
  const style = getComputedStyle(original)
  for (const property of properties) {
    const value = style.getPropertyValue(property)
    if (value !== '') copy.setAttribute(property, value)
  }
  copy.removeAttribute('class')
  // Whoever opens it may not have the font.
  if (original instanceof SVGTextElement && original.textContent) {
    copy.setAttribute('textLength', original.getComputedTextLength().toFixed(1))
    copy.setAttribute('lengthAdjust', 'spacingAndGlyphs')
  }
  for (const [index, child] of [...original.children].entries()) {
    const copied = copy.children[index]
    if (copied) standAlone(child, copied)
  }
}

/** The drawing in `group` as an SVG file of its own: no style sheet, no font, no script. */
export function svgFile(group: SVGGElement, width: number, height: number, title: string): string {
  const copy = group.cloneNode(true)
  if (!(copy instanceof SVGGElement)) return ''
  standAlone(group, copy)
  copy.removeAttribute('transform')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.setAttribute('width', String(width))
  svg.setAttribute('height', String(height))
  const name = document.createElementNS('http://www.w3.org/2000/svg', 'title')
  name.textContent = title
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  paper.setAttribute('width', '100%')
  paper.setAttribute('height', '100%')
  paper.setAttribute('fill', getComputedStyle(document.body).backgroundColor)
  svg.append(name, paper, copy)
  return new XMLSerializer().serializeToString(svg)
}

/** Gives a file to whoever looks at the page. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
