'use client'

import type { ReactNode } from 'react'
import { useFormStatus } from 'react-dom'

/** A form's button; it rests while the form is on its way. */
export function Button({ children, ...more }: { children: ReactNode; className?: string; name?: string; value?: number | string }) {
  const { pending } = useFormStatus()
  return (
    <button type="submit" disabled={pending} {...more}>
      {children}
    </button>
  )
}
