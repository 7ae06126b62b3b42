/** The mark of the project: one state, and the two it may go to. */
export function Mark() {
  return (
    <svg viewBox="0 0 18 18" aria-hidden="true" focusable="false">
      <g fill="none" stroke="var(--accent)" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
        <path d="M5.5 9h3c2 0 2-4.5 4-4.5M8.5 9c2 0 2 4.5 4 4.5" />
        <circle cx="14.3" cy="4.5" r="1.9" />
        <circle cx="14.3" cy="13.5" r="1.9" />
      </g>
      <circle cx="3.6" cy="9" r="2.7" fill="var(--accent)" />
    </svg>
  )
}
