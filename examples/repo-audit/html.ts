import { printable } from './format.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** Markup that is safe to put into a page as it is. Only {@link html} makes it. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Content = Markup | string | number | null | readonly Content[]

function render(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.toString()
  if (typeof content === 'string') return escapeText(content)
  if (typeof content === 'number') return String(content)
  return content.map(render).join('')
}

/** A template whose values are escaped, unless they are markup themselves. Safe for text and quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((page, part, index) => page + render(values[index - 1] ?? null) + part))
}

/** Text of the program's own, such as its style sheet, taken as markup. */
export function ownText(text: string): Markup {
  return new Markup(text)
}
