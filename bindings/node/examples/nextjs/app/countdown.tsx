'use client'

import { useEffect, useState } from 'react'

const CIRCLE = 2 * Math.PI * 54

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** What is left of a session. The server says how much it is, so that a wrong clock here does no harm. */
export function Countdown({ remaining, whole, running }: { remaining: number; whole: number; running: boolean }) {
  const [left, setLeft] = useState(remaining)

  useEffect(() => {
    const end = Date.now() + remaining * 1000
    setLeft(remaining)
    if (!running) return
    const timer = setInterval(() => setLeft(Math.max(0, Math.round((end - Date.now()) / 1000))), 1000)
    return () => clearInterval(timer)
  }, [remaining, running])

  return (
    <div className="countdown" role="timer" aria-label={`${Math.ceil(left / 60)} minutes left`}>
      <svg viewBox="0 0 120 120" aria-hidden="true">
        <circle cx="60" cy="60" r="54" />
        <circle cx="60" cy="60" r="54" className="left" strokeDasharray={CIRCLE} strokeDashoffset={CIRCLE * (1 - left / whole)} />
      </svg>
      <span>{clock(left)}</span>
    </div>
  )
}
