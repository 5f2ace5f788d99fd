import { type Ignition, LOCAL_USER, open, type User } from '@ignition/node'

// One store for the whole process: while developing, Next.js loads modules anew, but the global object stays.
const kept = globalThis as { ignition?: Promise<Ignition> }

async function opened(): Promise<Ignition> {
  const ig = await open(process.env.DATABASE_URL ?? 'sqlite:today.db')
  await ig.users.ensure_local()
  return ig
}

/** The person who uses this app. */
export async function me(): Promise<User> {
  kept.ignition ??= opened().catch((error) => {
    kept.ignition = undefined // the next request may have more luck
    throw error
  })
  return (await kept.ignition).asUser(LOCAL_USER)
}
