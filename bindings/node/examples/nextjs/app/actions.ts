'use server'

import { IgnitionError } from '@ignition/node'
import { revalidatePath } from 'next/cache'

import { me } from '@/lib/ignition'

export async function startFocus(form: FormData) {
  const minutes = Number(form.get('minutes'))
  await (await me()).focus.start({ duration_seconds: minutes * 60 })
  revalidatePath('/')
}

export async function completeFocus(form: FormData) {
  try {
    await (await me()).focus.complete({ id: String(form.get('id')) })
  } catch (error) {
    // Ended meanwhile, perhaps on another device: the page will show what is.
    if (!(error instanceof IgnitionError && ['CONFLICT', 'NOT_FOUND'].includes(error.code))) throw error
  }
  revalidatePath('/')
}

export async function completeItem(form: FormData) {
  await (await me()).plan.complete_item({ id: String(form.get('item')) })
  revalidatePath('/')
}
