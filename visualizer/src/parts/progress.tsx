/** How far something is, as a bar and in words. `fraction` from 0 to 1. */
export function Progress({ fraction, message }: { fraction: number; message: string }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, fraction)))
  return (
    <span class="progress">
      <span class="progress-track" aria-hidden="true">
        <span class="progress-fill" style={{ transform: `scaleX(${percent / 100})` }} />
      </span>
      <span class="progress-percent">{percent} %</span>
      {message && <span class="progress-message">{message}</span>}
    </span>
  )
}
